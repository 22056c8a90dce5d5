import type { components } from "./openapi.js";

/** A problem document (RFC 9457) as the API answers it. */
export type Problem = components["schemas"]["Problem"];

/** What is wrong with one field of the input, "holder.kind". */
export type FieldError = NonNullable<Problem["errors"]>[number];

const brand = Symbol.for("webplug.error");

/** The ground of all errors of this package but VerificationError. `code` is a stable word for programs. */
export class WebplugError extends Error {
  override name = "WebplugError";
  /** Of the request, as the server's log and the events' `correlation_id` have it. */
  readonly requestId: string;
  /** How many HTTP requests were made. */
  readonly attempts: number;

  constructor(readonly code: string, message: string, at: { requestId: string; attempts: number }, cause?: unknown) {
    super(`${message} (request ${at.requestId})`, cause === undefined ? undefined : { cause });
    this.requestId = at.requestId;
    this.attempts = at.attempts;
    Object.defineProperty(this, brand, { value: true });
  }

  /** Like instanceof, but true also of errors of another copy of this package (ES module and CommonJS in one program). */
  static is(error: unknown): error is WebplugError {
    return typeof error === "object" && error !== null && brand in error;
  }
}

/** What an ApiError is made of. */
export interface Refusal {
  status: number;
  statusText: string;
  headers: Headers;
  body: string;
  retryAfterMs: number | undefined;
  requestId: string;
  attempts: number;
}

/**
 * The server refused. `code` is the problem's `type` ("conflict", "key-revoked"), or `http-<status>` where the answer was
 * no problem document, as a proxy's is not. `body` is the answer's text, whatever it was.
 */
export class ApiError extends WebplugError {
  override name = "ApiError";
  readonly status: number;
  /** The problem document, if the answer was one. */
  readonly problem: Problem | undefined;
  /** What is wrong with which field; empty if no field is to blame. */
  readonly errors: readonly FieldError[];
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** What the header Retry-After asks for. */
  readonly retryAfterMs: number | undefined;

  constructor(refusal: Refusal) {
    const problem = problemOf(refusal.body);
    super(problem?.type ?? `http-${refusal.status}`, describe(refusal, problem), refusal);
    this.status = refusal.status;
    this.problem = problem;
    this.errors = Array.isArray(problem?.errors) ? problem.errors : [];
    this.headers = Object.fromEntries(refusal.headers);
    this.body = refusal.body;
    this.retryAfterMs = refusal.retryAfterMs;
  }

  /** The id of what is in the way of a 409. */
  get conflictingId(): string | undefined {
    return this.problem?.id;
  }
}

/** 401: no key, an unknown or a revoked one. */
export class AuthenticationError extends ApiError { override name = "AuthenticationError"; }
/** 403: the key's scopes do not reach. */
export class PermissionError extends ApiError { override name = "PermissionError"; }
/** 404: there is no such thing, or it is another service's. */
export class NotFoundError extends ApiError { override name = "NotFoundError"; }
/** 409: taken, archived, or not possible in this state. `conflictingId` may name what is in the way. */
export class ConflictError extends ApiError { override name = "ConflictError"; }
/** 422: a field or a rule; `errors` says which. */
export class ValidationError extends ApiError { override name = "ValidationError"; }
/** 429: too many requests. */
export class RateLimitError extends ApiError { override name = "RateLimitError"; }
/** 5xx: the server cannot do it now. */
export class ServerError extends ApiError { override name = "ServerError"; }

/** No answer: the connection was refused, reset, or cut in the answer. `cause` has the runtime's error. */
export class ConnectionError extends WebplugError { override name = "ConnectionError"; }

/** No answer in time. `code` is "timeout" for one attempt, "deadline" for the whole call. */
export class TimeoutError extends WebplugError { override name = "TimeoutError"; }

/** A success whose body is not JSON, as from a proxy's page. */
export class DecodeError extends WebplugError {
  override name = "DecodeError";
  constructor(readonly status: number, readonly body: string, at: { requestId: string; attempts: number }, cause: unknown) {
    super("not-json", `${status}, but the answer is not JSON: ${excerpt(body)}`, at, cause);
  }
}

/** The error for a status. */
export function refused(refusal: Refusal): ApiError {
  const { status } = refusal;
  const kind =
    status === 401 ? AuthenticationError
    : status === 403 ? PermissionError
    : status === 404 ? NotFoundError
    : status === 409 ? ConflictError
    : status === 422 ? ValidationError
    : status === 429 ? RateLimitError
    : status >= 500 ? ServerError
    : ApiError;
  return new kind(refusal);
}

function describe(refusal: Refusal, problem: Problem | undefined): string {
  const { status, statusText, headers, body } = refusal;
  if (problem) {
    const fields = problem.errors?.map((flaw) => flaw.field).join(", ");
    return `${status} ${problem.title}: ${problem.detail}${fields ? ` [${fields}]` : ""}`;
  }
  const location = headers.get("location");
  if (location) return `${status}: redirected to ${location}; give that server's url to the client`;
  return `${status} ${statusText || "refused"}: ${body ? excerpt(body) : "the answer has no body"}`;
}

function problemOf(body: string): Problem | undefined {
  try {
    const value = JSON.parse(body) as Problem | null;
    return typeof value?.type === "string" && typeof value.status === "number" ? value : undefined;
  } catch {
    return undefined;
  }
}

function excerpt(text: string): string {
  return JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text);
}
