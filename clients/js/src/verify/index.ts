/** Receiving WebPlug's webhooks: signatures of Standard Webhooks and of SNS, and handlers for servers. */
export { VerificationError, type Reason } from "./errors.js";
export type { FetchCert } from "./certificate.js";
export { expressHandler, fetchHandler, lambdaHandler, type Handle, type HandlerOptions, type NodeResponse } from "./handlers.js";
export type { HeadersInput, Input, LambdaEvent, NodeRequest } from "./input.js";
export type { SnsEnvelope, SnsTrust } from "./sns.js";
export { confirm, verify, type Handshake, type Options, type SnsOptions, type Webhook } from "./verify.js";
