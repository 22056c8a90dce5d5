import type { RequestOptions, Settings } from "./http.js";
import { request } from "./result.js";
import type { LiveEvent } from "./types.js";

/** Which events a feed gives, and where it begins. */
export interface LiveQuery {
  /** A feed's `cursor`, also of another process or long ago; it goes on behind that. */
  cursor?: string | undefined;
  /** Without a cursor: begin at this time instead of now. */
  since?: Date | string | undefined;
  /** Types of events, `["MessageAccepted", "DeliveryFailed"]`. */
  types?: readonly LiveEvent["type"][] | undefined;
  userId?: string | undefined;
  endpointId?: string | undefined;
  eventType?: string | undefined;
  /** At most how many events an answer brings, 1 to 100: as many may come again after a restart at `cursor`. */
  limit?: number | undefined;
  /** How long the server may wait for an event before it answers without one; 0 to 10 seconds. */
  waitSeconds?: number | undefined;
}

interface LivePage {
  data: LiveEvent[];
  nextCursor: string;
}

/**
 * A service's events as they happen. It goes on by itself after lost connections and restarts of the server, and misses
 * nothing; an event that comes again has the same `id`. It ends without an error when its signal is aborted. Without cursor
 * and time it begins when it is made, not when it is first read: `await ready()` to be sure of it.
 */
export class LiveFeed implements AsyncIterable<LiveEvent> {
  readonly #settings: Settings;
  readonly #path: string;
  readonly #query: Record<string, unknown>;
  readonly #options: RequestOptions;
  #cursor: string | undefined;
  #beginning: Promise<LivePage> | undefined;

  constructor(settings: Settings, path: string, query: LiveQuery, options: RequestOptions) {
    const { cursor, waitSeconds = 10, limit = 100, types, ...filters } = query;
    this.#settings = settings;
    this.#path = path;
    this.#query = {
      since: filters.since, type: types?.join(), user_id: filters.userId, endpoint_id: filters.endpointId,
      event_type: filters.eventType, limit, wait: waitSeconds,
    };
    this.#options = {
      retries: Infinity, deadlineMs: Infinity, ...options,
      timeoutMs: (options.timeoutMs ?? settings.timeoutMs) + waitSeconds * 1_000,
    };
    this.#cursor = cursor;
    if (this.#fromNow) {
      this.#beginning = this.#ask({ wait: 0 });
      this.#beginning.catch(() => undefined); // told to who reads, or waits for ready
    }
  }

  get #fromNow(): boolean {
    return this.#cursor === undefined && this.#query.since === undefined;
  }

  /** Resolves when its beginning stands: what happens after that is in it, and `cursor` is there. */
  async ready(): Promise<void> {
    if (this.#fromNow) await this.#begun();
  }

  // Where "now" is, is asked for at once and without waiting for an event: the repeat of an answer that was lost while it
  // waited would be a later now.
  async #begun(): Promise<LivePage> {
    try {
      const page = await (this.#beginning ??= this.#ask({ wait: 0 }));
      if (page.data.length === 0) this.#cursor ??= page.nextCursor;
      return page;
    } catch (error) {
      this.#beginning = undefined;
      throw error;
    }
  }

  /** Where to go on once the event that was given last is done with; undefined before the first answer. */
  get cursor(): string | undefined {
    return this.#cursor;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<LiveEvent, void, undefined> {
    for (;;) {
      const page = await this.#next();
      if (!page) return;
      // Inside a page there is no cursor: until its last event is given, a restart gives the page again.
      for (const [i, event] of page.data.entries()) {
        if (i === page.data.length - 1) this.#cursor = page.nextCursor;
        yield event;
        if (this.#options.signal?.aborted) return;
      }
      this.#cursor = page.nextCursor;
    }
  }

  async #next(): Promise<LivePage | undefined> {
    const cursor = this.#cursor;
    try {
      return await (this.#fromNow ? this.#begun() : this.#ask(cursor === undefined ? {} : { cursor, since: undefined }));
    } catch (error) {
      if (this.#options.signal?.aborted) return undefined;
      throw error;
    }
  }

  #ask(more: Record<string, unknown>): Promise<LivePage> {
    return request<LivePage>(this.#settings, { method: "GET", path: this.#path, query: { ...this.#query, ...more } }, this.#options);
  }
}
