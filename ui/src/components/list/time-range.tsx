import { useState } from "react";
import { useZone } from "@/app/preferences";
import { fromInput, inputValue } from "@/lib/time";
import { Button } from "../ui/button";
import { Field, Input } from "../ui/field";
import { Segmented } from "../ui/segmented";
import { Dialog } from "../ui/dialog";

export type Range = "1h" | "24h" | "7d" | "30d" | "custom";

const spans: Record<Exclude<Range, "custom">, number> = { "1h": 3_600_000, "24h": 86_400_000, "7d": 7 * 86_400_000, "30d": 30 * 86_400_000 };

export const ranges = [
  { value: "1h", label: "1 h" },
  { value: "24h", label: "24 h" },
  { value: "7d", label: "7 d" },
  { value: "30d", label: "30 d" },
  { value: "custom", label: "Custom" },
] as const;

/** What a range means now: since when, and until when where it ended. */
export function sinceOf(range: string | undefined, now = Date.now()): string | undefined {
  const span = range && range in spans ? spans[range as keyof typeof spans] : undefined;
  return span === undefined ? undefined : new Date(now - span).toISOString();
}

/** Chooses the time that a page is about; a custom one in a small dialog. */
export function TimeRange({ range, since, until, onChange }: { range: Range; since?: string | undefined; until?: string | undefined; onChange: (to: { range: string | null; since: string | null; until: string | null }) => void }) {
  const [zone] = useZone();
  const [asking, setAsking] = useState(false);
  const [from, setFrom] = useState("");
  const [to, setTo] = useState("");
  return (
    <>
      <Segmented
        label="Time range"
        value={range}
        choices={ranges}
        onChange={(chosen) => {
          if (chosen !== "custom") {
            onChange({ range: chosen, since: null, until: null });
            return;
          }
          setFrom(inputValue(new Date(since ?? Date.now() - spans["24h"]), zone));
          setTo(inputValue(until ? new Date(until) : new Date(), zone));
          setAsking(true);
        }}
      />
      <Dialog open={asking} onClose={() => setAsking(false)} title="From when to when?" description={`In ${zone === "UTC" ? "UTC" : "local time"}.`}>
        <form
          className="mt-4 grid gap-4"
          onSubmit={(e) => {
            e.preventDefault();
            onChange({ range: null, since: fromInput(from, zone) ?? null, until: fromInput(to, zone) ?? null });
            setAsking(false);
          }}
        >
          <Field label="From">{(c) => <Input {...c} type="datetime-local" required value={from} onChange={(e) => setFrom(e.target.value)} />}</Field>
          <Field label="Until" optional>
            {(c) => <Input {...c} type="datetime-local" value={to} onChange={(e) => setTo(e.target.value)} />}
          </Field>
          <div className="flex justify-end gap-2">
            <Button variant="ghost" onClick={() => setAsking(false)}>
              Cancel
            </Button>
            <Button type="submit" variant="primary">
              Show it
            </Button>
          </div>
        </form>
      </Dialog>
    </>
  );
}
