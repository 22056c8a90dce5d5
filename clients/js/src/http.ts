import { encode } from "./encode.js";
import { ConnectionError, refused, TimeoutError, type WebplugError } from "./errors.js";
import { longestAsked, longestTimer, mayRepeat, retryAfter, sleep, type Backoff } from "./retry.js";

/** What a call may say for itself; the client's options are the default. */
export interface RequestOptions {
  signal?: AbortSignal | undefined;
  /** For each attempt, from its first hook to its last; milliseconds. */
  timeoutMs?: number | undefined;
  /** For the whole call, with waits between attempts; milliseconds. */
  deadlineMs?: number | undefined;
  /** How often a failed attempt is repeated; 0 is never. */
  retries?: number | undefined;
  /** Where the call creates something. One is made if it is left out. */
  idempotencyKey?: string | undefined;
  /** Up to 64 letters, digits and `_.:-`: the `correlation_id` of what the call does. One is made if it is left out. */
  requestId?: string | undefined;
  /** Instead of the client's: `svc_…`, or its name. */
  serviceId?: string | undefined;
  headers?: Record<string, string> | undefined;
}

/** Told of each attempt, and waited for within its time. What a hook throws ends the call. The API key is in none of it. */
export interface Hooks {
  /** Before each attempt; `headers` may be changed. */
  onRequest?: (request: SentRequest) => void | Promise<void>;
  onResponse?: (response: ReceivedResponse) => void | Promise<void>;
  /** Before the wait for another attempt. */
  onRetry?: (retry: { request: SentRequest; error: unknown; delayMs: number }) => void | Promise<void>;
}

export interface SentRequest {
  method: string;
  url: string;
  headers: Headers;
  body: string | undefined;
  /** 1 is the first. */
  attempt: number;
  requestId: string;
}

export interface ReceivedResponse {
  request: SentRequest;
  status: number;
  headers: Headers;
  durationMs: number;
}

/** What the transport needs to know; all of it has a value. */
export interface Settings {
  url: string;
  apiKey: string | (() => string | Promise<string>);
  retries: number;
  timeoutMs: number;
  deadlineMs: number;
  backoff: Backoff;
  headers: Record<string, string>;
  hooks: Hooks;
  fetch: typeof fetch;
  parse: (text: string) => unknown;
  /** The id of the service of this name. */
  serviceId: (name: string, options: RequestOptions) => Promise<string>;
}

export interface Call {
  method: "GET" | "POST" | "PATCH" | "DELETE";
  /** From `/v1` on, encoded. */
  path: string;
  query?: Record<string, unknown> | undefined;
  body?: unknown;
  /** It creates something, and takes an Idempotency-Key. */
  creates?: boolean;
  /** Made twice it may do something else than made once. */
  once?: boolean;
}

/** A success. */
export interface Answer {
  status: number;
  headers: Headers;
  body: string;
  requestId: string;
  attempts: number;
}

/** Makes the call, repeated where that is right; rejects with a WebplugError, or with the signal's reason. */
export async function exchange(settings: Settings, call: Call, options: RequestOptions): Promise<Answer> {
  const { retries = settings.retries, deadlineMs = settings.deadlineMs, signal } = options;
  check("retries", retries, 0);
  check("deadlineMs", deadlineMs, 1);
  const end = performance.now() + deadlineMs;
  const prepared = prepare(settings, call, options);
  for (let attempt = 1; ; attempt++) {
    const request = { ...prepared, headers: new Headers(prepared.headers), attempt };
    try {
      return await once(settings, request, options, end);
    } catch (error) {
      if (attempt > retries || signal?.aborted || !mayRepeat(error, !call.once)) throw error;
      const asked = (error as { retryAfterMs?: number }).retryAfterMs ?? 0;
      const delayMs = Math.max(Math.min(asked, longestAsked), settings.backoff(attempt));
      const left = end - performance.now();
      if (delayMs >= left) throw error;
      await bounded(async () => settings.hooks.onRetry?.({ request, error, delayMs }), Infinity, left, signal, error as WebplugError);
      await sleep(delayMs, signal);
    }
  }
}

function check(name: string, value: number, least: number): void {
  if (!(value >= least)) throw new TypeError(`webplug: ${name} is ${value}, but must be ${least} or more`);
}

/** The request without its number and key; the body is written once, so that every attempt has the same. */
function prepare(settings: Settings, call: Call, options: RequestOptions): Omit<SentRequest, "attempt"> {
  const headers = new Headers({ ...settings.headers, ...options.headers, accept: "application/json" });
  const requestId = options.requestId ?? crypto.randomUUID();
  headers.set("x-request-id", requestId);
  const body = call.body === undefined ? undefined : encode(call.body);
  if (body !== undefined) headers.set("content-type", "application/json");
  if (call.creates) headers.set("idempotency-key", options.idempotencyKey ?? crypto.randomUUID());
  return { method: call.method, url: settings.url + call.path + search(call.query), headers, body, requestId };
}

function search(query: Record<string, unknown> = {}): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null);
  const text = new URLSearchParams(given.map(([name, value]) => [name, value instanceof Date ? value.toISOString() : String(value)]));
  return given.length ? `?${text}` : "";
}

function once(settings: Settings, request: SentRequest, options: RequestOptions, end: number): Promise<Answer> {
  const at = { requestId: request.requestId, attempts: request.attempt };
  return bounded(
    (signal) => attempted(settings, request, at, signal),
    options.timeoutMs ?? settings.timeoutMs, end - performance.now(), options.signal, at,
  );
}

/** What an error says of its call. */
interface At {
  requestId: string;
  attempts: number;
}

async function attempted(settings: Settings, request: SentRequest, at: At, signal: AbortSignal): Promise<Answer> {
  const { apiKey, hooks } = settings;
  await hooks.onRequest?.(request);
  const headers = new Headers(request.headers);
  headers.set("authorization", `Bearer ${typeof apiKey === "string" ? apiKey : await apiKey()}`);
  signal.throwIfAborted(); // while the key was looked for
  const started = performance.now();
  const { response, body } = await read(settings.fetch, request, { headers, signal }).catch((error: unknown) => {
    throw new ConnectionError("connection", `no answer from ${new URL(request.url).origin}: ${reasonOf(error)}`, at, error);
  });
  await hooks.onResponse?.({ request, status: response.status, headers: response.headers, durationMs: performance.now() - started });
  at.requestId = response.headers.get("x-request-id") ?? at.requestId;
  if (response.ok) return { status: response.status, headers: response.headers, body, ...at };
  throw refused({
    status: response.status, statusText: response.statusText, headers: response.headers, body,
    retryAfterMs: retryAfter(response.headers.get("retry-after"), Date.now()), ...at,
  });
}

/** One request. Redirects are answers: following one would turn a POST into a GET, or give the key to another host. */
async function read(fetcher: typeof fetch, request: SentRequest, init: { headers: Headers; signal: AbortSignal }) {
  const { method, body = null } = request;
  const response = await fetcher(request.url, { method, body, redirect: "manual", ...init });
  return { response, body: await response.text() };
}

/** Runs work until it is done, the attempt's or the call's time is over, or the caller aborts. */
async function bounded<T>(
  work: (signal: AbortSignal) => Promise<T>, timeoutMs: number, leftMs: number, outer: AbortSignal | undefined, at: At,
): Promise<T> {
  check("timeoutMs", timeoutMs, 1);
  const controller = new AbortController();
  const { signal } = controller;
  const whole = leftMs < timeoutMs;
  const timer = setTimeout(() => {
    controller.abort(new TimeoutError(whole ? "deadline" : "timeout", whole ? "the call took too long" : `no answer within ${timeoutMs} ms`, at));
  }, Math.min(timeoutMs, leftMs, longestTimer));
  const pass = (): void => { controller.abort(outer?.reason); };
  // Hooks, and a fetch of the caller's, may not look at the signal, so they are raced.
  const stopped = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => { reject(signal.reason as Error); });
  });
  outer?.addEventListener("abort", pass);
  if (outer?.aborted) pass();
  try {
    return await Promise.race([stopped, signal.aborted ? stopped : work(signal)]);
  } finally {
    clearTimeout(timer);
    outer?.removeEventListener("abort", pass);
  }
}

/** Runtimes say "fetch failed", and why in the cause. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as { message?: string; cause?: { code?: string; message?: string } };
  return cause?.code ?? cause?.message ?? message ?? String(error);
}
