import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { verify, type Handshake } from "webplug/verify";
import { receiver, scene, start, until, type Running } from "./support/webplug.js";

let running: Running;
before(async () => { running = await start(); });
after(async () => { await running.stop(); });

/** A receiver of format sns; the SNS that the server brings is at the server's own address. */
const trust = (autoConfirm: boolean) => ({ topics: "arn:aws:sns:*", snsHost: new URL(running.url).host, autoConfirm });

test("a handler confirms the handshake by itself, and gets what is published, byte for byte", async () => {
  const { wp, user } = await scene(running);
  const to = await receiver(trust(true));
  const endpoint = await wp.endpoints.create({ userId: user.id, url: to.url, format: "sns", eventTypes: ["card_issued"] });
  const [subscription] = endpoint.subscriptions;
  assert.ok(subscription);
  await until("the confirmation", async () => (await wp.subscriptions.get(subscription.id)).status === "active");
  const { id } = await wp.messages.publish({ type: "card_issued", userId: user.id, payload: { limit: 12345678901234567890n } });
  const webhook = await until("the webhook", () => to.got[0]);
  assert.equal(webhook.format, "sns");
  assert.equal(webhook.id, id);
  assert.ok(webhook.raw.endsWith('"data":{"limit":12345678901234567890}}'));
  assert.deepEqual(to.refused, []);
  to.close();
});

test("a handshake is confirmed by its token, and a new one can be asked for", async () => {
  const { wp, user } = await scene(running);
  const handshakes: Handshake[] = [];
  const to = await receiver({ ...trust(false), onHandshake: (handshake) => { handshakes.push(handshake); } });
  const subscription = await wp.subscriptions.create({ userId: user.id, eventType: "card_issued", endpoint: to.url, format: "sns" });
  const first = await until("the handshake", () => handshakes[0]);
  assert.equal((await verify(JSON.stringify(first.envelope), trust(false))).kind, "confirmation");
  await wp.subscriptions.handshake(subscription.id);
  const second = await until("a new one", () => handshakes[1]);
  const { Token, SubscribeURL } = second.envelope;
  assert.ok(Token && SubscribeURL);
  assert.equal((await wp.subscriptions.confirm(subscription.id, { token: Token })).status, "active");
  assert.equal((await wp.subscriptions.confirm(subscription.id, { subscribeUrl: SubscribeURL })).status, "active");
  to.close();
});
