import { VerificationError } from "./errors.js";
import { readInput, type HeadersInput, type Input } from "./input.js";
import { envelopeOf, verifyEnvelope, visitSubscribeUrl, type SnsEnvelope, type SnsTrust } from "./sns.js";
import { verifyStandard } from "./standard.js";

/** A webhook whose signature is right. `M` says which data an event type has. */
export type Webhook<M extends object = Record<string, unknown>> = {
  [Name in keyof M & string]: {
    kind: "webhook";
    format: "standard-webhooks" | "sns";
    /** The same on every repeat: drop what you have seen. */
    id: string;
    type: Name;
    /** When it was published. */
    timestamp: string;
    data: M[Name];
    /** The JSON text that `data` was parsed from, byte for byte: numbers that a JavaScript number cannot hold are whole in it. */
    raw: string;
  };
}[keyof M & string];

/** SNS asks whether the endpoint wants a topic's messages, or says that it does not get them any more. Signed, like webhooks. */
export interface Handshake {
  kind: "confirmation" | "unsubscribed";
  format: "sns";
  /** With `TopicArn`, and the `Token` that `subscriptions.confirm` takes too. */
  envelope: SnsEnvelope;
}

export interface Options {
  /** The endpoint's secret, `whsec_…`, or several: any may have signed. */
  secret?: string | readonly string[] | undefined;
  /** How far the time of a webhook may be off, either way; 300 if it is left out. */
  toleranceSeconds?: number | undefined;
  /** Of a body that is given by itself. */
  headers?: HeadersInput | undefined;
  /** The longest body that is read; 1 MiB if it is left out. */
  maxBytes?: number | undefined;
  /** Instead of JSON.parse, for data with numbers that a JavaScript number cannot hold. */
  parse?: ((text: string) => unknown) | undefined;
}

/** Options of an endpoint in format `sns`, or in both. */
export type SnsOptions = Options & SnsTrust;

/**
 * Gives the webhook in a request, or rejects with a VerificationError that says why not. With `topics` it takes what SNS
 * sends too, and gives handshakes as well.
 */
export function verify<M extends object = Record<string, unknown>>(input: Input, options: SnsOptions): Promise<Webhook<M> | Handshake>;
export function verify<M extends object = Record<string, unknown>>(input: Input, options: Options): Promise<Webhook<M>>;
export async function verify(input: Input, options: Options & Partial<SnsTrust>): Promise<Webhook | Handshake> {
  const { secret = [], toleranceSeconds = 300, maxBytes = 1 << 20 } = options;
  const raw = await readInput(input, options.headers, maxBytes);
  const envelope = raw.header("webhook-signature") ? undefined : envelopeOf(raw);
  if (!envelope) {
    const { id, body } = await verifyStandard(raw, [secret].flat(), toleranceSeconds);
    return { ...parsed(body, options), format: "standard-webhooks", id };
  }
  await verifyEnvelope(envelope, options);
  if (envelope.Type === "Notification") return { ...parsed(envelope.Message, options), format: "sns" };
  return { kind: envelope.Type === "SubscriptionConfirmation" ? "confirmation" : "unsubscribed", format: "sns", envelope };
}

/** Confirms what `verify` gave, by a visit to SNS and nowhere else; gives the ARN of the subscription. */
export function confirm(handshake: Handshake, options: Pick<SnsTrust, "snsHost"> & { fetch?: typeof fetch } = {}): Promise<string> {
  return visitSubscribeUrl(handshake.envelope, options.snsHost, options.fetch);
}

function parsed(raw: string, { parse = JSON.parse }: Options): Omit<Webhook, "format"> {
  try {
    const value = parse(raw) as Omit<Webhook, "format">;
    if (typeof value.type === "string") return { ...value, kind: "webhook", raw };
  } catch {
    // told below
  }
  throw new VerificationError("not_a_webhook", "no JSON object with a type");
}
