import assert from "node:assert/strict";
import { test } from "node:test";

import { Webplug } from "webplug";
import { serve } from "./support/server.js";

/** Three pages: two rows, none, one. */
const pages = (request: { url: string }) => {
  const cursor = new URL(request.url, "http://x").searchParams.get("cursor");
  if (cursor === null) return { body: { data: [{ id: "a" }, { id: "b" }], next_cursor: "2" } };
  return { body: cursor === "2" ? { data: [], next_cursor: "3" } : { data: [{ id: "c" }], next_cursor: null } };
};

async function listing(t: Parameters<typeof serve>[0]) {
  const { url, got } = await serve(t, pages);
  return { list: new Webplug({ url, apiKey: "k", serviceId: "svc_1", backoff: () => 1 }).users.list({ limit: 2 }), got };
}

test("awaited, a list is its first page", async (t) => {
  const { list, got } = await listing(t);
  assert.equal(got.length, 0);
  const page = await list;
  assert.deepEqual(page.data.map((user) => user.id), ["a", "b"]);
  assert.equal(page.nextCursor, "2");
  assert.equal(page.meta.status, 200);
  assert.equal(got.length, 1);
});

test("iterated, a list is every row of every page, an empty one in between too", async (t) => {
  const { list, got } = await listing(t);
  const ids = [];
  for await (const user of list) ids.push(user.id);
  assert.deepEqual(ids, ["a", "b", "c"]);
  assert.ok(got.every((one) => one.url.includes("limit=2")));
});

test("pages can be gone through, and begun at a cursor", async (t) => {
  const { list } = await listing(t);
  const sizes = [];
  for await (const page of list.pages()) sizes.push(page.data.length);
  assert.deepEqual(sizes, [2, 0, 1]);
});

test("toArray takes no more than it is told, and asks for no page in vain", async (t) => {
  const { list, got } = await listing(t);
  assert.deepEqual((await list.toArray({ max: 2 })).length, 2);
  assert.equal(got.length, 1);
  assert.deepEqual(await list.toArray({ max: 0 }), []);
  assert.equal((await list.toArray({ max: 100 })).length, 3);
});

test("leaving a loop asks for nothing more", async (t) => {
  const { list, got } = await listing(t);
  for await (const user of list) {
    assert.equal(user.id, "a");
    break;
  }
  assert.equal(got.length, 1);
});

test("a failed page is repeated with its cursor", async (t) => {
  const { url, got } = await serve(t, (one, nth) => (nth === 1 ? "close" : pages(one)));
  const rows = await new Webplug({ url, apiKey: "k", serviceId: "svc_1", backoff: () => 1 }).users.list().toArray({ max: 9 });
  assert.equal(rows.length, 3);
  assert.deepEqual(got.map((one) => new URL(one.url, "http://x").searchParams.get("cursor")), [null, "2", "2", "3"]);
});

test("a list that is refused rejects, awaited and iterated", async (t) => {
  const { url } = await serve(t, [{ status: 404 }]);
  const wp = new Webplug({ url, apiKey: "k", serviceId: "svc_1" });
  await assert.rejects(async () => wp.users.list(), { status: 404 });
  await assert.rejects(wp.users.list().toArray({ max: 1 }), { status: 404 });
});

test("a user is found by an id of one's own", async (t) => {
  const { url, got } = await serve(t, [{ body: { data: [{ id: "usr_1" }], next_cursor: null } }, { body: { data: [], next_cursor: null } }]);
  const wp = new Webplug({ url, apiKey: "k", serviceId: "svc_1" });
  assert.equal((await wp.users.getByExternalId("mine"))?.id, "usr_1");
  assert.equal(await wp.users.getByExternalId("none"), undefined);
  assert.match(got[0]?.url ?? "", /external_id=mine/);
});
