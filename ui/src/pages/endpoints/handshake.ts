/** What a pasted SubscribeURL or token looks like, before it is sent. */
export interface Checked {
  ok: boolean;
  said: string;
}

/** Tells whether a text can be the handshake of a subscription to the topic. Only SNS knows whether it is still good. */
export function checkHandshake(text: string, topic: string | undefined): Checked {
  const given = text.trim();
  if (!given) return { ok: false, said: "" };
  if (!/^https?:/i.test(given)) {
    if (/\s/.test(given)) return { ok: false, said: "A token has no spaces. Paste the value of Token or of SubscribeURL alone." };
    return given.length < 16 ? { ok: false, said: "That is too short for a token." } : { ok: true, said: "This looks like a token." };
  }
  let url: URL;
  try {
    url = new URL(given);
  } catch {
    return { ok: false, said: "This link cannot be read. Paste it whole." };
  }
  if (url.searchParams.get("Action") !== "ConfirmSubscription" || !url.searchParams.get("Token")) return { ok: false, said: "This link confirms no subscription. Look for SubscribeURL in the body." };
  const of = url.searchParams.get("TopicArn");
  if (topic && of !== topic) return { ok: false, said: `This is the handshake of another topic: ${tail(of)}.` };
  return { ok: true, said: `This is the handshake of this subscription: topic ${tail(of)}.` };
}

const tail = (arn: string | null): string => arn?.split(":").at(-1) ?? "unknown";
