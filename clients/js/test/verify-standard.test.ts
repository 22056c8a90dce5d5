import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";

import { Webhook as Peer } from "standardwebhooks";
import { verify, VerificationError, type Reason } from "webplug/verify";
import { body, newSecret, signedHeaders } from "./support/signed.js";

const secret = newSecret();

function refuses(promise: Promise<unknown>, reason: Reason, message = /./): Promise<void> {
  return assert.rejects(promise, (error: VerificationError) => {
    assert.ok(error instanceof VerificationError, String(error));
    assert.equal(error.reason, reason);
    assert.match(error.message, message);
    return true;
  });
}

test("a signed webhook is given, with its text byte for byte", async () => {
  const webhook = await verify(body, { headers: signedHeaders(secret, body), secret });
  assert.deepEqual({ ...webhook, data: 0 }, {
    kind: "webhook", format: "standard-webhooks", id: "msg_1", type: "card_issued", timestamp: "2026-01-01T00:00:00.000000Z", data: 0, raw: body,
  });
  assert.deepEqual((webhook.data as { t: string }).t, "ä<&");
});

test("a parser of one's own sees the text", async () => {
  const parse = (text: string): unknown => JSON.parse(text.replace(/:(\d{16,})/g, ':"$1"'));
  const webhook = await verify(body, { headers: signedHeaders(secret, body), secret, parse });
  assert.equal((webhook.data as { a: string }).a, "12345678901234567890");
});

test("what the specification's library signs is right here, and what is right here is right there", async () => {
  for (let i = 0; i < 20; i++) {
    const one = `whsec_${randomBytes(24 + i).toString("base64")}`;
    const text = JSON.stringify({ id: `msg_${i}`, type: "a", timestamp: "t", data: randomBytes(i * 50).toString("latin1") });
    const peer = new Peer(one);
    const at = new Date();
    const headers = { "webhook-id": `msg_${i}`, "webhook-timestamp": String(Math.floor(at.getTime() / 1_000)), "webhook-signature": peer.sign(`msg_${i}`, at, text) };
    const webhook = await verify(text, { headers, secret: one });
    assert.deepEqual(webhook.data, (peer.verify(text, headers) as { data: unknown }).data);
    assert.ok(peer.verify(text, signedHeaders(one, text)));
    const forged = { ...headers, "webhook-signature": peer.sign(`msg_${i}`, at, `${text} `) };
    assert.throws(() => peer.verify(text, forged));
    await refuses(verify(text, { headers: forged, secret: one }), "no_matching_signature");
  }
});

test("any of several secrets may have signed, and any of several signatures may be its", async () => {
  const old = newSecret();
  const headers = signedHeaders(secret, body, { more: `v1a,xyz v1,${randomBytes(32).toString("base64")} v1,!!! v2,abc ` });
  assert.ok(await verify(body, { headers, secret: [old, secret] }));
  assert.ok(await verify(body, { headers: signedHeaders(old, body), secret: [old, secret] }));
  await refuses(verify(body, { headers, secret: old }), "no_matching_signature");
});

test("a secret works without its prefix too; one that is none is our fault and says so", async () => {
  assert.ok(await verify(body, { headers: signedHeaders(secret, body), secret: secret.slice(6) }));
  for (const bad of ["whsec_", "", "whsec_#", "whsec_ä"]) {
    await refuses(verify(body, { headers: signedHeaders(secret, body), secret: [secret, bad] }), "secret_malformed");
  }
  await refuses(verify(body, { headers: signedHeaders(secret, body), secret: [secret, undefined as unknown as string] }), "secret_malformed");
  for (const none of [undefined, []]) {
    await refuses(verify(body, { headers: signedHeaders(secret, body), secret: none }), "secret_malformed", /none of 0 secrets/);
  }
});

test("a changed id, time, body or signature is refused", async () => {
  const headers = signedHeaders(secret, body);
  const other = String(Number(headers["webhook-timestamp"]) + 1);
  for (const [text, changed] of [
    [`${body} `, {}], [body, { "webhook-id": "msg_2" }], [body, { "webhook-timestamp": other }], [body, { "webhook-signature": "v1,AAAA" }],
    [body, { "webhook-signature": "v1," }],
  ] as const) {
    await refuses(verify(text, { headers: { ...headers, ...changed }, secret }), "no_matching_signature");
  }
});

test("without a v1 signature it is another version", async () => {
  await refuses(verify(body, { headers: { ...signedHeaders(secret, body), "webhook-signature": "v1a,abc" }, secret }), "unsupported_version");
});

for (const name of ["webhook-id", "webhook-timestamp"]) {
  test(`without ${name} it is refused, and says which header is missing`, async () => {
    await refuses(verify(body, { headers: { ...signedHeaders(secret, body), [name]: "" }, secret }), "missing_header", new RegExp(name));
  });
}

test("a body alone says that headers are needed", async () => {
  await refuses(verify(body, { secret }), "missing_header", /option headers/);
});

test("the time may be five minutes off, or what is said", async () => {
  const at = (seconds: number) => verify(body, { headers: signedHeaders(secret, body, { at: Date.now() + seconds * 1_000 }), secret });
  assert.ok(await at(-290));
  assert.ok(await at(290));
  await refuses(at(-310), "timestamp_too_old");
  await refuses(at(310), "timestamp_too_new");
  const old = signedHeaders(secret, body, { at: Date.now() - 3_000_000 });
  await refuses(verify(body, { headers: old, secret }), "timestamp_too_old");
  assert.ok(await verify(body, { headers: old, secret, toleranceSeconds: 4_000 }));
});

test("a time is digits alone, as signed", async () => {
  for (const timestamp of ["now", "1e9", " 1", "-5", "1.5", "0x10"]) {
    await refuses(verify(body, { headers: { ...signedHeaders(secret, body), "webhook-timestamp": timestamp }, secret }), "timestamp_malformed");
  }
});

test("bytes are signed as they are, also those that are no UTF-8; then they are no webhook", async () => {
  const bytes = Buffer.from([0xff, 0xfe, 0x00]);
  await refuses(verify(bytes, { headers: signedHeaders(secret, bytes), secret }), "not_a_webhook");
  for (const text of ["", "5", "null", "[]", "{}", '{"type":1}']) {
    await refuses(verify(text, { headers: signedHeaders(secret, text), secret }), "not_a_webhook");
  }
});
