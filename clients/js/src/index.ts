/** Client for WebPlug. Receiving webhooks is in `webplug/verify`. */
export { Webplug, type Options } from "./client.js";
export {
  ApiError, AuthenticationError, ConflictError, ConnectionError, DecodeError, NotFoundError, PermissionError, RateLimitError, ServerError,
  TimeoutError, ValidationError, WebplugError, type FieldError, type Problem,
} from "./errors.js";
export type { Hooks, ReceivedResponse, RequestOptions, SentRequest } from "./http.js";
export type { Listing, Page, PageQuery } from "./listing.js";
export type { LiveFeed, LiveQuery } from "./live.js";
export type { DeadLetterAction, Filter, Reason, Span } from "./messages.js";
export type { HistoryQuery } from "./operation.js";
export type { Done } from "./catalogue.js";
export type { Meta, Result } from "./result.js";
export type { Backoff } from "./retry.js";
export type * from "./types.js";
