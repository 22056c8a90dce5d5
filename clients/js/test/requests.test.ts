import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { Webplug } from "webplug";
import { serve } from "./support/server.js";

const quiet = { apiKey: "k", serviceId: "svc_1" };

/** Calls every method of the client once, with ids that say which they are. */
async function callAll(wp: Webplug): Promise<void> {
  const { services, users, eventTypes, endpoints, subscriptions, messages, deadLetters, jobs, keys, admin } = wp;
  await services.create({ name: "Bank" });
  await services.list();
  await services.get("svc_1");
  await services.update("svc_1", { name: "B" });
  await services.delete("svc_1");
  await users.create({ name: "Ada" });
  await users.list();
  await users.get("usr");
  await users.update("usr", {});
  await users.delete("usr");
  await eventTypes.create({ name: "a" });
  await eventTypes.list();
  await eventTypes.get("typ");
  await eventTypes.update("typ", {});
  await eventTypes.delete("typ");
  await endpoints.create({ userId: "usr", url: "https://example.com" });
  await endpoints.list();
  await endpoints.get("ep");
  await endpoints.update("ep", {});
  await endpoints.delete("ep");
  await endpoints.pause("ep");
  await endpoints.resume("ep");
  await endpoints.secret("ep");
  await endpoints.rotate("ep");
  await endpoints.test("ep");
  await endpoints.recover("ep", { since: new Date() });
  await subscriptions.create({ userId: "usr", eventType: "a", endpoint: "ep" });
  await subscriptions.list();
  await subscriptions.get("sub");
  await subscriptions.delete("sub");
  await subscriptions.confirm("sub", { token: "t" });
  await subscriptions.handshake("sub");
  await messages.publish({ type: "a", payload: 1 });
  await messages.publishBatch([{ type: "a", payload: 1 }]);
  await messages.list();
  await messages.get("msg");
  await messages.deliveries("msg");
  await messages.history("msg");
  await messages.retry("msg", "ep");
  await messages.discard("msg", "ep");
  await deadLetters.list();
  await deadLetters.groups();
  await deadLetters.retry({ filter: {} });
  await deadLetters.discard({ filter: {} });
  for (const some of [jobs, admin.jobs]) {
    await some.list();
    await some.get("job");
    await some.cancel("job");
  }
  await keys.create({ name: "k", scopes: ["read"] });
  await keys.list();
  await keys.get("key");
  await keys.delete("key");
  await keys.whoami();
  await admin.history();
  await admin.system();
  await admin.rebuild();
  await admin.verifyLog();
  await admin.stuck();
  await admin.retryStuck("id");
  await wp.history();
  await wp.stats();
  for await (const event of wp.live({ waitSeconds: 0 })) {
    assert.ok(event);
    break;
  }
}

/** Operations of the API that are for people, monitors and deployments, without a key. */
const withoutKey = ["/", "/healthz", "/readyz", "/metrics", "/openapi.json", "/docs"];

test("there is a method for each operation of the API", async (t) => {
  const { url, got } = await serve(t, [{ body: { data: [{}], next_cursor: null, id: "x" } }]);
  await callAll(new Webplug({ url, ...quiet }));
  const called = new Set(got.map((one) => `${one.method} ${one.url.replace(/\?.*/, "").replace("svc_1", "svc")}`));

  const yaml = readFileSync(new URL("../../../handlers/rest/openapi.yaml", import.meta.url), "utf8");
  const operations = [...yaml.matchAll(/^ {2}(\/\S*):$|^ {4}(get|post|patch|delete):$/gm)].reduce<{ path: string; all: string[] }>(
    ({ path, all }, [, newPath, method]) =>
      newPath ? { path: newPath, all } : { path, all: withoutKey.includes(path) ? all : [...all, `${String(method).toUpperCase()} ${path}`] },
    { path: "", all: [] },
  ).all.map((operation) => operation.replace(/[{}]/g, ""));
  assert.ok(operations.length > 40);
  assert.deepEqual(operations.filter((operation) => !called.has(operation)), []);
});

test("names are camelCase here and snake_case there, and what is the caller's own is left alone", async (t) => {
  const own = { deep_key: { innerKey: 1, inner_key: 2 } };
  const { url, got } = await serve(t, [{ body: { id: "usr_1", external_id: "e_1", created_at: "now", metadata: { my_key: "v" } } }]);
  const wp = new Webplug({ url, ...quiet });
  const user = await wp.users.create({ name: "Ada", externalId: "e_1", metadata: { my_key: "v", myKey: "w" } });
  assert.equal(got[0]?.body, '{"name":"Ada","external_id":"e_1","metadata":{"my_key":"v","myKey":"w"}}');
  assert.equal(user.externalId, "e_1");
  assert.deepEqual(user.metadata, { my_key: "v" });
  await wp.messages.publish({ type: "a", payload: own, userId: "usr_1" });
  assert.deepEqual(JSON.parse(got[1]?.body ?? ""), { event_type: "a", payload: own, user_id: "usr_1" });
  await wp.eventTypes.create({ name: "a", schema: { additionalProperties: false, properties: { my_key: {} } }, example: own });
  assert.match(got[2]?.body ?? "", /"additionalProperties".*"my_key".*"innerKey"/);
});

test("names that are values stay: causes and reasons", async (t) => {
  const { url } = await serve(t, [{ body: { total: { skip_reasons: { no_subscription: 1 }, causes: { http_503: 2 } } } }]);
  const stats: unknown = await new Webplug({ url, ...quiet }).stats();
  assert.deepEqual(stats, { total: { skipReasons: { no_subscription: 1 }, causes: { http_503: 2 } } });
});

test("an event's data is as it was stored", async (t) => {
  const { url } = await serve(t, [{ body: { data: [{ id: "1", actor_name: "Ada", data: { event_type: "a", status_code: 1 } }], next_cursor: null } }]);
  const { data: [event] } = await new Webplug({ url, ...quiet }).messages.history("msg_1");
  assert.ok(event);
  assert.equal(event.actorName, "Ada");
  assert.deepEqual(event.data, { event_type: "a", status_code: 1 });
});

test("big integers go out whole, and come in whole by meta.body or a parser of one's own", async (t) => {
  const text = '{"id":"msg_1","event_type":"a","payload":{"n":12345678901234567890}}';
  const { url, got } = await serve(t, [{ body: text }]);
  const wp = new Webplug({ url, ...quiet, parse: (json) => JSON.parse(json.replace(/:(\d{16,})/g, ':"$1"')) as unknown });
  await wp.messages.publish({ type: "a", payload: { n: 12345678901234567890n, list: [-1n], text: "1n" } });
  assert.equal(got[0]?.body, '{"event_type":"a","payload":{"n":12345678901234567890,"list":[-1],"text":"1n"}}');
  const message = await wp.messages.get("msg_1");
  assert.equal(message.meta.body, text);
  assert.deepEqual(message.payload, { n: "12345678901234567890" });
});

test("a parser's own number objects are left as they are", async (t) => {
  class Exact { constructor(readonly digits_of: string) {} }
  const { url } = await serve(t, [{ body: { version: 1 } }]);
  const wp = new Webplug({ url, ...quiet, parse: () => ({ version: new Exact("1"), some_name: 1 }) });
  const got: unknown = await wp.services.get("svc_1");
  assert.deepEqual(got, { version: new Exact("1"), someName: 1 });
});

test("ids are encoded, and one that would lead elsewhere is refused before anything is sent", async (t) => {
  const { url, got } = await serve(t, [{}]);
  const wp = new Webplug({ url, ...quiet });
  await wp.admin.retryStuck("views/svc_1/a b");
  assert.equal(got[0]?.url, "/v1/stuck/views%2Fsvc_1%2Fa%20b/retry");
  for (const id of ["", ".", "..", undefined as unknown as string]) {
    assert.throws(() => wp.users.get(id), /an id is needed/);
  }
  assert.equal(got.length, 1);
});

test("queries: times, names and what is left out", async (t) => {
  const { url, got } = await serve(t, [{ body: { data: [], next_cursor: null } }]);
  const wp = new Webplug({ url: `${url}/base/`, ...quiet });
  await wp.messages.list({ userId: "usr_1", since: new Date(0), until: "2026-01-01T00:00:00Z", cursor: undefined, limit: 5 });
  assert.equal(got[0]?.url, "/base/v1/services/svc_1/messages?user_id=usr_1&since=1970-01-01T00%3A00%3A00.000Z&until=2026-01-01T00%3A00%3A00Z&limit=5");
});

test("results say what a command did, and copies of them do not", async (t) => {
  const { url } = await serve(t, [{ headers: { "webplug-position": "svc_1/usr_1@1", "webplug-stale": "true" }, body: { id: "usr_1" } }]);
  const user = await new Webplug({ url, ...quiet }).users.create({ name: "Ada" });
  assert.deepEqual({ ...user.meta, body: "" }, { status: 200, body: "", requestId: "req-1", attempts: 1, position: "svc_1/usr_1@1", stale: true });
  assert.deepEqual({ ...user }, { id: "usr_1" });
  assert.equal(JSON.stringify(user), '{"id":"usr_1"}');
});

test("events.publish is messages.publish", async (t) => {
  const { url, got } = await serve(t, [{ status: 202, body: { id: "msg_1", deliveries: 0, skipped: [] } }]);
  const wp = new Webplug({ url, ...quiet });
  assert.equal((await wp.events.publish({ type: "a", payload: 1 }, { idempotencyKey: "k" })).id, "msg_1");
  assert.equal(got[0]?.url, "/v1/services/svc_1/messages");
});

test("a batch answers in order, with what was refused at its place", async (t) => {
  const body = { data: [{ id: "msg_1", deliveries: 1, skipped: [] }, { problem: { type: "invalid", status: 422, request_id: "r" } }] };
  const { url, got } = await serve(t, [{ status: 202, body }]);
  const results = await new Webplug({ url, ...quiet }).messages.publishBatch([
    { type: "a", payload: { some_key: 1 }, idempotencyKey: "one" }, { type: "b", payload: 2, userId: "usr_1" },
  ]);
  assert.deepEqual(JSON.parse(got[0]?.body ?? ""), {
    messages: [{ event_type: "a", payload: { some_key: 1 }, idempotency_key: "one" }, { event_type: "b", payload: 2, user_id: "usr_1" }],
  });
  assert.equal(results[0]?.id, "msg_1");
  assert.equal(results[1]?.problem?.requestId, "r");
  assert.equal(results.meta.status, 202);
});

test("the service comes from the client, the call, or withService; else the error says where to give it", async (t) => {
  const { url, got } = await serve(t, [{}]);
  const wp = new Webplug({ url, apiKey: "k" });
  assert.throws(() => wp.users.get("usr_1"), /which service\? Give serviceId/);
  await wp.users.get("usr_1", { serviceId: "svc_2" });
  await wp.withService("svc_3").users.get("usr_1");
  assert.deepEqual(got.map((one) => one.url), ["/v1/services/svc_2/users/usr_1", "/v1/services/svc_3/users/usr_1"]);
});

test("url, key and service may come from the environment", async (t) => {
  const { url, got } = await serve(t, [{}]);
  assert.throws(() => new Webplug({ apiKey: "k" }), /Give url, or set WEBPLUG_URL/);
  assert.throws(() => new Webplug({ url }), /Give apiKey, or set WEBPLUG_API_KEY/);
  Object.assign(process.env, { WEBPLUG_URL: url, WEBPLUG_API_KEY: "from-env", WEBPLUG_SERVICE: "svc_e" });
  t.after(() => {
    delete process.env.WEBPLUG_URL;
    delete process.env.WEBPLUG_API_KEY;
    delete process.env.WEBPLUG_SERVICE;
  });
  await new Webplug().users.get("usr_1");
  assert.equal(got[0]?.url, "/v1/services/svc_e/users/usr_1");
  assert.equal(got[0].headers.authorization, "Bearer from-env");
});

const runtimes: Record<string, [globals: string[], refused: boolean]> = {
  "a page": [["document", "window", "navigator"], true], "a worker of a browser": [["importScripts", "WorkerGlobalScope"], true],
  "a worker of Deno": [["Deno", "WorkerGlobalScope", "importScripts"], false], "a worker of Bun": [["Bun", "importScripts"], false],
  "Cloudflare Workers": [["WorkerGlobalScope", "caches"], false],
};
for (const [where, [globals, refused]] of Object.entries(runtimes)) {
  test(`${where}: it ${refused ? "refuses to run with a key, unless told so" : "runs"}`, (t) => {
    const before = Object.getOwnPropertyDescriptors(globalThis);
    for (const name of globals) Object.defineProperty(globalThis, name, { value: {}, configurable: true });
    t.after(() => {
      for (const name of globals) {
        const was = (before as Record<string, PropertyDescriptor | undefined>)[name];
        if (was) Object.defineProperty(globalThis, name, was);
        else Reflect.deleteProperty(globalThis, name);
      }
    });
    const options = { url: "http://x.invalid", apiKey: "k" };
    if (refused) assert.throws(() => new Webplug(options), /everybody can read the API key/);
    else assert.ok(new Webplug(options));
    assert.ok(new Webplug({ ...options, dangerouslyAllowBrowser: true }));
  });
}

test("url may end with the API's /v1, and a slash; what is no URL of a server is refused", async (t) => {
  const { url, got } = await serve(t, [{}]);
  for (const end of ["", "/", "/v1", "/v1/", "/base/v1", "/base//"]) await new Webplug({ ...quiet, url: url + end }).users.get("usr_1");
  assert.deepEqual(new Set(got.map((one) => one.url)), new Set(["/v1/services/svc_1/users/usr_1", "/base/v1/services/svc_1/users/usr_1"]));
  for (const wrong of ["127.0.0.1:8080", "localhost:8080", "webplug.example.com", "ftp://x"]) {
    assert.throws(() => new Webplug({ ...quiet, url: wrong }), /url is like https:\/\/webplug\.example\.com, not "/);
  }
});

test("a service may be named: it is looked up once, among those that are not archived", async (t) => {
  const pages = [
    { data: [{ id: "svc_0", name: "My Bank", archived_at: "2026-01-01T00:00:00Z" }], next_cursor: "more" },
    { data: [{ id: "svc_7", name: "My Bank", archived_at: null }], next_cursor: null },
  ];
  const { url, got } = await serve(t, (request) => {
    const asked = new URL(request.url, "http://x");
    return { body: asked.pathname === "/v1/services" ? pages[asked.searchParams.has("cursor") ? 1 : 0] : { data: [], next_cursor: "c" } };
  });
  const wp = new Webplug({ ...quiet, url, serviceId: "My Bank" });
  await wp.users.get("usr_1");
  await wp.messages.list();
  await wp.services.get("My Bank");
  assert.deepEqual(got.map((one) => one.url), [
    "/v1/services?limit=100", "/v1/services?limit=100&cursor=more", "/v1/services/svc_7/users/usr_1", "/v1/services/svc_7/messages", "/v1/services/svc_7",
  ]);
  await assert.rejects(wp.users.get("usr_1", { serviceId: "Other" }), /there is no service "Other" that this key sees/);
});

test("a job is waited for until it has ended", async (t) => {
  const { url, got } = await serve(t, (_, nth) => ({ body: { id: "job_1", status: nth < 2 ? "running" : "finished", ended_at: nth < 2 ? null : "now" } }));
  const job = await new Webplug({ url, ...quiet }).jobs.wait("job_1", { everyMs: 1 });
  assert.equal((job as { status: string }).status, "finished");
  assert.equal(got.length, 3);
});
