import { generateKeyPairSync, sign, type KeyObject } from "node:crypto";

import type { SnsEnvelope } from "webplug/verify";

/** A DER element. */
function der(tag: number, ...parts: (Buffer | string)[]): Buffer {
  const content = Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part, "hex") : part)));
  const length: number[] = [];
  for (let n = content.length; n > 0; n >>= 8) length.unshift(n & 0xff);
  const head = content.length < 0x80 ? [content.length] : [0x80 | length.length, ...length];
  return Buffer.concat([Buffer.from([tag, ...head]), content]);
}

/** A self-signed certificate (RFC 5280) of an RSA key, in version 3, or 1 without the version's field. */
export function certificate(publicKey: KeyObject, privateKey: KeyObject, version: 1 | 3 = 3): string {
  const algorithm = der(0x30, der(0x06, "2a864886f70d01010b"), der(0x05)); // sha256WithRSAEncryption
  const name = der(0x30, der(0x31, der(0x30, der(0x06, "550403"), der(0x0c, Buffer.from("sns.amazonaws.com")))));
  const validity = der(0x30, der(0x17, Buffer.from("260101000000Z")), der(0x17, Buffer.from("460101000000Z")));
  const spki = publicKey.export({ type: "spki", format: "der" });
  const tbs = der(0x30, ...(version === 3 ? [der(0xa0, der(0x02, "02"))] : []), der(0x02, "01"), algorithm, name, validity, name, spki);
  const whole = der(0x30, tbs, algorithm, der(0x03, "00", sign("sha256", tbs, privateKey)));
  const lines = whole.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

export const topic = "arn:aws:sns:eu-west-1:123456789012:webplug-prod-typ_1-0";
export const certUrl = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem";

const signed = {
  Notification: ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"],
  SubscriptionConfirmation: ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"],
  UnsubscribeConfirmation: ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"],
};

/** Somebody who signs as SNS does. */
export function snsSigner() {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const pem = certificate(publicKey, privateKey);
  const resign = (envelope: SnsEnvelope): SnsEnvelope => {
    const values = envelope as unknown as Record<string, string | undefined>;
    const text = signed[envelope.Type].filter((name) => values[name] !== undefined).map((name) => `${name}\n${values[name]}\n`).join("");
    return { ...envelope, Signature: sign(envelope.SignatureVersion === "1" ? "sha1" : "sha256", Buffer.from(text), privateKey).toString("base64") };
  };
  const base = {
    MessageId: "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324", TopicArn: topic, Timestamp: new Date().toISOString(),
    SignatureVersion: "2" as const, Signature: "", SigningCertURL: certUrl,
  };
  return {
    pem, publicKey, privateKey, resign,
    notification: (more: Partial<SnsEnvelope> = {}) => resign({
      ...base, Type: "Notification", UnsubscribeURL: "https://sns.eu-west-1.amazonaws.com/?Action=Unsubscribe",
      Message: '{"id":"msg_1","type":"card_issued","timestamp":"2026-01-01T00:00:00.000000Z","data":{"n":12345678901234567890}}', ...more,
    }),
    confirmation: (more: Partial<SnsEnvelope> = {}) => resign({
      ...base, Type: "SubscriptionConfirmation", Token: "tok", Message: "You have chosen to subscribe …",
      SubscribeURL: `https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=${topic}&Token=tok`, ...more,
    }),
  };
}
