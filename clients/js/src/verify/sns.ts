import { fetchText, keyAt, trusted, type FetchCert } from "./certificate.js";
import { VerificationError } from "./errors.js";
import { textOf, utf8, type Raw } from "./input.js";
import { isSignature } from "./key.js";
import { checkTime } from "./standard.js";

/** What SNS posts (https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html). */
export interface SnsEnvelope {
  Type: "Notification" | "SubscriptionConfirmation" | "UnsubscribeConfirmation";
  MessageId: string;
  TopicArn: string;
  Subject?: string;
  Message: string;
  Timestamp: string;
  SignatureVersion: "1" | "2";
  Signature: string;
  SigningCertURL: string;
  UnsubscribeURL?: string;
  SubscribeURL?: string;
  Token?: string;
}

/** What is needed to believe an envelope. */
export interface SnsTrust {
  /** Topics that may send: ARNs, with `*` at the end for all that begin so. Everybody can have SNS sign for a topic of theirs. */
  topics: string | readonly string[];
  /** Fetches a certificate, instead of an HTTPS request. */
  fetchCert?: FetchCert | undefined;
  /** A stand-in for SNS, `127.0.0.1:9911`: certificates and SubscribeURLs must be there instead of at AWS. */
  snsHost?: string | undefined;
  /** How old an envelope may be: 75 minutes if it is left out, since SNS retries for an hour with the first Timestamp. */
  snsToleranceSeconds?: number | undefined;
}

/** The body as an envelope; undefined if it is none. */
export function envelopeOf(raw: Raw): SnsEnvelope | undefined {
  if (raw.header("x-amz-sns-rawdelivery")) {
    throw new VerificationError("sns_raw_delivery_unsigned", "raw deliveries are unsigned");
  }
  try {
    const value = JSON.parse(textOf(raw.bytes)) as Partial<SnsEnvelope> | null;
    if (typeof value?.TopicArn === "string") return value as SnsEnvelope;
  } catch {
    // it is none
  }
  return undefined;
}

/** Checks topic, time, the certificate's host, and the signature, of version 1 or 2. */
export async function verifyEnvelope(envelope: SnsEnvelope, trust: Partial<SnsTrust>): Promise<void> {
  if (!allowed(envelope, trust.topics)) {
    throw new VerificationError("sns_topic_not_allowed", `${envelope.TopicArn} is not in the option topics`);
  }
  checkTime(Date.parse(envelope.Timestamp) / 1_000, trust.snsToleranceSeconds ?? 4_500, 300);
  const hash = { 1: "SHA-1", 2: "SHA-256" }[envelope.SignatureVersion as string];
  if (!hash) throw new VerificationError("unsupported_version", "SignatureVersion is not 1 or 2");
  // Nothing with a query: an answer of SNS's API may repeat what is in one, and that could be somebody's certificate.
  const url = trusted(/^[^?#]+\.pem$/.exec(envelope.SigningCertURL)?.[0], trust.snsHost);
  const key = await keyAt(url, hash, trust.fetchCert);
  if (!(await isSignature(key, envelope.Signature, utf8(signedText(envelope))))) {
    throw new VerificationError("no_matching_signature", "SNS did not sign this");
  }
}

/** Visits SubscribeURL, which SNS has signed, if it is at SNS; gives the subscription's ARN. */
export async function visitSubscribeUrl(envelope: SnsEnvelope, snsHost: string | undefined, fetcher?: typeof fetch): Promise<string> {
  const url = trusted(envelope.SubscribeURL, snsHost);
  try {
    return /<SubscriptionArn>(.*?)</.exec(await fetchText(url, fetcher))?.[1] ?? "";
  } catch (error) {
    throw new VerificationError("sns_confirm_failed", "SNS did not confirm", error);
  }
}

/**
 * Whether a topic is one of those, or begins as one that ends in `*`. Nothing but an ARN's characters may be in it or in
 * Type: what is signed has a line for each field, so a line break would let somebody else's message pass for one of the topic.
 */
function allowed({ TopicArn: topic, Type }: SnsEnvelope, topics: SnsTrust["topics"] = []): boolean {
  return /^[\w:.-]+$/.test(topic + Type) && [topics].flat().some((one) => topic === one || (one.endsWith("*") && topic.startsWith(one.slice(0, -1))));
}

/** Fields that are signed, in this order; a notification has no SubscribeURL and Token, a confirmation no Subject. */
const signed = ["Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"];

/** What is signed: https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message-verify-message-signature.html */
function signedText(envelope: SnsEnvelope): string {
  const values = envelope as unknown as Record<string, unknown>;
  return signed.filter((name) => typeof values[name] === "string").map((name) => `${name}\n${values[name] as string}\n`).join("");
}
