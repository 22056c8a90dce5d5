import { ChevronsUpDown } from "lucide-react";
import { type KeyboardEvent, useId, useState } from "react";
import type { Choice, Source } from "@/api/sources";
import { cn } from "@/lib/classes";
import { Input } from "../ui/field";
import { useChoices } from "./use-choices";

interface PickerProps {
  source: Source;
  /** What is chosen, as it is called; "" for nothing yet. */
  chosen: string;
  onChoose: (choice: Choice) => void;
  placeholder: string;
  /** What is left out: it is chosen already. */
  without?: readonly string[];
  /** What to say where nothing is found at all. */
  none?: string;
  mono?: boolean;
  id?: string;
  label?: string;
  "aria-invalid"?: true | undefined;
  "aria-describedby"?: string | undefined;
}

/** Chooses one of many by typing: by name, external id, URL or id. */
export function Picker({ source, chosen, onChoose, placeholder, without, none = "Nothing has this name or id.", mono, label, ...control }: PickerProps) {
  const [text, setText] = useState<string | null>(null); // null while nobody types: what is chosen is shown
  const [open, setOpen] = useState(false);
  const [at, setAt] = useState(0);
  const list = useId();
  const found = useChoices(source, text ?? "", open);
  const choices = found.choices.filter((c) => !without?.includes(c.value));

  function take(c: Choice) {
    onChoose(c);
    setText(null);
    setOpen(false);
    setAt(0);
  }
  function onKey(e: KeyboardEvent) {
    if (e.key === "ArrowDown" || e.key === "ArrowUp") {
      e.preventDefault();
      setOpen(true);
      if (choices.length > 0) setAt((n) => (n + (e.key === "ArrowDown" ? 1 : choices.length - 1)) % choices.length);
    } else if (e.key === "Enter" && open) {
      e.preventDefault();
      const choice = choices[Math.min(at, choices.length - 1)];
      if (choice && !found.searching) take(choice);
    } else if (e.key === "Escape" && open) {
      e.preventDefault();
      e.stopPropagation();
      setOpen(false);
      setText(null);
    }
  }
  return (
    <div
      className="relative"
      onBlur={(e) => {
        if (e.currentTarget.contains(e.relatedTarget)) return;
        setOpen(false);
        setText(null);
      }}
    >
      <Input
        {...control}
        role="combobox"
        aria-label={label}
        aria-expanded={open}
        aria-controls={list}
        aria-activedescendant={open && choices[at] ? `${list}-${at}` : undefined}
        aria-autocomplete="list"
        autoComplete="off"
        spellCheck={false}
        value={text ?? chosen}
        placeholder={placeholder}
        onFocus={(e) => e.currentTarget.select()}
        onClick={() => setOpen(true)}
        onChange={(e) => {
          setText(e.target.value);
          setAt(0);
          setOpen(true);
        }}
        onKeyDown={onKey}
        className={cn("pr-9", mono && "font-mono text-mono")}
      />
      <ChevronsUpDown size={14} aria-hidden className="pointer-events-none absolute top-1/2 right-3 -translate-y-1/2 text-muted" />
      <ul id={list} role="listbox" aria-label={label ?? "Choices"} hidden={!open} className="border-(--wp-float-edge) scroll-thin absolute top-full right-0 left-0 z-40 mt-1 max-h-64 overflow-y-auto rounded-field border bg-raised p-1 shadow-float">
        {choices.map((c, i) => (
          <li
            key={c.value}
            id={`${list}-${i}`}
            role="option"
            aria-selected={i === at}
            onPointerDown={(e) => {
              e.preventDefault();
              take(c);
            }}
            onPointerMove={() => setAt(i)}
            className={cn("flex cursor-default items-baseline gap-2 rounded-chip px-2.5 py-1.5 max-md:py-3", i === at && "bg-hover")}
          >
            <span className={cn("min-w-0 flex-1 truncate", c.mono && "font-mono text-mono")}>{c.label}</span>
            {c.hint && <span className="max-w-40 truncate text-small text-muted">{c.hint}</span>}
          </li>
        ))}
        {choices.length === 0 && (
          <li role="option" aria-selected={false} aria-disabled className="px-2.5 py-1.5 text-text-2">
            {found.searching ? "Looking…" : none}
          </li>
        )}
      </ul>
    </div>
  );
}
