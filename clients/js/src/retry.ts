import { ApiError, ConnectionError, TimeoutError } from "./errors.js";

/** How long to wait before a repeated attempt, in milliseconds; `attempt` is the one that failed, 1 the first. */
export type Backoff = (attempt: number) => number;

/** Full jitter: anything up to 200 ms, doubled after each failure, at most 5 s. */
export const fullJitter: Backoff = (attempt) => Math.random() * Math.min(5_000, 100 * 2 ** attempt);

/**
 * Whether a failed attempt may be repeated. A request that must not be made twice is repeated only where the server said
 * that it did not begin with it (429).
 */
export function mayRepeat(error: unknown, repeatable: boolean): boolean {
  if (error instanceof ApiError) {
    return error.status === 429 || (repeatable && (error.status >= 500 || error.status === 408 || error.status === 425));
  }
  return repeatable && (error instanceof ConnectionError || (error instanceof TimeoutError && error.code === "timeout"));
}

/** The longest that a Retry-After is waited for, in milliseconds: a proxy may ask for a day, and a live feed would sleep it. */
export const longestAsked = 60_000;

/** The header Retry-After in milliseconds: seconds or a date; undefined if there is none or it says nothing. */
export function retryAfter(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  if (/^\d+$/.test(header)) return Number(header) * 1_000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}

/** A timer's longest time, in milliseconds: with more it goes off at once. */
export const longestTimer = 2 ** 31 - 1;

/** Waits; rejects with the signal's reason as soon as it is aborted. */
export function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, Math.min(ms, longestTimer));
    if (signal?.aborted) stop();
    else signal?.addEventListener("abort", stop, { once: true });
  });
}
