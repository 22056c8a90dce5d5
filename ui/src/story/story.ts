import type { Event } from "@/api/types";
import { duration } from "@/lib/format";
import { endpointOf, number, text } from "./data";

/** A line of the story: an event, several equal ones folded into one, or the wait between two. */
export type Line =
  | { kind: "event"; event: Event; folded: Event[] }
  | { kind: "wait"; key: string; span: string; why: "backoff" | "person" | "quiet"; said: string };

const shortWait = 2000; // ms; less is no wait worth a line

const time = (e: Event): number => new Date(text(e.data, "at") ?? e.time).getTime();

/** When an attempt ended; other events are a moment. */
const end = (e: Event): number => time(e) + (number(e.data, "duration_ms") ?? 0);

/** The history of a webhook as lines, oldest first. With an endpoint only its part, and what is common to all. */
export function storyOf(history: readonly Event[], endpoint: string | null): Line[] {
  const events = history.filter((e) => !endpoint || !e.stream.includes("/ep_") || endpointOf(e.stream) === endpoint);
  const out: Line[] = [];
  for (const event of events) {
    const last = out.at(-1);
    if (last?.kind === "event" && equalAttempt(last, event)) {
      last.folded.push(event);
      continue;
    }
    const before = lastEvent(out);
    const wait = before && time(event) - end(before);
    if (before && wait !== undefined && wait >= shortWait) out.push(waitLine(before, event, wait, endpoint !== null));
    out.push({ kind: "event", event, folded: [] });
  }
  return out;
}

function lastEvent(lines: readonly Line[]): Event | undefined {
  const line = lines.findLast((l) => l.kind === "event");
  return line?.kind === "event" ? (line.folded.at(-1) ?? line.event) : undefined;
}

/** Attempts in a row that went the same way are one line, once there are more than three of them. */
function equalAttempt(line: Extract<Line, { kind: "event" }>, next: Event): boolean {
  const e = line.event;
  return e.type === "AttemptFailed" && next.type === "AttemptFailed" && e.stream === next.stream && (number(e.data, "attempt") ?? 1) > 2 && e.data["status_code"] === next.data["status_code"] && e.data["cause"] === next.data["cause"];
}

function waitLine(before: Event, after: Event, ms: number, one: boolean): Line {
  const person = after.type === "RetryRequested" || after.type === "DeliveryDiscarded";
  const same = before.stream === after.stream;
  const why = person ? "person" : before.type === "AttemptFailed" && (same || one) ? "backoff" : "quiet";
  const said = why === "person" ? "waited for a person" : why === "backoff" ? "back-off" : "nothing happened";
  return { kind: "wait", key: after.id, span: duration(ms), why, said };
}

/** From the first event to the last: "8 events in 1 h 21 min". */
export function spanOf(history: readonly Event[]): string {
  const first = history[0];
  const last = history.at(-1);
  if (!first || !last || first === last) return "";
  return duration(end(last) - time(first), 2);
}
