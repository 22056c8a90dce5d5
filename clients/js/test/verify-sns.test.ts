import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { EventEmitter } from "node:events";
import https from "node:https";
import { test } from "node:test";
import { rootCertificates } from "node:tls";

import MessageValidator from "sns-validator";
import { confirm, verify, VerificationError, type Handshake, type Reason, type SnsEnvelope, type SnsOptions } from "webplug/verify";
import { publicKey } from "../dist/esm/verify/certificate.js";
import { serve } from "./support/server.js";
import { certificate, snsSigner, topic } from "./support/sns.js";

const sns = snsSigner();
const trust = (more: Partial<SnsOptions> = {}): SnsOptions => ({ topics: topic, fetchCert: () => Promise.resolve(sns.pem), ...more });
const read = (envelope: unknown, options = trust()) => verify(JSON.stringify(envelope), options);

function refuses(promise: Promise<unknown>, reason: Reason): Promise<void> {
  return assert.rejects(promise, (error: VerificationError) => {
    assert.ok(error instanceof VerificationError, String(error));
    assert.equal(error.reason, reason);
    return true;
  });
}

for (const SignatureVersion of ["1", "2"] as const) {
  test(`a notification of signature version ${SignatureVersion} is the webhook in its Message`, async () => {
    const envelope = sns.notification({ SignatureVersion });
    const webhook = await read(envelope);
    assert.ok(webhook.kind === "webhook");
    assert.equal(webhook.format, "sns");
    assert.equal(webhook.id, "msg_1");
    assert.equal(webhook.type, "card_issued");
    assert.equal(webhook.raw, envelope.Message);
  });
}

test("AWS's own validator and this agree, on what is signed and on what is changed", async (t) => {
  // The validator fetches by https.get, and has no other way.
  t.mock.method(https, "get", (_: string, got: (response: EventEmitter & { statusCode: number }) => void) => {
    const response = Object.assign(new EventEmitter(), { statusCode: 200 });
    got(response);
    response.emit("data", Buffer.from(sns.pem));
    response.emit("end");
    return new EventEmitter();
  });
  const validator = new MessageValidator();
  const peer = (envelope: SnsEnvelope) => new Promise<boolean>((resolve) => { validator.validate({ ...envelope }, (error) => { resolve(error === null); }); });
  const good = [
    sns.notification(), sns.notification({ SignatureVersion: "1" }), sns.notification({ Subject: "a subject" }),
    sns.notification({ Message: '{"type":"ä\\n\\"<"}' }), sns.confirmation(), sns.confirmation({ SignatureVersion: "1" }),
  ];
  const changes: Partial<SnsEnvelope>[] = [
    {}, { Message: '{"type":"x"}' }, { MessageId: "other" }, { Subject: "added" }, { Timestamp: new Date(Date.now() - 1_000).toISOString() },
    { Signature: "AAAA" }, { SignatureVersion: "1" }, { SignatureVersion: "2" },
  ];
  for (const envelope of good) {
    for (const change of changes) {
      const given = { ...envelope, ...change };
      assert.equal(await read(given).then(() => true, () => false), await peer(given), JSON.stringify(change));
    }
  }
});

test("it reads the key of any RSA certificate as Node does: the roots of the web, and versions 3 and 1", () => {
  const made = [certificate(sns.publicKey, sns.privateKey), certificate(sns.publicKey, sns.privateKey, 1)];
  const all = [...rootCertificates, ...made].map((pem) => ({ pem, key: new X509Certificate(pem).publicKey }));
  assert.ok(all.length > 50);
  for (const { pem, key } of all) assert.deepEqual(Buffer.from(publicKey(pem)), key.export({ type: "spki", format: "der" }));
});

test("a topic that is not named is refused, however well signed: everybody can have SNS sign", async () => {
  const envelope = sns.notification();
  for (const topics of [[], "", "*x", "arn:aws:sns:eu-west-1:123456789012:webplug", ["arn:aws:sns:eu-west-1:999:*", `${topic}x`]]) {
    await refuses(read(envelope, trust({ topics })), "sns_topic_not_allowed");
  }
  await refuses(verify(JSON.stringify(envelope), { secret: "whsec_AAAA" }), "sns_topic_not_allowed");
  for (const topics of [topic, ["arn:x", topic], "arn:aws:sns:eu-west-1:123456789012:webplug-*", "*"]) assert.ok(await read(envelope, trust({ topics })));
});

test("a topic with a line break in it cannot pass another's message off as a named topic's", async () => {
  // What is signed has a line for each field: a Message may hold lines that look like the fields behind it.
  const Message = "m\nMessageId\ni\nTimestamp\n" + new Date().toISOString() + "\nTopicArn\narn:aws:sns:eu-west-1:123456789012:webplug-x";
  const theirs = sns.notification({ Message, TopicArn: "arn:aws:sns:eu-west-1:666:theirs" });
  const [, Timestamp, TopicArn] = /Timestamp\n(.*)\nTopicArn\n(.*)$/.exec(Message) ?? [];
  const forged = {
    ...theirs, Message: "m", MessageId: "i", Timestamp,
    TopicArn: `${TopicArn}\nMessageId\n${theirs.MessageId}\nTimestamp\n${theirs.Timestamp}\nTopicArn\n${theirs.TopicArn}`,
  };
  await refuses(read(forged, trust({ topics: "arn:aws:sns:eu-west-1:123456789012:webplug-*" })), "sns_topic_not_allowed");
});

test("nor can a type with line breaks in it, whose end is another message's", async () => {
  const Message = "m\nMessageId\ni\nSubscribeURL\nu\nTimestamp\n" + new Date().toISOString() +
    "\nToken\nt\nTopicArn\narn:aws:sns:eu-west-1:123456789012:webplug-x\nType\nUnsubscribeConfirmation";
  const theirs = sns.notification({ Message, TopicArn: "arn:aws:sns:eu-west-1:666:theirs" });
  const [, Timestamp, TopicArn] = /Timestamp\n(.*)\nToken\nt\nTopicArn\n(.*)\nType/.exec(Message) ?? [];
  const forged = {
    ...theirs, Message: "m", MessageId: "i", SubscribeURL: "u", Timestamp, Token: "t", TopicArn,
    Type: `UnsubscribeConfirmation\nMessageId\n${theirs.MessageId}\nTimestamp\n${theirs.Timestamp}\nTopicArn\n${theirs.TopicArn}\nType\nNotification`,
  };
  await refuses(read(forged, trust({ topics: "arn:aws:sns:eu-west-1:123456789012:webplug-*" })), "sns_topic_not_allowed");
});

test("certificates come from SNS's own hosts alone, and nothing else is asked", async () => {
  const asked: string[] = [];
  const fetchCert = (url: string) => { asked.push(url); return Promise.resolve(sns.pem); };
  for (const SigningCertURL of [
    "http://sns.eu-west-1.amazonaws.com/a.pem", "https://sns.eu-west-1.amazonaws.com.evil.example/a.pem", "https://evil.example/sns.eu-west-1.amazonaws.com/a.pem",
    "https://evil.example/https://sns.eu-west-1.amazonaws.com/a.pem", "https://sns.eu-west-1.amazonaws.com@evil.example/a.pem", "https://sns.eu-west-1.amazonaws.com:444/a.pem",
    "https://user@sns.eu-west-1.amazonaws.com/a.pem", "https://sns.eu-west-1.amazonaws.com\\@evil.example/a.pem", "https://xsns.eu-west-1.amazonaws.com/a.pem",
    "https://s3.amazonaws.com/a.pem", "https://sns.amazonaws.com/a.pem", "https://sns.eu-west-1.amazonaws.com/a.txt", "https://sns.eu-west-1.amazonaws.com/?a=.pem",
    "https://sns.eu-west-1.amazonaws.com/#.pem", "\nhttps://sns.eu-west-1.amazonaws.com/a.pem", "", "a.pem", undefined,
  ]) {
    await refuses(read({ ...sns.notification(), SigningCertURL }, trust({ fetchCert })), "sns_untrusted_url");
  }
  assert.deepEqual(asked, []);
  for (const host of ["sns.eu-west-1.amazonaws.com", "sns.cn-north-1.amazonaws.com.cn", "sns.us-gov-west-1.amazonaws.com"]) {
    assert.ok(await read({ ...sns.notification(), SigningCertURL: `https://${host}/a.pem` }, trust({ fetchCert })));
  }
  assert.equal(asked.length, 3);
});

test("a certificate is fetched once; one that could not be had is asked for again", async () => {
  let asked = 0;
  const options = trust({ fetchCert: () => (++asked === 1 ? Promise.reject(new Error("reset")) : Promise.resolve(sns.pem)) });
  await refuses(read(sns.notification(), options), "sns_cert_unavailable");
  await Promise.all([read(sns.notification(), options), read(sns.notification(), options)]);
  await read(sns.confirmation(), options);
  assert.equal(asked, 2);
});

test("what is no certificate, or another's, verifies nothing", async () => {
  for (const pem of ["", "<html>", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", `x${sns.pem}`]) {
    await refuses(read(sns.notification(), trust({ fetchCert: () => Promise.resolve(pem) })), "sns_cert_invalid");
  }
  await refuses(read(sns.notification(), trust({ fetchCert: () => Promise.resolve(snsSigner().pem) })), "no_matching_signature");
});

test("an envelope may be as old as SNS's retries make it, and no older", async () => {
  const at = (seconds: number, more = {}) => read(sns.notification({ Timestamp: new Date(Date.now() + seconds * 1_000).toISOString() }), trust(more));
  assert.ok(await at(-4_400));
  assert.ok(await at(200));
  await refuses(at(-4_600), "timestamp_too_old");
  await refuses(at(400), "timestamp_too_new");
  await refuses(at(-100, { snsToleranceSeconds: 60 }), "timestamp_too_old");
  await refuses(read(sns.notification({ Timestamp: "yesterday" })), "timestamp_malformed");
});

test("other versions, raw deliveries and odd types are refused", async () => {
  await refuses(read({ ...sns.notification(), SignatureVersion: "3" }), "unsupported_version");
  await refuses(verify(sns.notification().Message, trust({ headers: { "x-amz-sns-rawdelivery": "true" } })), "sns_raw_delivery_unsigned");
  await refuses(read({ ...sns.notification(), Message: [sns.notification().Message] }), "no_matching_signature");
  await refuses(read({ ...sns.notification(), TopicArn: [topic] }), "missing_header");
  await refuses(read({ ...sns.notification(), Type: "SubscriptionConfirmation" }), "no_matching_signature");
  await refuses(read({ ...sns.notification(), Signature: null }), "no_matching_signature");
  await refuses(read(sns.notification({ Message: "hello" })), "not_a_webhook");
});

test("a webhook by Standard Webhooks is not taken for an envelope, whatever its body", async () => {
  await refuses(verify(JSON.stringify(sns.notification()), trust({ secret: "whsec_AAAA", headers: {
    "webhook-id": "1", "webhook-timestamp": String(Math.floor(Date.now() / 1_000)), "webhook-signature": "v1,AAAA",
  } })), "no_matching_signature");
});

test("a handshake is given, not visited; confirm visits SNS and nobody else", async (t) => {
  const handshake = (await read(sns.confirmation())) as Handshake;
  assert.equal(handshake.kind, "confirmation");
  assert.equal(handshake.envelope.Token, "tok");
  const ended = await read(sns.confirmation({ Type: "UnsubscribeConfirmation" }));
  assert.equal(ended.kind, "unsubscribed");

  const visited: string[] = [];
  const visit: typeof fetch = (url, init) => {
    visited.push(`${url as string} ${init?.redirect}`);
    return Promise.resolve(new Response("<ConfirmSubscriptionResponse><ConfirmSubscriptionResult><SubscriptionArn>arn:sub</SubscriptionArn></ConfirmSubscriptionResult></ConfirmSubscriptionResponse>"));
  };
  assert.equal(await confirm(handshake, { fetch: visit }), "arn:sub");
  assert.deepEqual(visited, [`${handshake.envelope.SubscribeURL} error`]);

  for (const SubscribeURL of ["https://evil.example/?Action=ConfirmSubscription", "http://169.254.169.254/", "https://sns.eu-west-1.amazonaws.com@evil.example/", undefined]) {
    const envelope = { ...handshake.envelope, SubscribeURL } as SnsEnvelope;
    await refuses(confirm({ ...handshake, envelope }, { fetch: visit }), "sns_untrusted_url");
  }
  assert.equal(visited.length, 1);
  const { url } = await serve(t, [{ status: 400 }]);
  await refuses(confirm(handshake, { fetch: () => fetch(url) }), "sns_confirm_failed");
});

test("a stand-in for SNS is trusted by its host and port, and then it alone", async (t) => {
  const { url, got } = await serve(t, () => ({ headers: { "content-type": "text/plain" }, body: sns.pem }));
  const snsHost = new URL(url).host;
  const envelope = sns.resign({ ...sns.confirmation(), SigningCertURL: `${url}/SimpleNotificationService-1.pem`, SubscribeURL: `${url}/?Action=ConfirmSubscription` });
  const options = { topics: topic, snsHost };
  const handshake = (await verify(JSON.stringify(envelope), options)) as Handshake;
  await confirm(handshake, options);
  assert.deepEqual(got.map((one) => one.url), ["/SimpleNotificationService-1.pem", "/?Action=ConfirmSubscription"]);
  await refuses(read(sns.notification(), trust({ snsHost })), "sns_untrusted_url");
  await refuses(read(envelope), "sns_untrusted_url");
});
