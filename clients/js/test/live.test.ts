import assert from "node:assert/strict";
import { test } from "node:test";

import { Webplug, type LiveQuery } from "webplug";
import { problem, serve, type Reply } from "./support/server.js";

/** A server with numbered events that answers two at a time, from the cursor on. */
function feed(total: number, broken: (nth: number) => Reply | undefined = () => undefined) {
  return (request: { url: string }, nth: number): Reply => {
    const failure = broken(nth);
    if (failure) return failure;
    const from = Number(new URL(request.url, "http://x").searchParams.get("cursor") ?? 0);
    const to = Math.min(from + 2, total);
    const data = Array.from({ length: to - from }, (_, i) => ({ id: String(from + i), event_type: "a", data: { n: from + i } }));
    return { body: { data, next_cursor: String(to) } };
  };
}

type Feed = AsyncIterable<{ id: string }> & { readonly cursor: string | undefined; ready(): Promise<void> };

function live(url: string, query: LiveQuery = {}, signal?: AbortSignal): Feed {
  const wp = new Webplug({ url, apiKey: "k", serviceId: "svc_1", backoff: () => 1 });
  return wp.live({ waitSeconds: 0, ...query }, { signal });
}

async function take(feed: AsyncIterable<{ id: string }>, count: number): Promise<string[]> {
  const ids: string[] = [];
  for await (const event of feed) if (ids.push(event.id) === count) break;
  return ids;
}

test("it goes on over lost connections, timeouts of a proxy and restarts, and misses nothing", async (t) => {
  const kinds: Reply[] = ["close", { status: 503 }, { status: 429 }, { status: 502, body: "<html>" }];
  const { url, got } = await serve(t, feed(30, (nth) => (nth % 3 === 1 ? kinds[Math.floor(nth / 3) % kinds.length] : undefined)));
  assert.deepEqual(await take(live(url), 30), Array.from({ length: 30 }, (_, i) => String(i)));
  assert.ok(got.length > 20);
});

test("it asks with its filters, and begins at a time only until it has a cursor", async (t) => {
  const { url, got } = await serve(t, feed(3));
  await take(live(url, { since: new Date(0), types: ["MessageAccepted", "DeliveryFailed"], userId: "usr_1", limit: 7 }), 3);
  const [first, second] = got.map((one) => Object.fromEntries(new URL(one.url, "http://x").searchParams));
  assert.deepEqual(first, { since: "1970-01-01T00:00:00.000Z", type: "MessageAccepted,DeliveryFailed", user_id: "usr_1", limit: "7", wait: "0" });
  assert.deepEqual(second, { type: "MessageAccepted,DeliveryFailed", user_id: "usr_1", limit: "7", wait: "0", cursor: "2" });
});

/** A server with a list of events that grows; "now" is its end. Answers may be lost. */
function log(lost: (nth: number) => boolean = () => false) {
  const events: { id: string }[] = [];
  const reply = (request: { url: string }, nth: number): Reply => {
    const query = new URL(request.url, "http://x").searchParams;
    const from = Number(query.get("cursor") ?? events.length);
    return lost(nth) ? "close" : { body: { data: events.slice(from), next_cursor: String(events.length) } };
  };
  return { reply, happen: () => { events.push({ id: String(events.length) }); } };
}

test("it begins when it is made, not when it is read", async (t) => {
  const { reply, happen } = log();
  const { url, got } = await serve(t, reply);
  happen(); // before
  const one = live(url, { waitSeconds: 10 });
  await one.ready();
  assert.equal(one.cursor, "1");
  happen();
  happen();
  assert.deepEqual(await take(one, 2), ["1", "2"]);
  assert.deepEqual(got.map((request) => new URL(request.url, "http://x").searchParams.get("wait")), ["0", "10"]);
  await one.ready(); // has nothing more to do
  assert.equal(got.length, 2);
});

test("what happens while an answer is lost that waited is in it: the first question does not wait", async (t) => {
  const { reply, happen } = log((nth) => nth === 1);
  const { url } = await serve(t, (request, nth) => {
    const answer = reply(request, nth);
    if (nth === 1) happen();
    return answer;
  });
  assert.deepEqual(await take(live(url), 1), ["0"]);
});

test("a beginning that fails is told to who waits for it and to who reads, and to nobody else", async (t) => {
  const { url, got } = await serve(t, [problem(401)]);
  live(url);
  const one = live(url);
  await assert.rejects(one.ready(), { status: 401 });
  await assert.rejects(take(one, 1), { status: 401 });
  assert.ok(got.length >= 2);
  const aborted = live(url, {}, AbortSignal.abort(new Error("enough")));
  await assert.rejects(aborted.ready(), /enough/);
  assert.deepEqual(await take(aborted, 1), []);
});

test("another process that goes on at its cursor misses nothing; events in between come again with their ids", async (t) => {
  const { url } = await serve(t, feed(9));
  const first = live(url);
  const seen: string[] = [];
  assert.equal(first.cursor, undefined);
  for await (const event of first) if (seen.push(event.id) === 5) break;
  assert.equal(first.cursor, "4");
  const again = await take(live(url, { cursor: first.cursor }), 5);
  assert.deepEqual(again, ["4", "5", "6", "7", "8"]);
});

test("after the last event of an answer the cursor is behind it", async (t) => {
  const { url } = await serve(t, feed(9));
  const one = live(url);
  await take(one, 4);
  assert.equal(one.cursor, "4");
});

test("its signal ends it without an error, while it waits and in the loop", async (t) => {
  const { url } = await serve(t, (_, nth) => (nth === 0 ? { body: { data: [{ id: "0" }, { id: "1" }], next_cursor: "2" } } : "hang"));
  const waiting = new AbortController();
  const ids: string[] = [];
  for await (const event of live(url, {}, waiting.signal)) {
    ids.push(event.id);
    if (ids.length === 2) setTimeout(() => { waiting.abort(); }, 20);
  }
  assert.deepEqual(ids, ["0", "1"]);

  const inLoop = new AbortController();
  const one = await serve(t, feed(9));
  const some: string[] = [];
  for await (const event of live(one.url, {}, inLoop.signal)) {
    some.push(event.id);
    inLoop.abort();
  }
  assert.deepEqual(some, ["0"]);
});

test("what will not mend itself ends it with the error", async (t) => {
  for (const status of [401, 403, 404, 422]) {
    const { url } = await serve(t, [problem(status)]);
    await assert.rejects(take(live(url), 1), { status });
  }
});
