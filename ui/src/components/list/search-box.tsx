import { Search } from "lucide-react";
import { useEffect, useState } from "react";
import { useSettled } from "../form/use-choices";
import { Button } from "../ui/button";
import { Input } from "../ui/field";

/** Finds by typing; what was typed last stands in the URL. */
export function SearchBox({ label, placeholder, value, onChange }: { label: string; placeholder: string; value: string | undefined; onChange: (text: string | null) => void }) {
  const [typed, setTyped] = useState(value ?? "");
  const [given, setGiven] = useState(value);
  const settled = useSettled(typed.trim());
  if (given !== value) {
    setGiven(value); // by a link or by going back: not while one types on
    if ((value ?? "") !== settled) setTyped(value ?? "");
  }
  useEffect(() => {
    if (settled === typed.trim() && settled !== (value ?? "")) onChange(settled || null);
    // oxlint-disable-next-line react/exhaustive-deps -- only what was typed is told, not what came by the URL
  }, [settled]);
  return (
    <search className="mt-4 flex gap-2">
      <div className="relative w-full max-w-sm">
        <Search size={16} strokeWidth={1.75} aria-hidden className="absolute top-1/2 left-2.5 -translate-y-1/2 text-muted" />
        <Input type="search" aria-label={label} placeholder={placeholder} value={typed} onChange={(e) => setTyped(e.target.value)} autoComplete="off" spellCheck={false} className="h-8 pl-8 max-md:pl-9" />
      </div>
      {value && (
        <Button variant="ghost" onClick={() => setTyped("")}>
          Show all
        </Button>
      )}
    </search>
  );
}
