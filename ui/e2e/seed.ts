import type { Api } from "./api";
import { must, until } from "./api";
import type { Receiver } from "./receiver";

/** A service with something of everything, as a screenshot needs it. All names are invented. */
export interface Seeded {
  svc: string;
  users: Record<string, string>;
  endpoints: Record<string, string>;
  /** A message with delivered, retrying, failed and skipped deliveries. */
  rich: string;
}

const users = ["Bluefin Payroll", "Kudi Wallet", "Tamarin Stores", "Oku Logistics", "Zuri Health", "Mercato", "Paperplane HR"] as const;
const types: [name: string, description: string, example: object | null][] = [
  ["card_issued", "A card was made for a person", { card: "crd_9f2c61", limit: 500_000, currency: "NGN" }],
  ["card_debited", "Money went out", { card: "crd_9f2c61", amount: 425_000, currency: "NGN", merchant: "Lekki Fuel 4", balance: 1_830_250 }],
  ["card_credited", "Money came in", { card: "crd_9f2c61", amount: 90_000, currency: "NGN" }],
  ["card_frozen", "A card was stopped", { card: "crd_9f2c61", by: "holder" }],
  ["dispute_opened", "Somebody objects to a payment", null],
  ["terms_updated", "For everybody", { version: "2026-11" }],
];

export async function seed(api: Api, receiver: Receiver): Promise<Seeded> {
  const { id: svc } = await must(api.POST("/v1/services", { body: { name: "Kestrel Cards" } }));
  const path = { svc };
  for (const [name, description, example] of types) {
    await must(api.POST("/v1/services/{svc}/event-types", { params: { path }, body: { name, description, example: example as never, schema: (name === "card_debited" ? debited : undefined) as never } }));
  }
  const userIds: Record<string, string> = {};
  for (const [i, name] of users.entries()) {
    userIds[name] = (await must(api.POST("/v1/services/{svc}/users", { params: { path }, body: { name, external_id: `kc-${440 + i}`, metadata: { plan: i % 2 ? "team" : "enterprise" } } }))).id;
  }
  const endpoints: Record<string, string> = {};
  const add = async (name: string, user: string, url: string, event_types: string[], format?: "sns") => {
    endpoints[name] = (await must(api.POST("/v1/services/{svc}/endpoints", { params: { path }, body: { user_id: userIds[user] ?? "", url, event_types, format } }))).id;
  };
  const all = types.map(([name]) => name);
  receiver.answer("/bluefin/notify", { status: 502, body: "bad gateway", type: "text/plain", wait: 120 }, { status: 200 });
  receiver.answer("/bluefin/risk", { status: 410, body: '{"error":"moved for good"}' }, { status: 200, body: '{"ok":true}' });
  receiver.answer("/bluefin/etl", { status: 503, body: '{"error":"upstream deploy in progress","retry":"later"}', wait: 210 });
  receiver.answer("/bluefin/ledger", { status: 200, body: '{"ok":true}', wait: 64 });
  receiver.answer("/kudi/cards", { status: 429, body: '{"error":"slow down"}' });
  receiver.answer("/tamarin/hooks", { status: 410, body: "gone" });
  receiver.answer("/zuri/api", { status: 401, body: '{"error":"unauthorized"}' });
  receiver.answer("/mercato/in", { status: 204, wait: 30 });
  await add("ledger", "Bluefin Payroll", receiver.url("/bluefin/ledger"), all);
  await add("notify", "Bluefin Payroll", receiver.url("/bluefin/notify"), all);
  await add("risk", "Bluefin Payroll", receiver.url("/bluefin/risk"), all);
  await add("etl", "Bluefin Payroll", receiver.url("/bluefin/etl"), all);
  await add("old", "Bluefin Payroll", receiver.url("/bluefin/old-hook"), all);
  await must(api.POST("/v1/services/{svc}/endpoints/{ep}/pause", { params: { path: { svc, ep: endpoints["old"] ?? "" } }, body: {} }));
  await add("kudi", "Kudi Wallet", receiver.url("/kudi/cards"), ["card_debited", "card_credited", "terms_updated"]);
  await add("tamarin", "Tamarin Stores", receiver.url("/tamarin/hooks"), ["card_issued", "terms_updated"]);
  await add("oku", "Oku Logistics", "http://127.0.0.1:1/in", ["card_frozen", "terms_updated"]);
  await add("zuri", "Zuri Health", receiver.url("/zuri/api"), ["card_credited", "terms_updated"]);
  await add("mercato", "Mercato", receiver.url("/mercato/in"), all);
  await add("sns", "Paperplane HR", receiver.url("/paperplane/sns"), ["card_issued", "card_frozen"], "sns");
  await confirmOne(api, svc, receiver);

  const publish = async (event_type: string, user: string | null, payload: object) => (await must(api.POST("/v1/services/{svc}/messages", { params: { path }, body: { event_type, user_id: user ? userIds[user] : undefined, payload: payload as never } }))).id;
  const rich = await publish("card_debited", "Bluefin Payroll", { card: "crd_9f2c61", amount: 425_000, currency: "NGN", merchant: "Lekki Fuel 4", balance: 1_830_250 });
  await until("the 410 is recorded", () => must(api.GET("/v1/services/{svc}/endpoints/{ep}", { params: { path: { svc, ep: endpoints["risk"] ?? "" } } })), (e) => e.status === "paused");
  for (let i = 0; i < 24; i++) {
    await publish("card_debited", "Mercato", { card: `crd_${i}`, amount: 1000 * i, currency: "NGN" });
    if (i % 3 === 0) await publish("card_issued", "Mercato", { card: `crd_${i}` });
    if (i % 5 === 0) await publish("card_debited", "Kudi Wallet", { card: `crd_${i}`, amount: 12, currency: "NGN" });
    if (i % 6 === 0) await publish("card_frozen", "Oku Logistics", { card: `crd_${i}` });
    if (i % 5 === 1) await publish("card_credited", "Zuri Health", { card: `crd_${i}`, amount: 7 });
    if (i === 8) await publish("card_issued", "Tamarin Stores", { card: "crd_8" });
  }
  await publish("dispute_opened", "Kudi Wallet", { dispute: 1 });
  await must(api.POST("/v1/services/{svc}/endpoints/{ep}/pause", { params: { path: { svc, ep: endpoints["zuri"] ?? "" } }, body: {} }));
  await publish("terms_updated", null, { version: "2026-11" });
  await must(api.POST("/v1/services/{svc}/endpoints/{ep}/resume", { params: { path: { svc, ep: endpoints["risk"] ?? "" } }, body: {} }));
  await must(api.POST("/v1/services/{svc}/messages/{msg}/deliveries/{ep}/retry", { params: { path: { svc, msg: rich, ep: endpoints["risk"] ?? "" } }, body: { reason: "Bluefin say it is back" } }));
  await until("the second attempts are made", () => must(api.GET("/v1/services/{svc}/messages/{msg}/deliveries", { params: { path: { svc, msg: rich } } })), (page) => page.data.filter((d) => d.status === "delivered").length >= 3 && page.data.some((d) => d.attempts === 2 && d.status === "retrying"));
  await wellAgain(api, svc, receiver, endpoints["zuri"] ?? "", () => publish("card_credited", "Zuri Health", { card: "crd_9", amount: 7 }));
  return { svc, users: userIds, endpoints, rich };
}

/** What waited for a paused endpoint has failed; then it takes webhooks again, so that its dead letters can go now. */
async function wellAgain(api: Api, svc: string, receiver: Receiver, ep: string, publish: () => Promise<string>): Promise<void> {
  const params = { path: { svc, ep } };
  await until("what waits for it fails", () => must(api.GET("/v1/services/{svc}/dead-letters", { params: { path: { svc }, query: { endpoint_id: ep } } })), (p) => p.data.length >= 4);
  receiver.answer("/zuri/api", { status: 200 });
  await must(api.POST("/v1/services/{svc}/endpoints/{ep}/resume", { params, body: {} }));
  await publish();
}

/** Of the two handshakes that the endpoint of format sns was sent, its owner answers one. */
async function confirmOne(api: Api, svc: string, receiver: Receiver): Promise<void> {
  const [first] = await receiver.came("/paperplane/sns", 2);
  const { Token: token, TopicArn: topic } = JSON.parse(first?.body ?? "{}") as { Token: string; TopicArn: string };
  const pending = await until("the handshakes are known", () => must(api.GET("/v1/services/{svc}/subscriptions", { params: { path: { svc }, query: { status: "pending_confirmation" } } })), (p) => p.data.length === 2);
  const mine = pending.data.find((s) => s.sns?.topic_arn === topic);
  await must(api.POST("/v1/services/{svc}/subscriptions/{sub}/confirm", { params: { path: { svc, sub: mine?.id ?? "" } }, body: { token } }));
}

const debited = {
  type: "object",
  required: ["card", "amount", "currency"],
  properties: { card: { type: "string" }, amount: { type: "integer", minimum: 0 }, currency: { type: "string" }, merchant: { type: "string" }, balance: { type: "integer" } },
};
