import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { test } from "node:test";
import { inspect } from "node:util";

import {
  ApiError, AuthenticationError, ConflictError, ConnectionError, DecodeError, NotFoundError, PermissionError, RateLimitError, ServerError,
  ValidationError, Webplug, WebplugError,
} from "webplug";
import { problem, serve } from "./support/server.js";

const client = (url: string) => new Webplug({ url, apiKey: "top-secret", serviceId: "svc_1", retries: 0 });

const kinds = {
  400: ApiError, 401: AuthenticationError, 403: PermissionError, 404: NotFoundError, 409: ConflictError, 422: ValidationError,
  429: RateLimitError, 500: ServerError, 503: ServerError,
};
for (const [status, kind] of Object.entries(kinds)) {
  test(`${status} rejects with ${kind.name} and the problem document`, async (t) => {
    const { url } = await serve(t, [problem(Number(status), { id: "usr_9", errors: [{ field: "name", message: "is missing" }] })]);
    await assert.rejects(client(url).users.create({ name: "" }), (error: ApiError) => {
      assert.ok(error instanceof kind && WebplugError.is(error));
      assert.equal(error.name, kind.name);
      assert.equal(error.status, Number(status));
      assert.equal(error.code, "conflict");
      assert.equal(error.problem?.detail, "it is so");
      assert.deepEqual(error.errors, [{ field: "name", message: "is missing" }]);
      assert.equal(error.conflictingId, "usr_9");
      assert.equal(error.requestId, "req-1");
      assert.match(error.message, /it is so \[name\] \(request req-1\)/);
      return true;
    });
  });
}

// Peers' clients throw a SyntaxError where a proxy answers HTML, and lose the request id where there is no body.
const bodies = {
  empty: "", html: "<html>403 Forbidden</html>", "cut off": '{"type":"conf', text: "no", null: "null", array: "[]", number: "7",
  "a foreign object": '{"error":"x"}', long: "x".repeat(10_000),
};
for (const status of [400, 403, 404, 422, 429, 500, 502, 503]) {
  for (const type of ["application/json", "application/problem+json", "text/html", ""]) {
    test(`${status} as ${type || "nothing"} is an ApiError with the request id, whatever its body`, async (t) => {
      for (const [name, body] of Object.entries(bodies)) {
        const { url } = await serve(t, [{ status, body, headers: { "content-type": type } }]);
        await assert.rejects(client(url).users.get("usr_1"), (error: ApiError) => {
          assert.ok(error instanceof ApiError, name);
          assert.equal(error.status, status);
          assert.equal(error.requestId, "req-1");
          assert.equal(error.code, `http-${status}`);
          assert.equal(error.body, body);
          assert.ok(error.message.length < 400);
          assert.ok(!inspect(error).includes("Headers: {}") && !JSON.stringify(error).includes('"headers":{}'));
          return true;
        });
      }
    });
  }
}

test("a success that is not JSON is a DecodeError with the text", async (t) => {
  for (const body of ["<html>welcome</html>", "", "null", '"text"']) {
    const { url } = await serve(t, [{ body }]);
    await assert.rejects(client(url).users.get("usr_1"), (error: DecodeError) => {
      assert.ok(error instanceof DecodeError);
      assert.equal(error.body, body);
      assert.equal(error.requestId, "req-1");
      return true;
    });
  }
});

test("nobody listens: ConnectionError with the cause, the server and a request id", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  server.close();
  await once(server, "close");
  await assert.rejects(client(url).users.get("usr_1"), (error: ConnectionError) => {
    assert.ok(error instanceof ConnectionError);
    assert.ok(error.message.startsWith(`no answer from ${url}: ECONNREFUSED`));
    assert.match(error.requestId, /^[0-9a-f-]{36}$/);
    assert.ok(error.cause instanceof Error);
    return true;
  });
});

test("a redirect is told, and neither followed nor given the key", async (t) => {
  const other = await serve(t, [{}]);
  const { url } = await serve(t, [{ status: 307, headers: { location: `${other.url}/v1/x` }, body: "" }]);
  await assert.rejects(client(url).users.create({ name: "Ada" }), new RegExp(`redirected to ${other.url}`));
  assert.equal(other.got.length, 0);
});

test("the API key is in no error and in nothing that a log shows of the client", async (t) => {
  const { url } = await serve(t, [problem(500)]);
  const wp = client(url);
  const error: unknown = await wp.users.get("usr_1").catch((e: unknown) => e);
  for (const shown of [inspect(error, { depth: 9, showHidden: true }), JSON.stringify(error), inspect(wp, { depth: 9 }), JSON.stringify(wp)]) {
    assert.ok(!shown.includes("top-secret"));
  }
});
