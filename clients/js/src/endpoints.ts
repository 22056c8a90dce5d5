import type { Done } from "./catalogue.js";
import type { RequestOptions } from "./http.js";
import type { Listing, PageQuery } from "./listing.js";
import { path, Resource } from "./resource.js";
import type { Result } from "./result.js";
import type { Accepted, Endpoint, EndpointChange, EndpointSecret, NewEndpoint, NewSubscription, StartedJob, Subscription } from "./types.js";

/** A user's URLs. */
export class Endpoints extends Resource {
  create(endpoint: NewEndpoint, options?: RequestOptions): Promise<Result<Endpoint>> {
    return this.call("POST", `${this.service(options)}/endpoints`, options, { body: endpoint, creates: true });
  }
  get(id: string, options?: RequestOptions): Promise<Result<Endpoint>> {
    return this.call("GET", this.#at(id, options), options);
  }
  list(query?: PageQuery & { userId?: string; status?: Endpoint["status"]; url?: string }, options?: RequestOptions): Listing<Endpoint> {
    return this.pages(`${this.service(options)}/endpoints`, query, options);
  }
  update(id: string, change: EndpointChange, options?: RequestOptions): Promise<Result<Endpoint>> {
    return this.call("PATCH", this.#at(id, options), options, { body: change });
  }
  /** For good, its subscriptions with it. */
  delete(id: string, options?: RequestOptions): Promise<Done> {
    return this.call("DELETE", this.#at(id, options), options);
  }
  /** Nothing is sent to it until it is resumed; what is published meanwhile is skipped for good. */
  pause(id: string, options?: RequestOptions): Promise<Result<Endpoint>> {
    return this.call("POST", `${this.#at(id, options)}/pause`, options);
  }
  resume(id: string, options?: RequestOptions): Promise<Result<Endpoint>> {
    return this.call("POST", `${this.#at(id, options)}/resume`, options);
  }
  /** The signing secret; needs the scope `secrets`, and is recorded. */
  secret(id: string, options?: RequestOptions): Promise<Result<EndpointSecret>> {
    return this.call("GET", `${this.#at(id, options)}/secret`, options);
  }
  /** Makes a new signing secret; the former one signs too for 24 hours. Not repeated by itself, unless with 429. */
  rotate(id: string, options?: RequestOptions): Promise<Result<Endpoint>> {
    return this.call("POST", `${this.#at(id, options)}/secret/rotate`, options, { once: true });
  }
  /** Sends an event type's example, or a small webhook of type `webplug.test`, to this endpoint alone. */
  test(id: string, test: { eventType?: string | null } = {}, options?: RequestOptions): Promise<Result<Accepted>> {
    return this.call("POST", `${this.#at(id, options)}/test`, options, { body: test, creates: true });
  }
  /** Starts a job that retries all that failed for this endpoint since a time. */
  recover(id: string, recovery: { since: Date | string }, options?: RequestOptions): Promise<Result<StartedJob>> {
    return this.call("POST", `${this.#at(id, options)}/recover`, options, { body: recovery, creates: true });
  }

  #at(id: string, options: RequestOptions | undefined): string {
    return this.service(options) + path`/endpoints/${id}`;
  }
}

/** Endpoint × event type. */
export class Subscriptions extends Resource {
  /** `endpoint` is `ep_…`, or a URL of the user, which is found or made. */
  create(subscription: NewSubscription, options?: RequestOptions): Promise<Result<Subscription>> {
    return this.call("POST", `${this.service(options)}/subscriptions`, options, { body: subscription, creates: true });
  }
  get(id: string, options?: RequestOptions): Promise<Result<Subscription>> {
    return this.call("GET", this.#at(id, options), options);
  }
  list(
    query?: PageQuery & { userId?: string; eventType?: string; endpointId?: string; status?: Subscription["status"] },
    options?: RequestOptions,
  ): Listing<Subscription> {
    return this.pages(`${this.service(options)}/subscriptions`, query, options);
  }
  /** Repeatable. Added again it has the same id. */
  delete(id: string, options?: RequestOptions): Promise<Done> {
    return this.call("DELETE", this.#at(id, options), options);
  }
  /** In format `sns`: confirms with what the endpoint was sent. */
  confirm(id: string, proof: { token: string } | { subscribeUrl: string }, options?: RequestOptions): Promise<Result<Subscription>> {
    return this.call("POST", `${this.#at(id, options)}/confirm`, options, { body: proof });
  }
  /** In format `sns`: has the endpoint sent a new SubscriptionConfirmation. Not repeated by itself, unless with 429. */
  handshake(id: string, options?: RequestOptions): Promise<Result<Subscription>> {
    return this.call("POST", `${this.#at(id, options)}/handshake`, options, { once: true });
  }

  #at(id: string, options: RequestOptions | undefined): string {
    return this.service(options) + path`/subscriptions/${id}`;
  }
}
