import type { components } from "@/api/schema";

type SkipReason = components["schemas"]["SkipReason"];

const causes: Record<string, string> = {
  dns_no_host: "No such host",
  dns_failed: "Name not resolved",
  connect_refused: "Connection refused",
  connect_failed: "No connection",
  tls_expired: "Certificate expired",
  tls_invalid: "Certificate invalid",
  timeout: "No answer within 15 s",
  closed_early: "Connection closed early",
  answer_invalid: "Answer is no HTTP",
  address_refused: "Internal address refused",
  url_invalid: "URL cannot be used",
  endpoint_paused: "Endpoint was paused",
  endpoint_removed: "Endpoint was removed",
  unconfirmed: "Subscription was not confirmed",
  no_answer: "No answer",
  no_report: "SNS said nothing for 75 min",
  publish_refused: "SNS did not take it",
};

const statuses: Record<string, string> = {
  "301": "Moved Permanently",
  "302": "Found",
  "307": "Temporary Redirect",
  "308": "Permanent Redirect",
  "400": "Bad Request",
  "401": "Unauthorized",
  "402": "Payment Required",
  "403": "Forbidden",
  "404": "Not Found",
  "405": "Method Not Allowed",
  "408": "Request Timeout",
  "409": "Conflict",
  "410": "Gone",
  "413": "Payload Too Large",
  "415": "Unsupported Media Type",
  "422": "Unprocessable Content",
  "429": "Too Many Requests",
  "500": "Internal Server Error",
  "501": "Not Implemented",
  "502": "Bad Gateway",
  "503": "Service Unavailable",
  "504": "Gateway Timeout",
};

/** What an HTTP status says besides its number. */
export function statusText(code: number): string {
  return statuses[String(code)] ?? "";
}

/** A cause in words: "http_503" is "503 Service Unavailable". */
export function causeText(cause: string | null | undefined): string {
  if (!cause) return "Unknown cause";
  const known = causes[cause];
  if (known) return known;
  const code = /^http_(\d{3})$/.exec(cause)?.[1];
  return code ? `${code} ${statuses[code] ?? ""}`.trim() : cause;
}

/** A cause for a narrow column: "503", "TLS", "DNS". */
export function causeShort(cause: string): string {
  const code = /^http_(\d{3})$/.exec(cause)?.[1];
  if (code) return code;
  if (cause.startsWith("dns")) return "DNS";
  if (cause.startsWith("tls")) return "TLS";
  if (cause.startsWith("connect")) return "connect";
  if (cause === "timeout") return "15 s";
  return cause.replaceAll("_", " ");
}

const skips: Record<SkipReason, string> = {
  no_subscription: "nobody is subscribed",
  paused: "paused",
  gone: "paused after a 410",
  removed: "endpoint removed",
  unsubscribed: "unsubscribed",
  user_archived: "user archived",
  unconfirmed: "not confirmed yet",
  expired: "confirmation expired",
  failed: "SNS refused the subscription",
};

/** Why an endpoint got nothing. */
export function skipText(reason: string | null | undefined): string {
  return (reason && (skips as Record<string, string>)[reason]) || reason || "skipped";
}
