import { useId } from "react";
import { cn } from "@/lib/classes";

interface Choice<T extends string> {
  value: T;
  label: string;
}

interface SegmentedProps<T extends string> {
  label: string;
  value: T | undefined;
  choices: readonly Choice<T>[];
  onChange: (v: T) => void;
  /** What is taken already was clicked again. */
  onAgain?: (v: T) => void;
  className?: string;
}

/** A few exclusive choices side by side, one of them taken: a radio group. */
export function Segmented<T extends string>({ label, value, choices, onChange, onAgain, className }: SegmentedProps<T>) {
  const name = useId(); // two groups of one label on a page are two
  return (
    <div role="radiogroup" aria-label={label} className={cn("inline-flex h-8 items-stretch overflow-hidden rounded-field border border-border-strong bg-bg max-md:h-11", className)}>
      {choices.map((c, i) => {
        const taken = c.value === value;
        return (
          <label
            key={c.value}
            className={cn(
              "relative flex cursor-default items-center px-3 text-small select-none hover:text-text has-focus-visible:outline-2 has-focus-visible:-outline-offset-2 has-focus-visible:outline-accent-mark",
              i > 0 && "border-l border-border",
              taken ? "bg-surface font-[550] text-text shadow-[inset_0_-2px_0_var(--wp-accent-mark)]" : "text-text-2",
            )}
          >
            <input type="radio" className="sr-only" name={name} value={c.value} checked={taken} onChange={() => onChange(c.value)} onClick={() => taken && onAgain?.(c.value)} />
            {c.label}
          </label>
        );
      })}
    </div>
  );
}
