import createClient from "openapi-fetch";
import type { paths } from "../src/api/schema";
import { adminKey } from "./server";

/** The API, called as any other client does. */
export function apiOf(url: string, key = adminKey) {
  return createClient<paths>({ baseUrl: url, headers: { Authorization: `Bearer ${key}` } });
}
export type Api = ReturnType<typeof apiOf>;

/** A call's data, or a failed test. */
export async function must<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<NonNullable<T>> {
  const { data, error, response } = await call;
  if (!response.ok || data === undefined || data === null) throw new Error(`${response.url}: ${response.status} ${JSON.stringify(error)}`);
  return data;
}

/** Asks again until the check holds. */
export async function until<T>(what: string, ask: () => Promise<T>, holds: (value: T) => boolean, patience = 30_000): Promise<T> {
  const deadline = Date.now() + patience;
  for (;;) {
    const value = await ask();
    if (holds(value)) return value;
    if (Date.now() > deadline) throw new Error(`${what}: not within ${patience / 1000} s; last ${JSON.stringify(value).slice(0, 400)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
