import assert from "node:assert/strict";
import { test } from "node:test";

import { ApiError, ConnectionError, RateLimitError, TimeoutError, Webplug, type Options } from "webplug";
import { fullJitter, retryAfter } from "../dist/esm/retry.js";
import { serve, type Reply } from "./support/server.js";

const client = (url: string, options: Options = {}) =>
  new Webplug({ url, apiKey: "k", serviceId: "svc_1", backoff: () => 1, ...options });
const accepted: Reply = { status: 202, body: { id: "msg_1", deliveries: 1, skipped: [] } };

for (const retries of [0, 1, 2, 5]) {
  for (const [what, reply] of Object.entries<Reply>({ "503": { status: 503 }, "429": { status: 429 }, "a closed connection": "close" })) {
    test(`retries: ${retries} makes ${retries + 1} requests of ${what}`, async (t) => {
      const { url, got } = await serve(t, [reply]);
      await assert.rejects(client(url, { retries }).messages.publish({ type: "a", payload: 1 }), (error: ApiError | ConnectionError) => {
        assert.equal(error.attempts, retries + 1);
        return true;
      });
      assert.equal(got.length, retries + 1);
    });
  }
}

test("a call's own retries win over the client's", async (t) => {
  const { url, got } = await serve(t, [{ status: 500 }]);
  await assert.rejects(client(url, { retries: 5 }).services.get("svc_1", { retries: 0 }));
  assert.equal(got.length, 1);
});

test("a publish has one idempotency key, body and request id on all its attempts", async (t) => {
  const { url, got } = await serve(t, ["close", { status: 503 }, { status: 429 }, accepted]);
  const { id, meta } = await client(url, { retries: 3 }).messages.publish({ type: "a", payload: { n: 1 } });
  assert.equal(id, "msg_1");
  assert.equal(meta.attempts, 4);
  for (const name of ["idempotency-key", "x-request-id"]) assert.equal(new Set(got.map((one) => one.headers[name])).size, 1, name);
  assert.match(String(got[0]?.headers["idempotency-key"]), /^[0-9a-f-]{36}$/);
  assert.deepEqual(new Set(got.map((one) => one.body)), new Set(['{"event_type":"a","payload":{"n":1}}']));
});

test("two publishes have two keys, and a key of one's own is taken", async (t) => {
  const { url, got } = await serve(t, [accepted]);
  const wp = client(url);
  await wp.messages.publish({ type: "a", payload: 1 });
  await wp.messages.publish({ type: "a", payload: 1 });
  await wp.messages.publish({ type: "a", payload: 1 }, { idempotencyKey: "mine" });
  const keys = got.map((one) => one.headers["idempotency-key"]);
  assert.equal(new Set(keys).size, 3);
  assert.equal(keys[2], "mine");
});

test("Retry-After is waited for, though the backoff is shorter", async (t) => {
  const { url, got } = await serve(t, [{ status: 429, headers: { "retry-after": "1" } }, {}]);
  await client(url).services.get("svc_1");
  const [first, second] = got;
  assert.ok(first && second && second.at - first.at >= 950);
});

test("a Retry-After of days is cut to a minute, also where there is no deadline, and no timer is set for longer than one can be", async (t) => {
  const timers = t.mock.method(globalThis, "setTimeout");
  for (const [header, backoff, delay] of [["999999999999", 1, 60_000], ["Fri, 31 Dec 9999 23:59:59 GMT", 1, 60_000], ["1", 1e15, 1e15]] as const) {
    const { url, got } = await serve(t, [{ status: 503, headers: { "retry-after": header } }]);
    const stop = new AbortController();
    const delays: number[] = [];
    const hooks = { onRetry: ({ delayMs }: { delayMs: number }) => { delays.push(delayMs); setImmediate(() => { stop.abort(new Error("seen")); }); } };
    await assert.rejects(client(url, { backoff: () => backoff, deadlineMs: Infinity, hooks }).services.get("svc_1", { signal: stop.signal }), /seen/);
    assert.deepEqual(delays, [delay]);
    assert.equal(got.length, 1);
  }
  assert.ok(timers.mock.calls.every((call) => (call.arguments[1] ?? 0) < 2 ** 31));
});

test("Retry-After is seconds or a date; what is neither is not there", () => {
  const now = Date.parse("2026-01-01T00:00:00Z");
  assert.equal(retryAfter("7", now), 7_000);
  assert.equal(retryAfter("Thu, 01 Jan 2026 00:00:09 GMT", now), 9_000);
  assert.equal(retryAfter("Thu, 01 Jan 2025 00:00:09 GMT", now), 0);
  assert.equal(retryAfter("soon", now), undefined);
  assert.equal(retryAfter(null, now), undefined);
});

test("the backoff is jitter below a doubling bound of at most 5 s", () => {
  for (let attempt = 1; attempt < 60; attempt++) {
    const waits = Array.from({ length: 50 }, () => fullJitter(attempt));
    assert.ok(waits.every((ms) => ms >= 0 && ms <= Math.min(5_000, 100 * 2 ** attempt)));
    assert.ok(new Set(waits).size > 40);
  }
});

test("a Retry-After beyond the deadline is not waited for: the refusal is told at once", async (t) => {
  const { url, got } = await serve(t, [{ status: 429, headers: { "retry-after": "3600" } }]);
  await assert.rejects(client(url, { deadlineMs: 5_000 }).services.get("svc_1"), (error: RateLimitError) => {
    assert.ok(error instanceof RateLimitError);
    assert.equal(error.retryAfterMs, 3_600_000);
    return true;
  });
  assert.equal(got.length, 1);
});

for (const status of [400, 401, 403, 404, 409, 422, 301]) {
  test(`${status} is not repeated`, async (t) => {
    const { url, got } = await serve(t, [{ status }]);
    await assert.rejects(client(url).services.get("svc_1"), ApiError);
    assert.equal(got.length, 1);
  });
}

/** POSTs that take no Idempotency-Key and do something else each time. */
const once: Record<string, (wp: Webplug) => Promise<unknown>> = {
  "endpoints.rotate": (wp) => wp.endpoints.rotate("ep_1"),
  "messages.retry": (wp) => wp.messages.retry("msg_1", "ep_1"),
  "subscriptions.handshake": (wp) => wp.subscriptions.handshake("sub_1"),
  "admin.retryStuck": (wp) => wp.admin.retryStuck("stuck"),
};
for (const [name, call] of Object.entries(once)) {
  test(`${name}, which does something else each time, is repeated only where the server did not begin`, async (t) => {
    for (const lost of ["close", { status: 503 }, { status: 500 }] as Reply[]) {
      const broken = await serve(t, [lost]);
      await assert.rejects(call(client(broken.url)), lost === "close" ? ConnectionError : ApiError);
      assert.equal(broken.got.length, 1);
    }
    const busy = await serve(t, [{ status: 429 }, {}]);
    await call(client(busy.url));
    assert.equal(busy.got.length, 2);
  });
}

/** Those that take one. */
const keyed: Record<string, (wp: Webplug) => Promise<unknown>> = {
  "endpoints.test": (wp) => wp.endpoints.test("ep_1"),
  "endpoints.recover": (wp) => wp.endpoints.recover("ep_1", { since: new Date(0) }),
  "deadLetters.retry": (wp) => wp.deadLetters.retry({ filter: {} }),
  "deadLetters.discard": (wp) => wp.deadLetters.discard({ filter: {} }),
  "messages.publishBatch": (wp) => wp.messages.publishBatch([]),
  "keys.create": (wp) => wp.keys.create({ name: "a", scopes: ["read"] }),
  "admin.rebuild": (wp) => wp.admin.rebuild(),
  "admin.verifyLog": (wp) => wp.admin.verifyLog(),
};
for (const [name, call] of Object.entries(keyed)) {
  test(`${name} is repeated with the idempotency key that it was made with`, async (t) => {
    const { url, got } = await serve(t, ["close", { body: { data: [] } }]);
    await call(client(url));
    const keys = got.map((one) => String(one.headers["idempotency-key"]));
    assert.equal(keys.length, 2);
    assert.match(keys[0] ?? "", /^[0-9a-f-]{36}$/);
    assert.equal(keys[1], keys[0]);
  });
}

test("each attempt has a time of its own", async (t) => {
  const { url, got } = await serve(t, ["hang", {}]);
  const service = await client(url, { timeoutMs: 100 }).services.get("svc_1");
  assert.equal(service.meta.attempts, 2);
  assert.equal(got.length, 2);
});

test("the time of an attempt is over: TimeoutError with the code timeout", async (t) => {
  const { url } = await serve(t, ["hang"]);
  await assert.rejects(client(url, { timeoutMs: 50, retries: 1 }).services.get("svc_1"), (error: TimeoutError) => {
    assert.ok(error instanceof TimeoutError);
    assert.equal(error.code, "timeout");
    assert.equal(error.attempts, 2);
    return true;
  });
});

test("the whole call has a deadline over all attempts and waits", async (t) => {
  const hanging = await serve(t, ["hang"]);
  await assert.rejects(client(hanging.url, { deadlineMs: 100, retries: 100 }).services.get("svc_1"), (error: TimeoutError) => {
    assert.ok(error instanceof TimeoutError);
    assert.equal(error.code, "deadline");
    return true;
  });
  const failing = await serve(t, [{ status: 503 }]);
  await assert.rejects(client(failing.url, { deadlineMs: 300, retries: Infinity, backoff: () => 20 }).services.get("svc_1"),
    (error: ApiError | TimeoutError) => error.code === "deadline" || (error as ApiError).status === 503);
  assert.ok(failing.got.length < 16);
});

test("a body that stops in the middle runs into the timeout too", async () => {
  const stalling: typeof fetch = () => Promise.resolve(new Response(new ReadableStream({ start: (c) => { c.enqueue(new Uint8Array([123])); } })));
  await assert.rejects(client("http://unused.invalid", { fetch: stalling, timeoutMs: 50, retries: 0 }).services.get("svc_1"), TimeoutError);
});

test("an aborted call rejects with the signal's reason: before, in an attempt, and in a wait", async (t) => {
  const reason = new Error("enough");
  const { url, got } = await serve(t, ["hang"]);
  await assert.rejects(client(url).services.get("svc_1", { signal: AbortSignal.abort(reason) }), reason);
  assert.equal(got.length, 0);

  const inAttempt = new AbortController();
  const call = client(url).services.get("svc_1", { signal: inAttempt.signal });
  setTimeout(() => { inAttempt.abort(reason); }, 30);
  await assert.rejects(call, reason);

  const failing = await serve(t, [{ status: 503 }]);
  const inWait = new AbortController();
  const waiting = client(failing.url, {
    backoff: () => 50_000, hooks: { onRetry: () => { setTimeout(() => { inWait.abort(reason); }, 10); } },
  }).services.get("svc_1", { signal: inWait.signal });
  await assert.rejects(waiting, reason);
});

const never = (): Promise<never> => new Promise(() => undefined);
const slow: Record<string, Options> = {
  "a function for the key": { apiKey: never }, onRequest: { hooks: { onRequest: never } }, onResponse: { hooks: { onResponse: never } },
};
for (const [what, options] of Object.entries(slow)) {
  test(`${what} that never ends is within the times of the call, and its signal`, async (t) => {
    const { url } = await serve(t, [{}]);
    await assert.rejects(client(url, { ...options, timeoutMs: 30, retries: 1 }).services.get("svc_1"), { code: "timeout", attempts: 2 });
    await assert.rejects(client(url, { ...options, deadlineMs: 30 }).services.get("svc_1"), { code: "deadline" });
    const stop = new AbortController();
    setTimeout(() => { stop.abort(new Error("enough")); }, 20);
    await assert.rejects(client(url, options).services.get("svc_1", { signal: stop.signal }), /enough/);
  });
}

test("an onRetry that never ends is within the deadline, and the signal", async (t) => {
  const { url } = await serve(t, [{ status: 503 }]);
  const wp = client(url, { hooks: { onRetry: never } });
  await assert.rejects(wp.services.get("svc_1", { deadlineMs: 200 }), { code: "deadline", attempts: 1 });
  const stop = new AbortController();
  setTimeout(() => { stop.abort(new Error("enough")); }, 50);
  await assert.rejects(wp.services.get("svc_1", { signal: stop.signal }), /enough/);
});

test("nothing is sent when the key comes after the time is over", async (t) => {
  const { url, got } = await serve(t, [{}]);
  let give: (key: string) => void = () => undefined;
  const apiKey = (): Promise<string> => new Promise((resolve) => { give = resolve; });
  await assert.rejects(client(url, { apiKey, timeoutMs: 20, retries: 0 }).services.get("svc_1"), TimeoutError);
  give("late");
  await client(url).services.get("svc_1");
  assert.equal(got.length, 1);
});

test("what a hook or a function for the key throws is told as it is, and not tried again", async (t) => {
  const { url, got } = await serve(t, [{}]);
  const failure = new Error("vault is sealed");
  await assert.rejects(client(url, { apiKey: () => { throw failure; } }).services.get("svc_1"), failure);
  await assert.rejects(client(url, { hooks: { onRequest: () => { throw failure; } } }).services.get("svc_1"), failure);
  assert.equal(got.length, 0);
});

test("hooks see each attempt, may add headers, and never see the key", async (t) => {
  const { url, got } = await serve(t, [{ status: 503 }, {}]);
  const seen: string[] = [];
  await client(url, {
    apiKey: "secret-key",
    hooks: {
      onRequest: (request) => {
        request.headers.set("traceparent", `trace-${request.attempt}`);
        seen.push(`request ${request.attempt} ${request.method} ${JSON.stringify([...request.headers])}`);
      },
      onResponse: ({ request, status }) => { seen.push(`response ${request.attempt} ${status}`); },
      onRetry: ({ error, delayMs }) => { seen.push(`retry ${(error as ApiError).status} ${delayMs}`); },
    },
  }).services.get("svc_1");
  assert.deepEqual(seen.map((line) => line.split(" ").slice(0, 3).join(" ")),
    ["request 1 GET", "response 1 503", "retry 503 1", "request 2 GET", "response 2 200"]);
  assert.ok(!seen.join().includes("secret-key"));
  assert.deepEqual(got.map((one) => one.headers["traceparent"]), ["trace-1", "trace-2"]);
  assert.equal(got[0]?.headers.authorization, "Bearer secret-key");
});

test("the key may come from a function, for each attempt", async (t) => {
  const { url, got } = await serve(t, [{ status: 503 }, {}]);
  let n = 0;
  await client(url, { apiKey: () => Promise.resolve(`key-${++n}`) }).services.get("svc_1");
  assert.deepEqual(got.map((one) => one.headers.authorization), ["Bearer key-1", "Bearer key-2"]);
});

test("a setting that makes no sense is refused with its name", async () => {
  await assert.rejects(client("http://127.0.0.1:1", { retries: -1 }).services.get("svc_1"), /retries is -1/);
  await assert.rejects(client("http://127.0.0.1:1", { timeoutMs: NaN }).services.get("svc_1"), /timeoutMs is NaN/);
});
