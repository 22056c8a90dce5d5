import type { RequestOptions } from "./http.js";
import type { Listing, PageQuery } from "./listing.js";
import { path, Resource } from "./resource.js";
import type { Result } from "./result.js";
import type {
  Accepted, BatchResult, DeadLetterFilter, DeadLetterGroup, Delivery, DeliveryStatus, Event, Message, NewMessage, NewMessageOfBatch,
  PayloadMap, StartedJob, WholeMessage,
} from "./types.js";

/** Times by which lists are cut: at or after `since`, before `until`. */
export interface Span {
  since?: Date | string;
  until?: Date | string;
}

/** Why somebody does something; it stands in the history. */
export interface Reason {
  reason?: string | null;
}

/** What is published, and what became of it. */
export class Messages<M extends PayloadMap> extends Resource {
  /**
   * Publishes. When this resolves the message is durable and it is decided who gets it. With the same `idempotencyKey` it is
   * published once, however often it is called; without one a key is made for the call, so that its own retries are safe.
   */
  publish(message: NewMessage<M>, options?: RequestOptions): Promise<Result<Accepted>> {
    return this.call("POST", `${this.service(options)}/messages`, options, { body: renamed(message), creates: true });
  }

  /** Publishes up to 100; each is accepted or refused for itself, and answered at its place. */
  async publishBatch(messages: readonly NewMessageOfBatch<M>[], options?: RequestOptions): Promise<Result<BatchResult[]>> {
    const { data, meta } = await this.call<{ data: BatchResult[] }>("POST", `${this.service(options)}/messages/batch`, options, {
      body: { messages: messages.map(renamed) },
      creates: true,
    });
    return Object.defineProperty(data as Result<BatchResult[]>, "meta", { value: meta });
  }

  get(id: string, options?: RequestOptions): Promise<Result<WholeMessage<M>>> {
    return this.call("GET", this.#at(id, options), options);
  }

  list(
    query?: PageQuery & Span & { userId?: string; eventType?: keyof M & string; endpointId?: string; status?: DeliveryStatus; cause?: string },
    options?: RequestOptions,
  ): Listing<Message> {
    return this.pages(`${this.service(options)}/messages`, query, options);
  }

  /** Its deliveries, and the endpoints that were skipped. */
  deliveries(
    id: string, query?: Omit<PageQuery, "after"> & { endpointId?: string; status?: DeliveryStatus; cause?: string }, options?: RequestOptions,
  ): Listing<Delivery> {
    return this.pages(`${this.#at(id, options)}/deliveries`, query, options);
  }

  /** Every event of its life, oldest first. */
  history(id: string, query?: Omit<PageQuery, "after">, options?: RequestOptions): Listing<Event> {
    return this.pages(`${this.#at(id, options)}/history`, query, options);
  }

  /** Tries one delivery again: the whole schedule from now. Not repeated by itself, unless with 429. */
  retry(id: string, endpointId: string, reason: Reason = {}, options?: RequestOptions): Promise<Result<Delivery>> {
    return this.call("POST", this.#at(id, options) + path`/deliveries/${endpointId}/retry`, options, { body: reason, once: true });
  }

  /** Tries one delivery no more. */
  discard(id: string, endpointId: string, reason: Reason = {}, options?: RequestOptions): Promise<Result<Delivery>> {
    return this.call("POST", this.#at(id, options) + path`/deliveries/${endpointId}/discard`, options, { body: reason });
  }

  #at(id: string, options: RequestOptions | undefined): string {
    return this.service(options) + path`/messages/${id}`;
  }
}

/** The API calls the type of a message event_type. */
function renamed({ type, ...rest }: { type: string }): object {
  return { eventType: type, ...rest };
}

/** Failed deliveries that nobody retried or discarded. */
export class DeadLetters<M extends PayloadMap> extends Resource {
  list(query?: PageQuery & Filter<M>, options?: RequestOptions): Listing<Delivery> {
    return this.pages(this.#at(options), query, options);
  }

  /** Counted by endpoint and cause; `more` if there are too many to count. */
  groups(query?: Filter<M> & { after?: string }, options?: RequestOptions): Promise<Result<{ data: DeadLetterGroup[]; more: boolean }>> {
    return this.call("GET", `${this.#at(options)}/groups`, options, { query: this.query(query) });
  }

  /** Starts a job that retries all that the filter finds, not a page of it; with `dryRun` it only counts. */
  retry(action: DeadLetterAction & { dryRun: true }, options?: RequestOptions): Promise<Result<{ count: number }>>;
  retry(action: DeadLetterAction, options?: RequestOptions): Promise<Result<StartedJob>>;
  retry(action: DeadLetterAction, options?: RequestOptions): Promise<Result<{ count: number }>> {
    return this.call("POST", `${this.#at(options)}/retry`, options, { body: action, creates: true });
  }

  /** Starts a job that gives up all that the filter finds; with `dryRun` it only counts. */
  discard(action: DeadLetterAction & { dryRun: true }, options?: RequestOptions): Promise<Result<{ count: number }>>;
  discard(action: DeadLetterAction, options?: RequestOptions): Promise<Result<StartedJob>>;
  discard(action: DeadLetterAction, options?: RequestOptions): Promise<Result<{ count: number }>> {
    return this.call("POST", `${this.#at(options)}/discard`, options, { body: action, creates: true });
  }

  #at(options: RequestOptions | undefined): string {
    return `${this.service(options)}/dead-letters`;
  }
}

/** By which dead letters are listed. */
export interface Filter<M extends PayloadMap> extends Span {
  userId?: string;
  eventType?: keyof M & string;
  endpointId?: string;
  cause?: string;
}

/** What to act on; `{ filter: {} }` is all of them. */
export interface DeadLetterAction extends Reason {
  filter: Omit<DeadLetterFilter, "since" | "until"> & Span;
  dryRun?: boolean;
}
