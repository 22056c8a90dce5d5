import { type ComponentProps, type ReactNode, useId } from "react";
import { cn } from "@/lib/classes";

const box =
  "w-full rounded-field border border-control bg-surface px-3 text-input text-text placeholder:text-muted focus:border-accent-mark focus:outline-2 focus:outline-accent-mark focus:ring-3 focus:ring-selected aria-invalid:border-danger-mark aria-invalid:ring-3 aria-invalid:ring-danger-soft disabled:opacity-60";

export function Input({ className, ...rest }: ComponentProps<"input">) {
  return <input className={cn(box, "h-9 max-md:h-11", className)} {...rest} />;
}

export function Textarea({ className, ...rest }: ComponentProps<"textarea">) {
  return <textarea className={cn(box, "scroll-thin min-h-20 py-2", className)} {...rest} />;
}

export function Select({ className, children, ...rest }: ComponentProps<"select">) {
  return (
    <select className={cn(box, "h-9 pr-8 max-md:h-11", className)} {...rest}>
      {children}
    </select>
  );
}

export function Checkbox({ className, ...rest }: Omit<ComponentProps<"input">, "type">) {
  return <input type="checkbox" className={cn("size-4 shrink-0 rounded-mark accent-accent", className)} {...rest} />;
}

interface FieldProps {
  label: ReactNode;
  hint?: ReactNode;
  /** What the server or the form says is wrong with it. */
  error?: string | undefined;
  optional?: boolean;
  children: (control: { id: string; "aria-invalid": true | undefined; "aria-describedby": string | undefined }) => ReactNode;
}

/** A label, its control, a hint, and what is wrong; tied together for screen readers. */
export function Field({ label, hint, error, optional, children }: FieldProps) {
  const id = useId();
  const told = error ? `${id}-error` : hint ? `${id}-hint` : undefined;
  return (
    <div className="grid gap-1.5">
      <label htmlFor={id} className="font-[550]">
        {label}
        {optional && <span className="ml-1.5 text-small font-normal text-muted">optional</span>}
      </label>
      {children({ id, "aria-invalid": error ? true : undefined, "aria-describedby": told })}
      {error ? (
        <p id={`${id}-error`} className="text-small text-danger">
          {error}
        </p>
      ) : (
        hint && (
          <p id={`${id}-hint`} className="text-small text-muted">
            {hint}
          </p>
        )
      )}
    </div>
  );
}
