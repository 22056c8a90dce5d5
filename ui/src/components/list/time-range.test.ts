import { describe, expect, it } from "vitest";
import { boundsOf, presetText } from "./time-range";

const now = Date.parse("2026-11-24T12:00:00Z");

describe("a time in the URL", () => {
  it("of a range ends now", () => expect([boundsOf({ range: "1h" }, now), boundsOf({ range: "7d" }, now)]).toEqual([{ since: "2026-11-24T11:00:00.000Z" }, { since: "2026-11-17T12:00:00.000Z" }]));
  it("of its own begins and ends as it says", () => {
    expect(boundsOf({ range: "1h", since: "2026-11-01T00:00:00Z", until: "2026-11-02T00:00:00Z" }, now)).toEqual({ since: "2026-11-01T00:00:00Z", until: "2026-11-02T00:00:00Z" });
    expect(boundsOf({ until: "2026-11-02T00:00:00Z" }, now)).toEqual({ until: "2026-11-02T00:00:00Z" });
  });
  it("that nobody chose, or that is none, is any", () => expect([boundsOf({}, now), boundsOf({ range: "2 weeks" }, now)]).toEqual([{}, {}]));
  it("is called by its range", () => expect([presetText({ range: "24h" }), presetText({ since: "x" }), presetText({})]).toEqual(["the last 24 hours", undefined, undefined]));
});
