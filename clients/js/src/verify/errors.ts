/** Why a request is not to be believed, or cannot be read. */
export type Reason =
  | "missing_header" | "body_was_parsed" | "body_too_large" | "not_a_webhook"
  | "timestamp_malformed" | "timestamp_too_old" | "timestamp_too_new"
  | "secret_malformed" | "no_matching_signature" | "unsupported_version"
  | "sns_topic_not_allowed" | "sns_raw_delivery_unsigned" | "sns_untrusted_url" | "sns_cert_unavailable" | "sns_cert_invalid"
  | "sns_confirm_failed";

/** The request is refused; `reason` is a word for programs. */
export class VerificationError extends Error {
  override name = "VerificationError";

  constructor(readonly reason: Reason, message: string, cause?: unknown) {
    super(message, { cause });
  }
}
