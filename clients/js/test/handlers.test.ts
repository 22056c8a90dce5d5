import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test, type TestContext } from "node:test";

import express from "express";
import { Hono } from "hono";
import { expressHandler, fetchHandler, lambdaHandler, type HandlerOptions, type Webhook } from "webplug/verify";
import { body, newSecret, signedHeaders } from "./support/signed.js";
import { snsSigner, topic } from "./support/sns.js";

type Post = (text: string, headers: Record<string, string>) => Promise<{ status: number; text: string }>;
type Handle = (webhook: Webhook) => unknown;

/** Each way to serve, as a function that posts to it. */
const servers: Record<string, (t: TestContext, options: HandlerOptions, handle: Handle) => Promise<Post>> = {
  async Express(t, options, handle) {
    const app = express().post("/hook", expressHandler(options, handle)).use(silent);
    return overHttp(t, createServer(app));
  },
  async "Node's http"(t, options, handle) {
    const receive = expressHandler(options, handle);
    t.mock.method(console, "error", () => undefined);
    return overHttp(t, createServer((request, response) => { void receive(request, response); }));
  },
  Hono(_, options, handle) {
    const app = new Hono().post("/hook", fetchHandler(options, handle)).onError((_error, c) => c.text("failed", 500));
    return Promise.resolve(async (text, headers) => answerOf(await app.request("/hook", { method: "POST", headers, body: text })));
  },
  fetch(_, options, handle) {
    const receive = fetchHandler(options, handle);
    return Promise.resolve(async (text, headers) =>
      answerOf(await receive(new Request("https://x.invalid/hook", { method: "POST", headers, body: text })).catch(() => new Response("failed", { status: 500 }))));
  },
  Lambda(_, options, handle) {
    const receive = lambdaHandler(options, handle);
    return Promise.resolve(async (text, headers) => {
      const event = { version: "2.0", headers, body: Buffer.from(text).toString("base64"), isBase64Encoded: true };
      const answer = await receive(event).catch(() => ({ statusCode: 500, body: "failed" }));
      return { status: answer.statusCode, text: answer.body };
    });
  },
};

const silent: express.ErrorRequestHandler = (_error, _request, response, _next) => { response.status(500).end("failed"); };

async function overHttp(t: TestContext, server: ReturnType<typeof createServer>): Promise<Post> {
  await new Promise<void>((done) => { server.listen(0, "127.0.0.1", done); });
  t.after(() => { server.closeAllConnections(); server.close(); });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  return async (text, headers) => answerOf(await fetch(url, { method: "POST", headers: { "content-type": "text/plain", ...headers }, body: text }));
}

async function answerOf(response: Response): Promise<{ status: number; text: string }> {
  return { status: response.status, text: await response.text() };
}

const secret = newSecret();
const sns = snsSigner();
const snsOptions = (more: HandlerOptions = {}): HandlerOptions => ({ topics: topic, fetchCert: () => Promise.resolve(sns.pem), ...more });

for (const [name, start] of Object.entries(servers)) {
  test(`${name}: a webhook is handed over, and answered with 200 when it is done`, async (t) => {
    const got: Webhook[] = [];
    const post = await start(t, { secret }, async (webhook) => { await Promise.resolve(); got.push(webhook); });
    assert.deepEqual(await post(body, signedHeaders(secret, body)), { status: 200, text: "webhook" });
    assert.equal(got[0]?.raw, body);
  });

  test(`${name}: a forged webhook is 400 with the reason, and nothing is handed over`, async (t) => {
    const refused: string[] = [];
    const post = await start(t, { secret, onRefused: (error) => { refused.push(error.reason); } }, () => { assert.fail("handed over"); });
    const { status, text } = await post(`${body} `, signedHeaders(secret, body));
    assert.equal(status, 400);
    assert.match(text, /^no_matching_signature: /);
    assert.deepEqual(refused, ["no_matching_signature"]);
  });

  test(`${name}: what the handler throws is the framework's, a 500`, async (t) => {
    const post = await start(t, { secret }, () => { throw new Error("database is away"); });
    assert.deepEqual(await post(body, signedHeaders(secret, body)), { status: 500, text: "failed" });
  });

  for (const [what, none] of Object.entries<HandlerOptions["secret"]>({ empty: "", "not there": undefined, "an empty list": [], "no base64": "whsec_?" })) {
    test(`${name}: a secret that is ${what} is our fault, a 500 that says so`, async (t) => {
      const post = await start(t, { secret: none }, () => undefined);
      const { status, text } = await post(body, signedHeaders(secret, body));
      assert.equal(status, 500);
      assert.match(text, /^secret_malformed: /);
    });
  }

  test(`${name}: a handshake is confirmed by itself, told, and can be left alone`, async (t) => {
    const visited: string[] = [];
    const told: string[] = [];
    const options = snsOptions({
      fetch: (url) => { visited.push(url as string); return Promise.resolve(new Response("<SubscriptionArn>arn</SubscriptionArn>")); },
      onHandshake: ({ kind, envelope }) => { told.push(`${kind} ${envelope.TopicArn}`); },
    });
    const confirmation = sns.confirmation();
    const post = await start(t, options, () => { assert.fail("no webhook"); });
    assert.deepEqual(await post(JSON.stringify(confirmation), { "x-amz-sns-message-type": "SubscriptionConfirmation" }), { status: 200, text: "confirmation" });
    assert.deepEqual(visited, [confirmation.SubscribeURL]);
    assert.deepEqual(told, [`confirmation ${topic}`]);
    await post(JSON.stringify(sns.confirmation({ Type: "UnsubscribeConfirmation" })), {});
    const alone = await start(t, { ...options, autoConfirm: false }, () => undefined);
    await alone(JSON.stringify(confirmation), {});
    assert.equal(visited.length, 1);
    assert.equal((await post(JSON.stringify({ ...confirmation, Token: "x" }), {})).status, 400);
  });

  test(`${name}: where SNS cannot be reached it is a 500, since SNS does not come again after a 400`, async (t) => {
    const post = await start(t, snsOptions({ fetchCert: () => Promise.reject(new Error("reset")) }), () => undefined);
    assert.equal((await post(JSON.stringify(sns.notification()), {})).status, 500);
  });
}

test("Node's http, without next: what the handler throws is on the console, and answered; the process goes on", async (t) => {
  const said = t.mock.method(console, "error", () => undefined);
  const unhandled = t.mock.fn();
  process.on("unhandledRejection", unhandled);
  t.after(() => process.off("unhandledRejection", unhandled));
  const failure = new Error("database is away");
  let ended = false;
  const receive = expressHandler({ secret }, () => { throw failure; });
  const answersItself = expressHandler({ secret }, () => { ended = true; });
  const post = await overHttp(t, createServer((request, response) => {
    if (request.headers["x-ended"]) response.writeHead(204).end();
    void (request.headers["x-ended"] ? answersItself : receive)(request, response);
  }));
  assert.deepEqual(await post(body, signedHeaders(secret, body)), { status: 500, text: "failed" });
  assert.deepEqual(said.mock.calls.map((call) => call.arguments), [[failure]]);
  assert.equal((await post(body, { ...signedHeaders(secret, body), "x-ended": "1" })).status, 204);
  assert.equal((await post(body, signedHeaders(secret, body))).status, 500);
  assert.ok(ended);
  assert.equal(unhandled.mock.callCount(), 0);
});
