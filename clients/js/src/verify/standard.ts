import { VerificationError } from "./errors.js";
import { importKey, isSignature } from "./key.js";
import { fromBase64, join, textOf, utf8, type Raw } from "./input.js";

/** A webhook by Standard Webhooks, its signature checked: its id and its body. */
export interface Signed {
  id: string;
  body: string;
}

/**
 * Checks the signature by Standard Webhooks 1.0: `v1`, HMAC-SHA256 over `id.timestamp.body`. Any of the secrets may have
 * signed; all of them are tried, and WebCrypto compares in constant time. The bytes are not decoded before.
 */
export async function verifyStandard(raw: Raw, secrets: readonly string[], tolerance: number): Promise<Signed> {
  const [id, timestamp, signatures] = ["id", "timestamp", "signature"].map((name) => required(raw, `webhook-${name}`)) as [string, string, string];
  checkTime(Number(/^\d+$/.exec(timestamp)?.[0]), tolerance, tolerance);
  const known = signatures.split(" ").filter((signature) => signature.startsWith("v1,"));
  const content = await join([utf8(`${id}.${timestamp}.`), raw.bytes]);
  const keys = await Promise.all(secrets.map(keyOf));
  const matches = await Promise.all(keys.flatMap((key) => known.map((signature) => isSignature(key, signature.slice(3), content))));
  if (!matches.includes(true)) {
    throw new VerificationError(secrets.length ? known.length ? "no_matching_signature" : "unsupported_version" : "secret_malformed", `none of ${secrets.length} secrets signed these bytes`);
  }
  return { id, body: textOf(raw.bytes) };
}

/** Refuses a time, in seconds since 1970, that is longer ago than `past` or further in the future than `ahead`. */
export function checkTime(timestamp: number, past: number, ahead: number): void {
  const age = Math.floor(Date.now() / 1_000 - timestamp);
  const reason = age > past ? "timestamp_too_old" : -age > ahead ? "timestamp_too_new" : isNaN(age) && "timestamp_malformed";
  if (reason) throw new VerificationError(reason, `it is ${age} s old`);
}

function required(raw: Raw, name: string): string {
  const value = raw.header(name);
  if (!value) throw new VerificationError("missing_header", `no ${name}: a body alone needs the option headers`);
  return value;
}

function keyOf(secret: string | undefined): Promise<CryptoKey> {
  return importKey("raw", fromBase64(String(secret).replace(/^whsec_/, "")), { name: "HMAC", hash: "SHA-256" }, "secret_malformed", "a secret is whsec_ and base64");
}
