import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import {
  AuthenticationError, ConflictError, NotFoundError, PermissionError, ValidationError, Webplug, type Endpoint,
} from "webplug";
import { folder, receiver, scene, start, until, wire, type Running } from "./support/webplug.js";

let running: Running;
before(async () => { running = await start(); });
after(async () => { await running.stop(); });

/** A scene with a receiver that is subscribed to card_issued. */
async function subscribed() {
  const all = await scene(running);
  const to = await receiver();
  const endpoint = await all.wp.endpoints.create({ userId: all.user.id, url: to.url, eventTypes: ["card_issued"] });
  to.state.options.secret = (await all.wp.endpoints.secret(endpoint.id)).secret;
  return { ...all, to, endpoint };
}

test("services, users, event types, endpoints and subscriptions live and end", async () => {
  const { admin, wp, service, user } = await scene(running);
  assert.equal((await admin.services.get(service.id)).name, service.name);
  assert.equal((await admin.services.update(service.id, { name: `${service.name}!` })).version, 2);

  const changed = await wp.users.update(user.id, { metadata: { plan_name: "gold" }, externalId: "ada-2" });
  assert.deepEqual(changed.metadata, { plan_name: "gold" });
  assert.equal((await wp.users.getByExternalId("ada-2"))?.id, user.id);

  const blocked = await wp.eventTypes.create({ name: "card_blocked", schema: { type: "object", required: ["cardId"], properties: { cardId: { type: "string" } } } });
  assert.deepEqual(blocked.schema, { type: "object", required: ["cardId"], properties: { cardId: { type: "string" } } });
  assert.equal((await wp.eventTypes.update(blocked.id, { description: "no more" })).description, "no more");
  assert.deepEqual((await wp.eventTypes.list({ name: "card_blocked" })).data.map((type) => type.id), [blocked.id]);

  const subscription = await wp.subscriptions.create({ userId: user.id, eventType: "card_blocked", endpoint: "http://127.0.0.1:9/hook" });
  assert.equal((await wp.subscriptions.get(subscription.id)).status, "active");
  const endpoint = await wp.endpoints.get(subscription.endpointId);
  assert.equal(endpoint.subscriptions[0]?.eventTypeId, blocked.id);
  assert.equal((await wp.endpoints.update(endpoint.id, { description: "till" })).description, "till");
  await wp.subscriptions.delete(subscription.id);
  const { meta } = await wp.endpoints.delete(endpoint.id);
  assert.deepEqual((await wp.endpoints.list({ userId: user.id, status: "active", ...(meta.position && { after: meta.position }) })).data, []);
  await wp.eventTypes.delete(blocked.id);
  await wp.users.delete(user.id);
  assert.notEqual((await wp.users.get(user.id)).archivedAt, null);
  await admin.services.delete(service.id);
  assert.notEqual((await admin.services.get(service.id)).archivedAt, null);
});

test("lists are gone through page by page", async () => {
  const { wp } = await scene(running);
  for (let i = 0; i < 5; i++) await wp.users.create({ name: `User ${i}` });
  const names = [];
  for await (const user of wp.users.list({ limit: 2 })) names.push(user.name);
  assert.deepEqual(names, ["User 4", "User 3", "User 2", "User 1", "User 0", "Ada"]);
  assert.equal((await wp.users.list({ limit: 2 })).data.length, 2);
});

test("a message arrives signed, its data byte for byte, and its life can be read", async () => {
  const { wp, user, to, endpoint } = await subscribed();
  const { id, deliveries, skipped } = await wp.messages.publish({ type: "card_issued", userId: user.id, payload: { z: 1, limit: 12345678901234567890n, text: "ä<&>" } });
  assert.equal(deliveries, 1);
  assert.deepEqual(skipped, []);
  const webhook = await until("the webhook", () => to.got[0]);
  assert.equal(webhook.id, id);
  assert.equal(webhook.type, "card_issued");
  assert.ok(webhook.raw.endsWith(',"data":{"z":1,"limit":12345678901234567890,"text":"ä<&>"}}'));

  const events = await until("the outcome", async () => {
    const page = await wp.messages.history(id);
    return page.data.some((event) => event.type === "DeliverySucceeded") && page.data;
  });
  assert.deepEqual(events.map((event) => event.type), ["MessageAccepted", "DeliverySucceeded"]);
  assert.equal(events[1]?.data.status_code, 200);
  const message = await wp.messages.get(id);
  assert.equal(message.status, "delivered");
  assert.ok(message.meta.body.includes('"limit":12345678901234567890'));
  const { data: [delivery] } = await wp.messages.deliveries(id);
  assert.equal(delivery?.endpointId, endpoint.id);
  assert.equal((await wp.messages.list({ userId: user.id, eventType: "card_issued", status: "delivered" })).data[0]?.id, id);
  assert.deepEqual(to.refused, []);
  to.close();
});

test("published once, though the answer is lost and the call repeats it", async () => {
  const { wp, user, to } = await subscribed();
  const between = await wire(running.url);
  const far = new Webplug({ url: between.url, apiKey: running.key, ...(wp.serviceId && { serviceId: wp.serviceId }), backoff: () => 1 });
  between.state.loseAnswers = 2;
  const { id, meta } = await far.events.publish({ type: "card_issued", userId: user.id, payload: { n: 1 } });
  assert.equal(meta.attempts, 3);
  assert.equal(between.state.cuts, 2);
  await until("the webhook", () => to.got[0]);
  assert.deepEqual((await wp.messages.list()).data.map((message) => message.id), [id]);
  const again = await wp.messages.publish({ type: "card_issued", payload: { n: 2 } }, { idempotencyKey: "order-7" });
  assert.equal((await wp.messages.publish({ type: "card_issued", payload: { n: 2 } }, { idempotencyKey: "order-7" })).id, again.id);
  await assert.rejects(wp.messages.publish({ type: "card_issued", payload: { n: 3 } }, { idempotencyKey: "order-7" }), ValidationError);
  between.close();
  to.close();
});

test("refusals are typed, name the fields, and carry the request's id", async () => {
  const { admin, wp, user } = await scene(running);
  await assert.rejects(wp.users.create({ name: "Eve", externalId: "ada" }), (error: ConflictError) => {
    assert.ok(error instanceof ConflictError);
    assert.equal(error.conflictingId, user.id);
    return true;
  });
  await assert.rejects(wp.users.create({ name: "" }, { requestId: "my-own-id" }), (error: ValidationError) => {
    assert.ok(error instanceof ValidationError);
    assert.equal(error.errors[0]?.field, "name");
    assert.equal(error.requestId, "my-own-id");
    return true;
  });
  await wp.eventTypes.create({ name: "strict", schema: { type: "object", properties: { amount: { type: "number" } } } });
  await assert.rejects(wp.messages.publish({ type: "strict", payload: { amount: "5" } }), (error: ValidationError) => error.errors[0]?.field === "payload.amount");
  await assert.rejects(wp.users.get("usr_none"), NotFoundError);
  await assert.rejects(new Webplug({ url: running.url, apiKey: "wrong" }).services.list().toArray({ max: 1 }), AuthenticationError);

  const key = await admin.keys.create({ name: "reader", scopes: ["read"], holder: { name: "Eve", kind: "person" } });
  const reader = new Webplug({ url: running.url, apiKey: key.key });
  assert.ok((await reader.services.list()).data.length > 0);
  await assert.rejects(reader.services.create({ name: "x" }), PermissionError);
  assert.equal((await admin.keys.get(key.id)).name, "reader");
  await admin.keys.delete(key.id);
  await assert.rejects(reader.services.get(wp.serviceId ?? ""), (error: AuthenticationError) => error.code === "key-revoked");
  assert.ok((await admin.keys.list().toArray({ max: 1_000 })).some((one) => one.id === key.id && one.revokedAt));
});

test("an endpoint is tested, paused, resumed, and its secret rotated without a gap", async () => {
  const { wp, user, to, endpoint } = await subscribed();
  await wp.endpoints.test(endpoint.id, { eventType: "card_issued" });
  await wp.endpoints.test(endpoint.id);
  await until("both tests", () => to.got.length === 2);
  assert.deepEqual(to.got.map((webhook) => webhook.type).sort(), ["card_issued", "webplug.test"]);

  const paused: Endpoint = await wp.endpoints.pause(endpoint.id);
  assert.equal(paused.status, "paused");
  const { deliveries, skipped } = await wp.messages.publish({ type: "card_issued", userId: user.id, payload: 1 });
  assert.equal(deliveries, 0);
  assert.deepEqual(skipped.map(({ endpointId, reason }) => ({ endpointId, reason })), [{ endpointId: endpoint.id, reason: "paused" }]);
  assert.equal((await wp.endpoints.resume(endpoint.id)).status, "active");

  const old = String(to.state.options.secret);
  const rotated = await wp.endpoints.rotate(endpoint.id);
  assert.ok(rotated.previousSecretUntil);
  const { secret } = await wp.endpoints.secret(endpoint.id);
  assert.notEqual(secret, old);
  for (const one of [old, secret, [newest(old), secret]]) {
    to.state.options.secret = one;
    const before = to.got.length;
    await wp.messages.publish({ type: "card_issued", userId: user.id, payload: 2 });
    await until("the webhook", () => to.got.length > before);
  }
  assert.deepEqual(to.refused, []);
  to.close();
});

const newest = (secret: string): string => `whsec_${Buffer.from(`not ${secret}`).toString("base64")}`;

test("a delivery that failed for good is a dead letter; it is retried, or discarded", async () => {
  const { wp, user, to, endpoint } = await subscribed();
  const { id } = await failed();
  assert.deepEqual((await wp.deadLetters.list({ endpointId: endpoint.id })).data.map((delivery) => [delivery.messageId, delivery.cause]), [[id, "http_410"]]);
  to.state.status = 200;
  await wp.endpoints.resume(endpoint.id);
  const delivery = await wp.messages.retry(id, endpoint.id, { reason: "it is back" });
  assert.equal(delivery.messageId, id);
  await until("the delivery", async () => (await wp.messages.get(id)).status === "delivered");
  assert.deepEqual(new Set(to.got.map((webhook) => webhook.id)), new Set([id]));

  const other = await failed();
  assert.equal((await wp.messages.discard(other.id, endpoint.id)).status, "discarded");
  assert.deepEqual((await wp.deadLetters.list()).data, []);
  to.close();

  /** Publishes to an endpoint that answers "gone", which ends the delivery at once. */
  async function failed() {
    to.state.status = 410;
    const accepted = await wp.messages.publish({ type: "card_issued", userId: user.id, payload: 1 });
    await until("the failure", async () => (await wp.messages.get(accepted.id)).status === "failed");
    return accepted;
  }
});

test("the audit trail is read by service, and of all services by the admin key", async () => {
  const { admin, wp, user } = await scene(running);
  const stream = (await wp.history({ type: "UserRegistered" })).data[0]?.stream ?? "";
  assert.ok(stream.includes(user.id));
  const [event] = await wp.history({ stream }).toArray({ max: 1 });
  assert.equal(event?.actor, "admin");
  assert.equal((await admin.admin.history({ order: "newest", type: "UserRegistered", limit: 1 })).data[0]?.stream, stream);
  assert.deepEqual((await admin.admin.stuck()).data, []);
});

test("the server is restarted in the middle: a call waits for it", async (t) => {
  const data = mkdtempSync(join(folder, "restarted-"));
  const first = await start({ data });
  const { wp } = await scene(first);
  await first.stop();
  const call = wp.users.create({ name: "Patient" }, { retries: 10_000 });
  const second = await start({ data, addr: new URL(first.url).host });
  t.after(() => second.stop());
  const user = await call;
  assert.ok(user.meta.attempts > 1);
  assert.equal((await wp.users.get(user.id)).name, "Patient");
});
