import type { Delivery, Event } from "@/api/types";
import { causeShort } from "@/components/state/cause";
import { milliseconds } from "@/lib/format";
import { groupBy } from "@/lib/group";
import { endpointOf, number, text } from "./data";

/** A part of a lane. Times are in milliseconds since 1970. */
export type Segment =
  | { kind: "attempt"; from: number; to: number; outcome: "delivered" | "retrying" | "failed" | "discarded"; code: string; took: string; event: string }
  | { kind: "backoff"; from: number; to: number }
  | { kind: "waiting"; from: number; to: number } // for a person
  | { kind: "person"; at: number; name: string; event: string }
  | { kind: "unreported"; from: number; to: number } // SNS tries, and does not say each time
  | { kind: "planned"; at: number };

type Attempt = Extract<Segment, { kind: "attempt" }>;

/** One delivery, as a row of the swim-lane picture. */
export interface Lane {
  id: string; // the endpoint's, or "-" where none matched
  delivery: Delivery;
  segments: Segment[];
}

const ms = (time: string): number => new Date(time).getTime();

/** Makes a lane of each delivery from what the log says, never more: SNS does not report every attempt, nor its plans. */
export function lanesOf(deliveries: readonly Delivery[], history: readonly Event[], sns: (endpoint: string) => boolean, now: number): Lane[] {
  const byEndpoint = groupBy(history, (e) => (e.stream.includes("/ep_") ? (endpointOf(e.stream) ?? "") : ""));
  const published = history.find((e) => e.type === "MessagePublished");
  return deliveries.map((delivery) => {
    const id = delivery.endpoint_id ?? "-";
    const events = (byEndpoint.get(id) ?? []).toSorted((a, b) => a.version - b.version);
    const segments = delivery.status === "skipped" ? [] : segmentsOf(delivery, events, sns(id) ? ms(published?.time ?? delivery.accepted_at) : null, now);
    return { id, delivery, segments };
  });
}

function segmentsOf(delivery: Delivery, events: readonly Event[], snsSince: number | null, now: number): Segment[] {
  const out: Segment[] = [];
  let end = snsSince ?? ms(delivery.accepted_at);
  let givenUp = false;
  for (const e of events) {
    const asked = e.type === "RetryRequested" || e.type === "DeliveryDiscarded";
    const from = asked ? ms(e.time) : startOf(e);
    if (out.length > 0 || asked) gap(out, end, from, givenUp ? "waiting" : snsSince === null ? "backoff" : "unreported");
    else if (snsSince !== null && from - end > 1500) gap(out, end, from, "unreported");
    if (asked) {
      out.push({ kind: "person", at: from, name: e.actor_name, event: e.id });
      end = from;
      givenUp = e.type === "DeliveryDiscarded";
      continue;
    }
    const bar = attemptOf(e, from);
    if (!bar) continue;
    out.push(bar);
    end = bar.to;
    givenUp = e.type === "DeliveryFailed" || e.type === "DeliveryUnreported";
  }
  const next = delivery.next_attempt_at ? ms(delivery.next_attempt_at) : null;
  if (delivery.status === "retrying" || (delivery.status === "pending" && out.length > 0)) {
    gap(out, end, Math.max(now, end), snsSince === null ? "backoff" : "unreported");
    if (next && next > now && snsSince === null) {
      gap(out, Math.max(now, end), next, "backoff");
      out.push({ kind: "planned", at: next });
    }
  } else if (delivery.status === "failed") gap(out, end, Math.max(now, end), "waiting");
  else if (delivery.status === "pending" && next && next > now && snsSince === null) out.push({ kind: "planned", at: next });
  else if (delivery.status === "pending" && snsSince !== null) gap(out, end, Math.max(now, end), "unreported");
  return out;
}

function gap(out: Segment[], from: number, to: number, kind: "backoff" | "waiting" | "unreported"): void {
  if (to > from) out.push({ kind, from, to });
}

function startOf(e: Event): number {
  const at = text(e.data, "at");
  return at ? ms(at) : ms(e.time);
}

function attemptOf(e: Event, from: number): Attempt | undefined {
  const outcome = e.type === "DeliverySucceeded" ? "delivered" : e.type === "AttemptFailed" ? "retrying" : e.type === "DeliveryFailed" ? "failed" : undefined;
  if (!outcome) return undefined;
  const took = number(e.data, "duration_ms");
  const code = number(e.data, "status_code");
  return { kind: "attempt", from, to: from + (took ?? 0), outcome, code: code ? String(code) : causeShort(text(e.data, "cause") ?? ""), took: took === undefined ? "" : milliseconds(took), event: e.id };
}

/** When the last thing happened that a lane shows. */
export function lastMoment(lanes: readonly Lane[]): number {
  let last = 0;
  for (const lane of lanes)
    for (const s of lane.segments) {
      if (s.kind === "attempt") last = Math.max(last, s.to);
      else if (s.kind === "person") last = Math.max(last, s.at);
    }
  return last;
}

/** Whether anything is still to come: then the picture goes on to now. */
export function isOpen(lanes: readonly Lane[]): boolean {
  return lanes.some((l) => l.delivery.status === "pending" || l.delivery.status === "retrying" || l.delivery.status === "failed");
}
