import assert from "node:assert/strict";
import { test } from "node:test";

import { Webplug } from "webplug";
import { verify } from "webplug/verify";

interface Payloads {
  card_issued: { card: string; limit: number };
  card_blocked: { card: string; reason?: string };
}

const look = (_: unknown): void => undefined;

/** Never called: the compiler is the test. */
async function typed(wp: Webplug<Payloads>, free: Webplug): Promise<void> {
  await wp.messages.publish({ type: "card_issued", payload: { card: "4242", limit: 500 } });
  // @ts-expect-error limit is missing
  await wp.messages.publish({ type: "card_issued", payload: { card: "4242" } });
  // @ts-expect-error there is no such type
  await wp.messages.publish({ type: "card_lost", payload: {} });
  // @ts-expect-error a payload of another type
  await wp.messages.publishBatch([{ type: "card_blocked", payload: { limit: 1 } }]);
  // @ts-expect-error there is no such type
  await wp.messages.list({ eventType: "card_lost" });
  await free.messages.publish({ type: "anything", payload: [1n] });

  const message = await wp.messages.get("msg_1");
  if (message.eventType === "card_issued") message.payload.limit.toFixed();
  const user = await free.users.create({ name: "Ada", externalId: null });
  const name: string = user.name;
  const metadata: Record<string, string> = user.metadata;
  // @ts-expect-error the API's own name
  look(user.external_id);
  // @ts-expect-error no such field
  await free.users.create({ name, metadata, nickname: "A" });

  const webhook = await verify<Payloads>("", { secret: "whsec_" });
  if (webhook.type === "card_blocked") webhook.data.reason?.trim();
  // @ts-expect-error of another type
  else look(webhook.data.reason);
  const either = await verify<Payloads>("", { topics: "arn:aws:sns:eu-west-1:1:a" });
  // @ts-expect-error it may be a handshake
  look(either.type);
  if (either.kind === "webhook") look(either.type);
}

test("payload types per event type hold at compile time", () => {
  assert.equal(typeof typed, "function");
});
