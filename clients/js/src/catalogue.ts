import type { RequestOptions } from "./http.js";
import type { Listing, PageQuery } from "./listing.js";
import { path, Resource } from "./resource.js";
import type { Meta, Result } from "./result.js";
import type { EventType, EventTypeChange, NewEventType, NewService, NewUser, Service, ServiceChange, User, UserChange } from "./types.js";

/** What a removal answers: nothing but `meta`. */
export interface Done {
  readonly meta: Meta;
}

/** The operator's applications. */
export class Services extends Resource {
  create(service: NewService, options?: RequestOptions): Promise<Result<Service>> {
    return this.call("POST", "/v1/services", options, { body: service, creates: true });
  }
  get(id: string, options?: RequestOptions): Promise<Result<Service>> {
    return this.call("GET", path`/v1/services/${id}`, options);
  }
  list(query?: PageQuery, options?: RequestOptions): Listing<Service> {
    return this.pages("/v1/services", query, options);
  }
  update(id: string, change: ServiceChange, options?: RequestOptions): Promise<Result<Service>> {
    return this.call("PATCH", path`/v1/services/${id}`, options, { body: change });
  }
  /** Archives it: it and all that is under it take nothing new. */
  delete(id: string, options?: RequestOptions): Promise<Done> {
    return this.call("DELETE", path`/v1/services/${id}`, options);
  }
}

/** A service's customers. */
export class Users extends Resource {
  create(user: NewUser, options?: RequestOptions): Promise<Result<User>> {
    return this.call("POST", `${this.service(options)}/users`, options, { body: user, creates: true });
  }
  get(id: string, options?: RequestOptions): Promise<Result<User>> {
    return this.call("GET", this.service(options) + path`/users/${id}`, options);
  }
  /** The user with an id of your own, undefined if there is none. */
  async getByExternalId(externalId: string, options?: RequestOptions): Promise<User | undefined> {
    const [user] = await this.list({ externalId }, options).toArray({ max: 1 });
    return user;
  }
  list(query?: PageQuery & { externalId?: string }, options?: RequestOptions): Listing<User> {
    return this.pages(`${this.service(options)}/users`, query, options);
  }
  update(id: string, change: UserChange, options?: RequestOptions): Promise<Result<User>> {
    return this.call("PATCH", this.service(options) + path`/users/${id}`, options, { body: change });
  }
  /** Archives it: nothing new is sent to its endpoints. */
  delete(id: string, options?: RequestOptions): Promise<Done> {
    return this.call("DELETE", this.service(options) + path`/users/${id}`, options);
  }
}

/** What a service publishes. */
export class EventTypes extends Resource {
  create(type: NewEventType, options?: RequestOptions): Promise<Result<EventType>> {
    return this.call("POST", `${this.service(options)}/event-types`, options, { body: type, creates: true });
  }
  get(id: string, options?: RequestOptions): Promise<Result<EventType>> {
    return this.call("GET", this.service(options) + path`/event-types/${id}`, options);
  }
  list(query?: PageQuery & { name?: string }, options?: RequestOptions): Listing<EventType> {
    return this.pages(`${this.service(options)}/event-types`, query, options);
  }
  update(id: string, change: EventTypeChange, options?: RequestOptions): Promise<Result<EventType>> {
    return this.call("PATCH", this.service(options) + path`/event-types/${id}`, options, { body: change });
  }
  /** Archives it: messages of the type are refused. */
  delete(id: string, options?: RequestOptions): Promise<Done> {
    return this.call("DELETE", this.service(options) + path`/event-types/${id}`, options);
  }
}
