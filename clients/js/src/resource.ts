import { toSnake } from "./casing.js";
import { Listing } from "./listing.js";
import { request, type Result } from "./result.js";
import type { Call, RequestOptions, Settings } from "./http.js";

/** Where calls go: a server, and a service if the client is limited to one. */
export interface Context {
  readonly settings: Settings;
  readonly serviceId: string | undefined;
}

/** A path with its ids encoded. An empty id, or one that is a step in the tree, would name another resource. */
export function path(parts: TemplateStringsArray, ...ids: string[]): string {
  return parts.reduce((text, part, i) => text + segment(ids[i - 1]) + part);
}

function segment(id: unknown): string {
  if (typeof id !== "string" || id === "" || id === "." || id === "..") {
    throw new TypeError(`webplug: an id is needed here, not ${JSON.stringify(id)}`);
  }
  return encodeURIComponent(id);
}

/** What the parts of the client are made of. */
export abstract class Resource {
  readonly #context: Context;

  constructor(context: Context) {
    this.#context = context;
  }

  /** `/v1/services/svc_…` of the call, the client, or a sentence about where to give it. */
  protected service(options: RequestOptions | undefined): string {
    const id = options?.serviceId ?? this.#context.serviceId;
    if (id === undefined) {
      throw new TypeError("webplug: which service? Give serviceId to new Webplug, or to the call; or use withService(id)");
    }
    return path`/v1/services/${id}`;
  }

  protected call<T>(method: Call["method"], at: string, options?: RequestOptions, call: Partial<Call> = {}): Promise<Result<T>> {
    const body = call.body === undefined ? undefined : toSnake(call.body);
    return request<T>(this.#context.settings, { ...call, method, path: at, body }, options);
  }

  protected pages<T>(at: string, query?: object, options?: RequestOptions): Listing<T> {
    return new Listing<T>(this.#context.settings, at, this.query(query), options);
  }

  /** A query with its names as the API has them. */
  protected query(query: object | undefined): Record<string, unknown> {
    return toSnake(query ?? {}) as Record<string, unknown>;
  }

  protected get settings(): Settings {
    return this.#context.settings;
  }
}
