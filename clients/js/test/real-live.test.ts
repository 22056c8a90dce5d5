import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import { ApiError, Webplug } from "webplug";
import { scene, start, until, wire, type Running } from "./support/webplug.js";

let running: Running;
before(async () => { running = await start(); });
after(async () => { await running.stop(); });

test("the live feed loses nothing while its connection is cut, again and again", async (t) => {
  const { wp, user } = await scene(running);
  const between = await wire(running.url);
  t.after(() => { between.close(); });
  const far = new Webplug({ url: between.url, apiKey: running.key, serviceId: wp.serviceId, backoff: () => 1 });
  const total = 60;
  const published: string[] = [];
  const publishing = (async () => {
    for (let i = 0; i < total; i++) {
      published.push((await wp.messages.publish({ type: "card_issued", userId: user.id, payload: { i } })).id);
      if (i % 6 === 5) {
        between.cut();
        await pause(10);
      }
    }
  })();
  const seen = new Set<string>();
  for await (const event of far.live({ since: new Date(Date.now() - 60_000), types: ["MessageAccepted"] })) {
    seen.add(String(event.messageId));
    if (seen.size === total) break;
  }
  await publishing;
  assert.deepEqual([...seen].sort(), published.sort());
  assert.ok(between.state.cuts >= 10);
});

test("another program goes on at the cursor, and gets what came meanwhile", async () => {
  const { wp, user } = await scene(running);
  const publish = async () => (await wp.messages.publish({ type: "card_issued", userId: user.id, payload: { nested_key: 1 } })).id;
  const first = await publish();
  const feed = wp.live({ since: new Date(Date.now() - 60_000), types: ["MessageAccepted"], limit: 1 });
  for await (const event of feed) {
    assert.equal(event.messageId, first);
    assert.equal(event.eventType, "card_issued");
    assert.deepEqual(event.data.payload, { nested_key: 1 });
    break;
  }
  const missed = [await publish(), await publish()];
  const later: string[] = [];
  for await (const event of wp.live({ cursor: feed.cursor, types: ["MessageAccepted"] })) {
    if (event.messageId !== first) later.push(String(event.messageId));
    if (later.length === 2) break;
  }
  assert.deepEqual(later, missed);
});

test("without cursor and time it begins now, and its signal ends it while it waits", async () => {
  const { wp, user } = await scene(running);
  await wp.messages.publish({ type: "card_issued", userId: user.id, payload: 0 });
  const controller = new AbortController();
  const feed = wp.live({ types: ["MessageAccepted"] }, { signal: controller.signal });
  await feed.ready();
  const { id } = await wp.messages.publish({ type: "card_issued", userId: user.id, payload: 1 });
  const seen: string[] = [];
  const reading = (async () => {
    for await (const event of feed) seen.push(String(event.messageId));
  })();
  await until("the event", () => seen.length > 0);
  controller.abort();
  await reading;
  assert.deepEqual(seen, [id]);
});

test("a cursor that is none ends it with the refusal", async () => {
  const { wp } = await scene(running);
  await assert.rejects(async () => { for await (const event of wp.live({ cursor: "no cursor" })) assert.ok(event); }, (error: ApiError) => error.status === 422);
});

test("figures, the system, and the key in use", async () => {
  const { admin, wp, user } = await scene(running);
  await wp.messages.publish({ type: "card_issued", userId: user.id, payload: 1 });
  const stats = await wp.stats({ bucket: "5m", eventType: "card_issued" });
  assert.equal(stats.total.accepted, 1);
  assert.equal(stats.total.skipReasons.no_subscription, 1);
  assert.ok((await admin.admin.system()).logPosition > 0);
});
