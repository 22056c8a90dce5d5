import { toCamel } from "./casing.js";
import { DecodeError } from "./errors.js";
import { exchange, type Answer, type Call, type RequestOptions, type Settings } from "./http.js";

/** About the answer that a result came in. */
export interface Meta {
  readonly status: number;
  /** The answer's text, byte for byte: numbers that a JavaScript number cannot hold are whole in it. */
  readonly body: string;
  readonly requestId: string;
  /** How many HTTP requests it took. */
  readonly attempts: number;
  /** What a command did, `<stream>@<version>`: give it to a list as `after`, and the list shows it. */
  readonly position: string | undefined;
  /** Not everything that was acknowledged may show yet. */
  readonly stale: boolean;
}

/** A value with `meta` beside its members; `meta` is not enumerable, so copies and JSON are without it. */
export type Result<T> = T & { readonly meta: Meta };

/** The answer's value, its members in camelCase. */
export function resultOf<T>(answer: Answer, parse: (text: string) => unknown): Result<T> {
  const value = answer.status === 204 ? {} : toCamel(decode(answer, parse));
  const meta: Meta = {
    status: answer.status,
    body: answer.body,
    requestId: answer.requestId,
    attempts: answer.attempts,
    position: answer.headers.get("webplug-position") ?? undefined,
    stale: answer.headers.has("webplug-stale"),
  };
  return Object.defineProperty(value as Result<T>, "meta", { value: meta });
}

function decode(answer: Answer, parse: (text: string) => unknown): unknown {
  let value: unknown;
  let cause: unknown;
  try {
    value = parse(answer.body);
  } catch (error) {
    cause = error;
  }
  if (typeof value === "object" && value !== null) return value;
  throw new DecodeError(answer.status, answer.body, answer, cause);
}

/** Makes a call and gives what it answers. A service that is named in its path is looked up. */
export async function request<T>(settings: Settings, call: Call, options: RequestOptions = {}): Promise<Result<T>> {
  const [before, name] = /^\/v1\/services\/(?!svc_)([^/]+)/.exec(call.path) ?? [];
  if (before === undefined || name === undefined) return resultOf<T>(await exchange(settings, call, options), settings.parse);
  const id = await settings.serviceId(decodeURIComponent(name), options);
  const path = `/v1/services/${encodeURIComponent(id)}${call.path.slice(before.length)}`;
  return resultOf<T>(await exchange(settings, { ...call, path }, options), settings.parse);
}
