import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Feed, type FeedState } from "./feed";

// The clock is a fake one: what is waited for is counted, not slept.
describe("the live feed", () => {
  let states: FeedState[];
  let asked: { accept: string; cursor: string | null }[];
  let answer: () => Response;
  let key: string | null;
  let feed: Feed;
  beforeEach(() => {
    vi.useFakeTimers();
    states = [];
    asked = [];
    key = "wpk_1";
    vi.stubGlobal("location", { origin: "http://here" });
    vi.stubGlobal("sessionStorage", { getItem: () => key, removeItem: () => (key = null) });
    vi.stubGlobal("fetch", (url: URL, init: { headers: Record<string, string> }) => {
      asked.push({ accept: init.headers["Accept"] ?? "", cursor: url.searchParams.get("cursor") });
      return Promise.resolve(answer());
    });
    feed = new Feed({ service: "svc_1", onEvents: (events) => seen.push(...events.map((e) => e.id)), onState: (s) => states.push(s) });
  });
  afterEach(() => {
    feed.stop();
    seen.length = 0;
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });
  const seen: string[] = [];
  const stream = (text: string) => new Response(text, { headers: { "Content-Type": "text/event-stream" } });
  const run = (ms: number) => vi.advanceTimersByTimeAsync(ms);

  it("waits longer and longer where streams end at once, and goes on where it was", async () => {
    answer = () => stream('id: c1\ndata: {"id":"e1"}\n\n');
    feed.start();
    await run(60_000);
    expect(asked.length).toBeLessThan(12);
    expect(asked.slice(0, 2).map((a) => a.cursor)).toEqual([null, "c1"]);
    expect(seen[0]).toBe("e1");
    expect(states).toContain("reconnecting");
  });
  it("asks no more with a key that is refused, and forgets it", async () => {
    answer = () => new Response("{}", { status: 401 });
    feed.start();
    await run(60_000);
    expect([asked.length, key, states.at(-1)]).toEqual([1, null, "paused"]);
  });
  it("asks no more for what the key may not see", async () => {
    answer = () => new Response("{}", { status: 403 });
    feed.start();
    await run(60_000);
    expect([asked.length, key, states.at(-1)]).toEqual([1, "wpk_1", "paused"]);
  });
  it("asks every three seconds where nothing streams", async () => {
    answer = () => Response.json({ data: [{ id: "e2" }], next_cursor: "c2" });
    feed.start();
    await run(31_000);
    expect(asked.length).toBeGreaterThan(8);
    expect(asked.length).toBeLessThan(13);
    expect(asked.at(-1)).toEqual({ accept: "application/json", cursor: "c2" });
    expect(states.at(-1)).toBe("polling");
  });
  it("leaves no listener on its signal behind, however often it reconnects", async () => {
    const add = vi.spyOn(AbortSignal.prototype, "addEventListener");
    const remove = vi.spyOn(AbortSignal.prototype, "removeEventListener");
    answer = () => new Response("", { status: 503 });
    feed.start();
    await run(120_000);
    feed.stop();
    expect(add.mock.calls.length).toBeGreaterThan(6);
    expect(remove.mock.calls.length).toBeGreaterThanOrEqual(add.mock.calls.length);
    vi.restoreAllMocks();
  });
  it("started twice is one", async () => {
    answer = () => Response.json({ data: [], next_cursor: "c" });
    feed.start();
    feed.start();
    await run(10_000);
    expect(asked.length).toBeLessThan(9);
  });
});
