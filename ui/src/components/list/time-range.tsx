import { useState } from "react";
import { useZone } from "@/app/preferences";
import { fromInput, inputValue } from "@/lib/time";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { Field, Input } from "../ui/field";
import { Segmented } from "../ui/segmented";

type Preset = "1h" | "24h" | "7d" | "30d";
export type Range = Preset | "any" | "custom";

const spans: Record<Preset, number> = { "1h": 3_600_000, "24h": 86_400_000, "7d": 7 * 86_400_000, "30d": 30 * 86_400_000 };

const presets = [
  { value: "1h", label: "1 h" },
  { value: "24h", label: "24 h" },
  { value: "7d", label: "7 d" },
  { value: "30d", label: "30 d" },
] as const;
const withinChoices = [...presets, { value: "custom", label: "Custom" }] as const;
const anyChoices = [{ value: "any", label: "Any time" }, ...withinChoices] as const;

const said: Record<Preset, string> = { "1h": "the last hour", "24h": "the last 24 hours", "7d": "the last 7 days", "30d": "the last 30 days" };

/** The time as it stands in a URL: a range that ends now, or from when to when. */
export interface Time {
  range?: string | undefined;
  since?: string | undefined;
  until?: string | undefined;
}

function isPreset(range: string | undefined): range is Preset {
  return range !== undefined && range in spans;
}

/** What a time is called: "the last hour"; undefined for any time and for one that has its own beginning. */
export function presetText({ range, since }: Time): string | undefined {
  return !since && isPreset(range) ? said[range] : undefined;
}

/** A time as lists take it, told anew each time it is asked for. */
export function boundsOf({ range, since, until }: Time, now = Date.now()): { since?: string; until?: string } {
  if (since || until) return { ...(since && { since }), ...(until && { until }) };
  return isPreset(range) ? { since: new Date(now - spans[range]).toISOString() } : {};
}

interface TimeRangeProps extends Time {
  /** What holds where the URL says nothing. */
  usual: Range;
  onChange: (to: { range: string | null; since: string | null; until: string | null }) => void;
}

/** Chooses the time that a page is about; an exact one in a small dialog. */
export function TimeRange({ usual, range, since, until, onChange }: TimeRangeProps) {
  const [zone] = useZone();
  const [asking, setAsking] = useState(false);
  const [from, setFrom] = useState("");
  const [to, setTo] = useState("");
  const value: Range = since || until ? "custom" : isPreset(range) ? range : usual;
  function ask() {
    setFrom(inputValue(new Date(since ?? Date.now() - spans["24h"]), zone));
    setTo(until ? inputValue(new Date(until), zone) : "");
    setAsking(true);
  }
  const backwards = from !== "" && to !== "" && to <= from;
  return (
    <>
      <Segmented
        label="Time range"
        value={value}
        choices={usual === "any" ? anyChoices : withinChoices}
        onAgain={(chosen) => chosen === "custom" && ask()}
        onChange={(chosen) => {
          if (chosen === "custom") ask();
          else onChange({ range: chosen === usual ? null : chosen, since: null, until: null });
        }}
      />
      <Dialog open={asking} onClose={() => setAsking(false)} title="From when to when?" description={`In ${zone === "UTC" ? "UTC" : "local time"}.`}>
        <form
          className="mt-4 grid gap-4"
          onSubmit={(e) => {
            e.preventDefault();
            if (backwards) return;
            onChange({ range: null, since: fromInput(from, zone) ?? null, until: fromInput(to, zone) ?? null });
            setAsking(false);
          }}
        >
          <Field label="From" optional={usual === "any"}>
            {(c) => <Input {...c} type="datetime-local" step={1} required={usual !== "any"} value={from} onChange={(e) => setFrom(e.target.value)} />}
          </Field>
          <Field label="Until" optional hint="Without it, until now." error={backwards ? "It must be after the beginning." : undefined}>
            {(c) => <Input {...c} type="datetime-local" step={1} value={to} onChange={(e) => setTo(e.target.value)} />}
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
