import { useState } from "react";
import { eventTypeSource } from "@/api/sources";
import { useChoices } from "@/components/form/use-choices";
import { Checkbox, Input } from "@/components/ui/field";

const many = 12; // from so many on they can be searched

/** Event types to be ticked. What is ticked stays in sight, whatever is searched for. */
export function TypeChecks({ svc, open, chosen, onChange }: { svc: string; open: boolean; chosen: readonly string[]; onChange: (names: readonly string[]) => void }) {
  const [text, setText] = useState("");
  const { choices, searching } = useChoices(eventTypeSource(svc), text, open);
  const names = [...chosen, ...choices.map((c) => c.value).filter((n) => !chosen.includes(n))];
  if (names.length === 0 && text === "") return <p className="text-text-2">{searching ? "Looking…" : "There are none yet. Create one first, or subscribe later."}</p>;
  return (
    <div className="grid gap-2">
      {(text !== "" || names.length >= many) && <Input aria-label="Find an event type" placeholder="Find by name" value={text} onChange={(e) => setText(e.target.value)} autoComplete="off" spellCheck={false} className="h-8" />}
      <div className="scroll-thin max-h-56 overflow-y-auto rounded-field border border-control">
        {names.map((name) => (
          <label key={name} className="flex min-h-9 items-center gap-2.5 border-b border-border px-3 last:border-0 hover:bg-hover max-md:min-h-11">
            <Checkbox checked={chosen.includes(name)} onChange={(e) => onChange(e.target.checked ? [...chosen, name] : chosen.filter((n) => n !== name))} />
            <span className="min-w-0 truncate font-mono text-mono">{name}</span>
          </label>
        ))}
        {names.length === 0 && <p className="px-3 py-2 text-text-2">{searching ? "Looking…" : "No event type has this name."}</p>}
      </div>
    </div>
  );
}
