import type { ReactNode } from "react";
import { Field, Textarea } from "../ui/field";

/** What is wrong with a text that should be JSON, or null. */
export function jsonFlaw(text: string): string | null {
  if (!text.trim()) return null;
  try {
    JSON.parse(text);
    return null;
  } catch (e) {
    return `This is no JSON: ${e instanceof Error ? e.message : "it cannot be read"}.`;
  }
}

/** A text field for JSON, checked while one types. */
export function JsonField({ label, value, onChange, hint, error, optional, rows = 10 }: { label: ReactNode; value: string; onChange: (text: string) => void; hint?: ReactNode; error?: string | undefined; optional?: boolean; rows?: number }) {
  return (
    <Field label={label} hint={hint} error={error ?? jsonFlaw(value) ?? undefined} optional={optional}>
      {(c) => <Textarea {...c} rows={rows} spellCheck={false} value={value} onChange={(e) => onChange(e.target.value)} className="font-mono text-mono" />}
    </Field>
  );
}

/** The value of a JSON text; undefined where it is empty. What is no JSON throws. */
export function readJson(text: string): unknown {
  return text.trim() ? (JSON.parse(text) as unknown) : undefined;
}
