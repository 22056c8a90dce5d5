import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { test, type TestContext } from "node:test";
import { runInNewContext } from "node:vm";

import express from "express";
import { verify, type Input, type VerificationError, type Webhook } from "webplug/verify";
import { body, newSecret, signedHeaders } from "./support/signed.js";

const secret = newSecret();
const headers = signedHeaders(secret, body);
const capital = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.replace(/\b\w/g, (c) => c.toUpperCase()), value]));
const bytes = Buffer.from(body);

const bodies: Record<string, Input> = {
  string: body,
  Buffer: bytes,
  Uint8Array: new Uint8Array(bytes),
  "a part of an array": new Uint8Array(Buffer.concat([Buffer.from("before"), bytes, Buffer.from("after")])).subarray(6, 6 + bytes.length),
  ArrayBuffer: new Uint8Array(bytes).buffer,
  "Uint8Array of another realm": runInNewContext("Uint8Array.from(bytes)", { bytes: [...bytes] }) as Uint8Array,
};
const shapes = {
  "plain object": headers, "names in capitals": capital, Headers: new Headers(headers), Map: new Map(Object.entries(headers)),
  "arrays of values": Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
};
for (const [what, input] of Object.entries(bodies)) {
  for (const [shape, given] of Object.entries(shapes)) {
    test(`${what} with headers as ${shape}`, async () => {
      assert.equal((await verify(input, { headers: given, secret })).raw, body);
    });
  }
}

test("a Request, and one that is read in pieces", async () => {
  assert.ok(await verify(new Request("https://x.invalid", { method: "POST", headers, body }), { secret }));
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const byte of bytes) controller.enqueue(new Uint8Array([byte]));
      controller.close();
    },
  });
  assert.ok(await verify(new Request("https://x.invalid", { method: "POST", headers, body: stream, duplex: "half" }), { secret }));
});

const event = { headers: capital, body, isBase64Encoded: false };
const events = {
  "an API Gateway event of version 1": { ...event, multiValueHeaders: {}, httpMethod: "POST", requestContext: {} },
  "a version 2 event or function URL, in base64": { ...event, version: "2.0", headers, body: bytes.toString("base64"), isBase64Encoded: true, requestContext: {} },
  "a load balancer's event with headers of several values": {
    headers: null, multiValueHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])), body, isBase64Encoded: false,
  },
};
for (const [what, given] of Object.entries(events)) {
  test(what, async () => {
    assert.equal((await verify(given, { secret })).id, "msg_1");
  });
}

type Take = (request: IncomingMessage) => Promise<Webhook>;
type App = (take: Take) => (request: IncomingMessage, response: ServerResponse) => unknown;

/** Posts to a server, and gives what came of `take` there. */
async function posted(t: TestContext, app: App, take: Take, type = "application/json"): Promise<Webhook> {
  return new Promise((resolve, reject) => {
    const server = createServer(app((request) => {
      const taken = take(request);
      taken.then(resolve, reject);
      return taken;
    }));
    t.after(() => { server.closeAllConnections(); server.close(); });
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      void fetch(`http://127.0.0.1:${port}`, { method: "POST", headers: { ...headers, "content-type": type }, body }).catch(() => undefined);
    });
  });
}

const plain: App = (take) => (request) => { void take(request).catch(() => undefined); };
const withExpress = (...before: express.RequestHandler[]): App => (take) => {
  const app = express();
  for (const one of before) app.use(one);
  return app.use((request: IncomingMessage) => { void take(request).catch(() => undefined); });
};

test("a request of Node's http", async (t) => {
  assert.equal((await posted(t, plain, (request) => verify(request, { secret }))).raw, body);
});

test("requests of Express: unread, raw, text, and with the bytes kept beside", async (t) => {
  const keep = express.json({ verify: (request, _, raw) => { Object.assign(request, { rawBody: raw }); } });
  for (const before of [[], [express.raw({ type: "*/*" })], [express.text({ type: "*/*" })], [keep]]) {
    assert.equal((await posted(t, withExpress(...before), (request) => verify(request, { secret }))).raw, body);
  }
});

test("a parser that does not take the content type leaves the bytes", async (t) => {
  const webhook = await posted(t, withExpress(express.json()), (request) => verify(request, { secret }), "text/plain");
  assert.equal(webhook.raw, body);
});

const parsed = (error: VerificationError): boolean => {
  assert.equal(error.reason, "body_was_parsed");
  assert.match(error.message, /express\.raw\(\{ type: "\*\/\*" \}\).*request\.clone\(\).*rawBody/);
  return true;
};

test("a body that was parsed is recognised, and the error says what to do", async (t) => {
  await assert.rejects(posted(t, withExpress(express.json()), (request) => verify(request, { secret })), parsed);
  const request = new Request("https://x.invalid", { method: "POST", headers, body });
  await request.json();
  await assert.rejects(verify(request, { secret }), parsed);
  await assert.rejects(verify(JSON.parse(body) as Input, { headers, secret }), parsed);
  await assert.rejects(verify({ headers, body: JSON.parse(body) as string }, { secret }), parsed);
  const eaten = posted(t, plain, async (message) => {
    for await (const chunk of message) assert.ok(chunk);
    return verify(message, { secret });
  });
  await assert.rejects(eaten, parsed);
});

test("a body longer than maxBytes is not read to its end", async (t) => {
  const tooLarge = { reason: "body_too_large" };
  await assert.rejects(verify(new Request("https://x.invalid", { method: "POST", headers, body }), { secret, maxBytes: 10 }), tooLarge);
  await assert.rejects(posted(t, plain, (request) => verify(request, { secret, maxBytes: 10 })), tooLarge);
});

test("a request without a body has no signature", async () => {
  for (const input of [new Request("https://x.invalid"), { headers: {}, body: null }, { headers: {} }]) {
    await assert.rejects(verify(input, { secret }), { reason: "missing_header" });
  }
});
