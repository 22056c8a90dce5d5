import { ListFilter, X } from "lucide-react";
import { useQueries } from "@tanstack/react-query";
import { type KeyboardEvent, useEffect, useId, useMemo, useRef, useState } from "react";
import type { Source } from "@/api/sources";
import { cn } from "@/lib/classes";
import { useSettled } from "../form/use-choices";

export interface FilterOption {
  value: string;
  label: string;
  hint?: string | undefined;
  /** The server found it for this text. */
  foundBy?: string;
}

export interface FilterField {
  /** Its name in the URL, and in the API. */
  name: string;
  /** Its name in the chip: "status". */
  label: string;
  options: readonly FilterOption[];
  /** Further options, which the server is asked for by what is typed. */
  source?: Source;
  /** What the chosen value is called, where it is no option. */
  called?: string | undefined;
  /** Takes what is typed, too: status:… of a value that is not listed. */
  free?: (text: string) => string | undefined;
}

interface FilterBarProps {
  fields: readonly FilterField[];
  values: Readonly<Record<string, string>>;
  /** null takes a filter away. */
  onChange: (name: string, value: string | null) => void;
  placeholder: string;
  /** Text that is no filter: an id, say. */
  onText?: (text: string) => void;
}

interface Suggestion {
  field: FilterField;
  option: FilterOption;
}

/** Filters as chips in one bar. What is typed finds values: "fail" offers status: failed. */
export function FilterBar({ fields, values, onChange, placeholder, onText }: FilterBarProps) {
  const [text, setText] = useState("");
  const [open, setOpen] = useState(false);
  const [at, setAt] = useState(0);
  const input = useRef<HTMLInputElement>(null);
  const list = useId();
  const found = useFound(fields, text, open);
  const suggestions = useMemo(() => suggest(found, values, text), [found, values, text]);
  useSlash(input);

  function take(s: Suggestion) {
    onChange(s.field.name, s.option.value);
    setText("");
    setAt(0);
    input.current?.focus();
  }

  function onKey(e: KeyboardEvent) {
    if (e.key === "ArrowDown" || e.key === "ArrowUp") {
      e.preventDefault();
      setOpen(true);
      setAt((n) => (suggestions.length === 0 ? 0 : (n + (e.key === "ArrowDown" ? 1 : suggestions.length - 1)) % suggestions.length));
    } else if (e.key === "Enter") {
      e.preventDefault();
      const chosen = open && text ? suggestions[at] : open ? suggestions[at] : undefined;
      if (chosen) take(chosen);
      else if (text.trim() && onText) {
        onText(text.trim());
        setText("");
      }
    } else if (e.key === "Escape") setOpen(false);
    else if (e.key === "Backspace" && text === "") {
      const last = fields.findLast((f) => values[f.name]);
      if (last) onChange(last.name, null);
    }
  }

  const active = fields.filter((f) => values[f.name]);
  return (
    <div className="relative" onBlur={(e) => !e.currentTarget.contains(e.relatedTarget) && setOpen(false)}>
      <div className="flex min-h-8 flex-wrap items-center gap-2 rounded-field border border-control bg-surface py-[3px] pr-2 pl-2.5 focus-within:border-accent-mark focus-within:ring-3 focus-within:ring-selected max-md:min-h-11">
        <ListFilter size={16} strokeWidth={1.75} aria-hidden className="text-muted" />
        {active.map((f) => {
          const value = values[f.name] ?? "";
          const shown = f.called ?? f.options.find((o) => o.value === value)?.label ?? value;
          return (
            <span key={f.name} className="inline-flex h-6 max-w-full items-center gap-1.5 rounded-chip bg-selected pl-2 text-small">
              <span className="text-text-2">{f.label}</span>
              <span className="max-w-52 truncate font-semibold">{shown}</span>
              <button type="button" aria-label={`Take away the filter ${f.label}`} onClick={() => onChange(f.name, null)} className="flex h-6 w-6 items-center justify-center rounded-chip text-text-2 hover:text-text">
                <X size={13} strokeWidth={2.1} />
              </button>
            </span>
          );
        })}
        <input
          ref={input}
          role="combobox"
          aria-expanded={open && suggestions.length > 0}
          aria-controls={list}
          aria-activedescendant={open && suggestions[at] ? `${list}-${at}` : undefined}
          aria-label="Filter"
          autoComplete="off"
          spellCheck={false}
          value={text}
          placeholder={placeholder}
          onChange={(e) => {
            setText(e.target.value);
            setAt(0);
            setOpen(true);
          }}
          onFocus={() => setOpen(true)}
          onClick={() => setOpen(true)}
          onKeyDown={onKey}
          className="h-6 min-w-32 flex-1 bg-transparent text-input text-text outline-none placeholder:text-muted"
        />
        <kbd aria-hidden className="rounded-mark border border-border px-1.5 font-sans text-axis text-muted max-md:hidden">
          /
        </kbd>
      </div>
      <ul id={list} role="listbox" aria-label="Filters" hidden={!open || suggestions.length === 0} className="border-(--wp-float-edge) scroll-thin absolute top-full left-0 z-30 mt-1 max-h-80 w-[min(380px,100%)] overflow-y-auto rounded-field border bg-raised p-1 shadow-float">
        {suggestions.map((s, i) => (
          <li
            key={`${s.field.name}:${s.option.value}`}
            id={`${list}-${i}`}
            role="option"
            aria-selected={i === at}
            onPointerDown={(e) => {
              e.preventDefault();
              take(s);
            }}
            onPointerMove={() => setAt(i)}
            className={cn("flex cursor-default items-center gap-2 rounded-chip px-2.5 py-1.5 max-md:py-3", i === at && "bg-hover")}
          >
            <span className="w-16 shrink-0 text-small text-muted">{s.field.label}</span>
            <span className="min-w-0 flex-1 truncate">{s.option.label}</span>
            {s.option.hint && <span className="text-small text-muted">{s.option.hint}</span>}
          </li>
        ))}
      </ul>
    </div>
  );
}

const perField = 8;

/** What was typed of one field, "user: blue"; or of all. */
function wantedOf(text: string): { prefix: string | undefined; wanted: string } {
  const [, prefix, rest] = /^\s*([a-z]+):\s*(.*)$/i.exec(text) ?? [];
  return { prefix: prefix?.toLowerCase(), wanted: (rest ?? text).trim() };
}

/** The fields with what the server found for them. */
function useFound(fields: readonly FilterField[], text: string, open: boolean): readonly FilterField[] {
  const { prefix, wanted } = wantedOf(useSettled(text));
  return useQueries({
    queries: fields.map((f) => ({
      queryKey: [...(f.source?.key ?? ["no source", f.name]), wanted],
      queryFn: () => f.source?.find(wanted) ?? Promise.resolve([]),
      enabled: open && f.source !== undefined && (prefix === undefined || f.label.startsWith(prefix)),
      staleTime: 20_000,
    })),
    combine: (results) => fields.map((f, i) => (results[i]?.data ? { ...f, options: [...f.options, ...results[i].data.map((o) => ({ ...o, foundBy: wanted }))] } : f)),
  });
}

function suggest(fields: readonly FilterField[], values: Readonly<Record<string, string>>, text: string): Suggestion[] {
  const { prefix, wanted: typed } = wantedOf(text);
  const wanted = typed.toLowerCase();
  const out: Suggestion[] = [];
  for (const field of fields) {
    if (prefix && !field.label.startsWith(prefix)) continue;
    const free = wanted ? field.free?.(typed) : undefined;
    const found = field.options.filter((o) => o.value !== values[field.name] && (!wanted || o.foundBy === typed || `${o.label} ${o.value} ${o.hint ?? ""}`.toLowerCase().includes(wanted)));
    for (const option of found.slice(0, prefix || wanted ? 30 : perField)) out.push({ field, option });
    if (free && !found.some((o) => o.value === free)) out.push({ field, option: { value: free, label: free } });
  }
  return out;
}

/** The key / goes to the filter, unless one is typing. */
function useSlash(input: React.RefObject<HTMLInputElement | null>) {
  useEffect(() => {
    const onKey = (e: globalThis.KeyboardEvent) => {
      const typing = e.target instanceof HTMLElement && (e.target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(e.target.tagName));
      if (e.key !== "/" || typing || e.metaKey || e.ctrlKey || e.altKey) return;
      e.preventDefault();
      input.current?.focus();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [input]);
}
