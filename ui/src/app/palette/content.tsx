import { CornerDownLeft, Search } from "lucide-react";
import { type KeyboardEvent, useId, useState } from "react";
import { useNavigate } from "react-router";
import { useSettled } from "@/components/form/use-choices";
import { cn } from "@/lib/classes";
import { type Find, useFinds } from "./finds";

/** What the palette shows: its code is loaded when it is first opened. */
export default function Content({ close, service }: { close: () => void; service: string | null }) {
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const navigate = useNavigate();
  const list = useId();
  const wanted = useSettled(text.trim());
  const { finds, searching } = useFinds(wanted, service);

  function go(find: Find, newTab: boolean) {
    if (newTab) window.open(find.to, "_blank", "noopener");
    else void navigate(find.to);
    close();
  }
  function onKey(e: KeyboardEvent) {
    if (e.key === "ArrowDown" || e.key === "ArrowUp") {
      e.preventDefault();
      if (finds.length > 0) setAt((n) => (n + (e.key === "ArrowDown" ? 1 : finds.length - 1)) % finds.length);
    } else if (e.key === "Enter") {
      e.preventDefault();
      const find = finds[Math.min(at, finds.length - 1)];
      if (find) go(find, e.metaKey || e.ctrlKey);
    }
  }
  return (
    <>
      <div className="flex items-center gap-3 border-b border-border px-4">
        <Search size={18} strokeWidth={1.75} aria-hidden className="text-muted" />
        <input
          // oxlint-disable-next-line jsx-a11y/no-autofocus -- it was asked for to type into
          autoFocus
          role="combobox"
          aria-expanded={finds.length > 0}
          aria-controls={list}
          aria-activedescendant={finds[at] ? `${list}-${at}` : undefined}
          aria-label="Jump to an id, a URL, a name or a page"
          placeholder="Paste an id, a URL, a header line; or type a name"
          autoComplete="off"
          spellCheck={false}
          value={text}
          onChange={(e) => {
            setText(e.target.value);
            setAt(0);
          }}
          onKeyDown={onKey}
          className="h-12 flex-1 bg-transparent text-[14px] outline-none placeholder:text-muted"
        />
        <kbd className="rounded-mark border border-border px-1.5 font-sans text-axis text-muted">Esc</kbd>
      </div>
      <ul id={list} role="listbox" aria-label="Found" className="scroll-thin max-h-[52vh] overflow-y-auto py-1.5">
        {finds.map((f, i) => (
          <li key={f.to + f.text} role="presentation">
            {f.group !== finds[i - 1]?.group && (
              <p role="presentation" className="px-[18px] pt-2.5 pb-1.5 text-small text-muted">
                {f.group}
              </p>
            )}
            <div
              id={`${list}-${i}`}
              role="option"
              tabIndex={-1}
              aria-selected={i === at}
              onPointerDown={(e) => {
                e.preventDefault();
                go(f, e.metaKey || e.ctrlKey);
              }}
              onPointerMove={() => setAt(i)}
              className={cn("flex h-[38px] cursor-default items-center gap-3 px-[18px] max-md:h-11", i === at && "bg-selected prongs")}
            >
              <span className="text-muted [&_svg]:size-4">{f.icon}</span>
              <span className={cn("min-w-0 flex-1 truncate", f.mono && "font-mono text-mono")}>{f.text}</span>
              <span className="text-small text-muted">{f.hint}</span>
              {i === at && <CornerDownLeft size={14} aria-hidden className="text-muted" />}
            </div>
          </li>
        ))}
      </ul>
      {finds.length === 0 && <p className="px-[18px] pb-5 text-text-2">{searching ? "Looking…" : "Nothing has this id, URL or name."}</p>}
      <p className="flex justify-between gap-4 border-t border-border px-[18px] py-2.5 text-small text-muted max-md:hidden">
        <span>↑ ↓ move · ↵ open · ⌘ ↵ new tab</span>
        <span>takes ids, URLs, header lines, names</span>
      </p>
    </>
  );
}
