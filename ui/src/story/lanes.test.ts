import { describe, expect, it } from "vitest";
import type { Delivery, Event } from "@/api/types";
import { causesOf } from "./causes";
import { elapsedAxis } from "./axis";
import { lanesOf } from "./lanes";
import { storyOf } from "./story";

const start = Date.parse("2026-11-24T09:41:07.000Z");
const at = (ms: number): string => new Date(start + ms).toISOString();
const ep = "ep_01KAT5Q8ZC3W9R7QW4ZABCDEFG";
const stream = `svc_1/msg_1/${ep}`;
let n = 0;

function event(type: Event["type"], ms: number, data: Record<string, unknown> = {}, over: Partial<Event> = {}): Event {
  n++;
  return { id: String(n).padStart(26, "0"), stream, version: n, type, time: at(ms + 5), actor: "dispatch", actor_name: "dispatch", correlation_id: "c", causation_id: "", hash: "0".repeat(64), data: { at: at(ms), ...data }, ...over };
}

function delivery(status: Delivery["status"], over: Partial<Delivery> = {}): Delivery {
  return { message_id: "msg_1", endpoint_id: ep, event_type_id: null, event_type: "card", user_id: null, status, attempts: 1, last_status_code: null, last_attempt_at: null, cause: null, next_attempt_at: null, accepted_at: at(0), ended_at: null, reason: null, since: null, by: null, plan: 0, version: 1, ...over };
}

const kinds = (d: Delivery, events: Event[], now: number, sns = false) => lanesOf([d], events, () => sns, start + now)[0]?.segments.map((s) => s.kind);

describe("a lane", () => {
  it("is attempts with the waits between them, and what is planned", () => {
    const events = [event("AttemptFailed", 0, { status_code: 503, duration_ms: 900 }), event("AttemptFailed", 6000, { status_code: 503, duration_ms: 410 })];
    expect(kinds(delivery("retrying", { next_attempt_at: at(300_000) }), events, 20_000)).toEqual(["attempt", "backoff", "attempt", "backoff", "backoff", "planned"]);
  });
  it("waits for a person after the last attempt, until one comes", () => {
    const failed = event("DeliveryFailed", 0, { attempt_id: "a", status_code: 410, duration_ms: 3 });
    expect(kinds(delivery("failed"), [failed], 60_000)).toEqual(["attempt", "waiting"]);
    const asked = event("RetryRequested", 60_000, { at: undefined }, { actor: "key_1", actor_name: "Ada Obi" });
    const done = event("DeliverySucceeded", 60_100, { status_code: 200, duration_ms: 132 });
    expect(kinds(delivery("delivered"), [failed, asked, done], 90_000)).toEqual(["attempt", "waiting", "person", "backoff", "attempt"]);
  });
  it("says nothing of what SNS did not report", () => {
    const done = event("DeliverySucceeded", 3_000_000, { status_code: 200 });
    expect(kinds(delivery("delivered"), [done], 3_100_000, true)).toEqual(["unreported", "attempt"]);
  });
  it("has no bar where nothing was sent", () => expect(kinds(delivery("skipped", { reason: "paused" }), [], 1000)).toEqual([]));
});

describe("the axis", () => {
  it("grows with the logarithm, and gives the future room of its own", () => {
    const axis = elapsedAxis({ start, end: start + 3_600_000, until: start + 7_200_000, showNow: true, width: 1000, pad: 8 });
    const x = (ms: number) => axis.x(start + ms);
    expect(x(0)).toBe(8);
    expect(x(10_000) - x(1000)).toBeGreaterThan(40);
    expect(x(1000)).toBeLessThan(x(60_000));
    expect(x(3_600_000)).toBeLessThan(axis.now ?? 0);
    expect(x(7_200_000)).toBeGreaterThan(axis.now ?? 0);
  });
});

describe("the story", () => {
  it("tells waits between events, and why", () => {
    const lines = storyOf([event("AttemptFailed", 0, { attempt: 1, status_code: 503, duration_ms: 10 }), event("AttemptFailed", 5000, { attempt: 2, status_code: 503 }), event("RetryRequested", 90_000)], null);
    expect(lines.map((l) => (l.kind === "wait" ? l.why : l.event.type))).toEqual(["AttemptFailed", "backoff", "AttemptFailed", "person", "RetryRequested"]);
  });
  it("folds attempts that went the same way", () => {
    const attempts = [1, 2, 3, 4, 5, 6].map((attempt) => event("AttemptFailed", attempt * 1000, { attempt, status_code: 429 }));
    const events = storyOf(attempts, null).filter((l) => l.kind === "event");
    expect(events.map((l) => l.folded.length)).toEqual([0, 0, 3]);
  });
  it("of one endpoint leaves the others out", () => {
    const other = event("AttemptFailed", 0, {}, { stream: "svc_1/msg_1/ep_other" });
    expect(storyOf([other, event("DeliverySucceeded", 1)], ep)).toHaveLength(1);
  });
});

describe("the causes", () => {
  it("are at most nine nodes, the lane in trouble among them", () => {
    const accepted = event("MessageAccepted", 0, {}, { stream: "svc_1/msg_1" });
    const lanes = Array.from({ length: 20 }, (_, i) => event("DeliverySucceeded", i, {}, { stream: `svc_1/msg_1/ep_${i}`, causation_id: accepted.id }));
    const failed = event("DeliveryFailed", 30, {}, { causation_id: accepted.id });
    const roots = causesOf([accepted, ...lanes, failed], null);
    const size = (all: typeof roots): number => all.reduce((sum, c) => sum + 1 + size(c.children), 0);
    expect(size(roots)).toBeLessThanOrEqual(9);
    expect(roots[0]?.children.some((c) => c.events.includes(failed))).toBe(true);
  });
});
