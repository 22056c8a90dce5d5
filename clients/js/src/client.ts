import { EventTypes, Services, Users } from "./catalogue.js";
import { Endpoints, Subscriptions } from "./endpoints.js";
import type { Hooks, RequestOptions, Settings } from "./http.js";
import { Listing } from "./listing.js";
import { LiveFeed, type LiveQuery } from "./live.js";
import { DeadLetters, Messages, type Span } from "./messages.js";
import { Admin, Jobs, Keys, type HistoryQuery } from "./operation.js";
import { Resource, type Context } from "./resource.js";
import type { Result } from "./result.js";
import { fullJitter, type Backoff } from "./retry.js";
import type { AnyPayloads, Event, PayloadMap, Service, Stats } from "./types.js";

export interface Options {
  /** The server's, `https://webplug.example.com`; else the variable WEBPLUG_URL of the environment. */
  url?: string;
  /** A key, or a function that gives one for each request; else the variable WEBPLUG_API_KEY. */
  apiKey?: string | (() => string | Promise<string>);
  /**
   * The service that calls are about, `svc_…` or its name, which is looked up once, with the scope `read`; else the variable
   * WEBPLUG_SERVICE.
   */
  serviceId?: string | undefined;
  /** How often a failed request is repeated: 2 if it is left out, 0 is never. */
  retries?: number;
  /** For each attempt; 10 seconds if it is left out. */
  timeoutMs?: number;
  /** For a call with all its attempts; 60 seconds if it is left out. */
  deadlineMs?: number;
  /** How long to wait between attempts; full jitter up to 5 s if it is left out. A longer Retry-After is honoured. */
  backoff?: Backoff;
  /** Sent with each request. */
  headers?: Record<string, string>;
  hooks?: Hooks;
  /** Instead of the global one. */
  fetch?: typeof fetch;
  /** Instead of JSON.parse, for answers with numbers that a JavaScript number cannot hold. */
  parse?: (text: string) => unknown;
  /** An API key in a browser is readable for all who visit the page. */
  dangerouslyAllowBrowser?: boolean;
}

/**
 * A client of WebPlug. `M` says which payload an event type has: `new Webplug<{ card_issued: { card: string } }>({…})`.
 */
export class Webplug<M extends PayloadMap = AnyPayloads> extends Resource {
  readonly services: Services;
  readonly users: Users;
  readonly eventTypes: EventTypes;
  readonly endpoints: Endpoints;
  readonly subscriptions: Subscriptions;
  readonly messages: Messages<M>;
  /** The same as `messages`. */
  readonly events: Messages<M>;
  readonly deadLetters: DeadLetters<M>;
  readonly jobs: Jobs;
  readonly keys: Keys;
  readonly admin: Admin;
  readonly serviceId: string | undefined;

  constructor(options?: Options);
  /** @internal */
  constructor(context: Context);
  constructor(given: Options | Context = {}) {
    const context = "settings" in given ? given : contextOf(given);
    super(context);
    this.serviceId = context.serviceId;
    this.services = new Services(context);
    this.users = new Users(context);
    this.eventTypes = new EventTypes(context);
    this.endpoints = new Endpoints(context);
    this.subscriptions = new Subscriptions(context);
    this.messages = this.events = new Messages(context);
    this.deadLetters = new DeadLetters(context);
    this.jobs = new Jobs(context);
    this.keys = new Keys(context);
    this.admin = new Admin(context);
  }

  /** The same client for another service, by its id or name. */
  withService<N extends PayloadMap = M>(serviceId: string): Webplug<N> {
    return new Webplug<N>({ settings: this.settings, serviceId });
  }

  /** The service's events as they happen, for as long as you like. */
  live(query: LiveQuery = {}, options: RequestOptions = {}): LiveFeed {
    return new LiveFeed(this.settings, `${this.service(options)}/live`, query, options);
  }

  /** The service's audit trail, oldest first. */
  history(query?: HistoryQuery, options?: RequestOptions): Listing<Event> {
    return this.pages(`${this.service(options)}/history`, query, options);
  }

  /** Figures of the service over time. */
  stats(
    query?: Span & { bucket?: "5m" | "15m" | "1h" | "6h" | "1d"; userId?: string; endpointId?: string; eventType?: keyof M & string; after?: string },
    options?: RequestOptions,
  ): Promise<Result<Stats>> {
    return this.call("GET", `${this.service(options)}/stats`, options, { query: this.query(query) });
  }
}

/** A page or a worker of a browser; workers of Deno and Bun are none, though they look alike. */
function inBrowser(): boolean {
  return ("document" in globalThis || "importScripts" in globalThis) && !("Deno" in globalThis || "Bun" in globalThis);
}

/** The server's URL without the `/v1` of its API, which every path has. */
function baseOf(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || !/^https?:$/.test(parsed.protocol)) throw new TypeError(`webplug: url is like https://webplug.example.com, not ${JSON.stringify(url)}`);
  return (parsed.origin + parsed.pathname).replace(/(\/v1)?\/*$/, "");
}

function contextOf(options: Options): Context {
  if (inBrowser() && !options.dangerouslyAllowBrowser) {
    throw new Error(
      "webplug: this runs in a browser, where everybody can read the API key. Call WebPlug from your server, or say dangerouslyAllowBrowser: true.",
    );
  }
  const { url = env("WEBPLUG_URL"), apiKey = env("WEBPLUG_API_KEY"), serviceId = env("WEBPLUG_SERVICE") } = options;
  if (!url) throw new TypeError("webplug: where is the server? Give url, or set WEBPLUG_URL");
  if (!apiKey) throw new TypeError("webplug: no API key. Give apiKey, or set WEBPLUG_API_KEY");
  const ids = new Map<string, string>();
  const settings: Settings = {
    url: baseOf(url), apiKey, retries: options.retries ?? 2, timeoutMs: options.timeoutMs ?? 10_000,
    deadlineMs: options.deadlineMs ?? 60_000, backoff: options.backoff ?? fullJitter, headers: options.headers ?? {},
    hooks: options.hooks ?? {}, fetch: options.fetch ?? ((...request) => fetch(...request)), parse: options.parse ?? JSON.parse,
    serviceId: async (name, call) => {
      const id = ids.get(name) ?? await serviceNamed(settings, name, call);
      ids.set(name, id);
      return id;
    },
  };
  return { settings, serviceId };
}

async function serviceNamed(settings: Settings, name: string, options: RequestOptions): Promise<string> {
  for await (const service of new Listing<Service>(settings, "/v1/services", { limit: 100 }, options)) {
    if (service.name === name && service.archivedAt === null) return service.id;
  }
  throw new TypeError(`webplug: there is no service ${JSON.stringify(name)} that this key sees`);
}

function env(name: string): string | undefined {
  const { process } = globalThis as { process?: { env?: Record<string, string | undefined> } };
  return process?.env?.[name] || undefined;
}
