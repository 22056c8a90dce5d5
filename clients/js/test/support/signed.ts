import { createHmac, randomBytes } from "node:crypto";

export const newSecret = (): string => `whsec_${randomBytes(32).toString("base64")}`;

/** Headers of Standard Webhooks for a body, made with node:crypto and not with what is tested. */
export function signedHeaders(secret: string, body: string | Uint8Array, { id = "msg_1", at = Date.now(), more = "" } = {}): Record<string, string> {
  const timestamp = String(Math.floor(at / 1_000));
  const key = Buffer.from(secret.replace("whsec_", ""), "base64");
  const mac = createHmac("sha256", key).update(`${id}.${timestamp}.`).update(body).digest("base64");
  return { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": `${more}v1,${mac}` };
}

export const body = '{"id":"msg_1","type":"card_issued","timestamp":"2026-01-01T00:00:00.000000Z","data":{"z":1,"a":12345678901234567890,"t":"ä<&"}}';
