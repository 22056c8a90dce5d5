import type { Done } from "./catalogue.js";
import type { RequestOptions } from "./http.js";
import type { Listing, PageQuery } from "./listing.js";
import type { Span } from "./messages.js";
import { path, Resource } from "./resource.js";
import type { Result } from "./result.js";
import { sleep } from "./retry.js";
import type { CreatedKey, Event, Job, JobStatus, Key, NewKey, StartedJob, StuckEvent, System, Whoami } from "./types.js";

/** API keys; but for `whoami`, for the admin key alone. */
export class Keys extends Resource {
  /** The answer is the only one that shows the key. Where it was lost, the repeat is a ConflictError with the key's id: revoke it. */
  create(key: NewKey, options?: RequestOptions): Promise<Result<CreatedKey>> {
    return this.call("POST", "/v1/keys", options, { body: key, creates: true });
  }
  get(id: string, options?: RequestOptions): Promise<Result<Key>> {
    return this.call("GET", path`/v1/keys/${id}`, options);
  }
  /** The key in use, and what it may do; for any key. */
  whoami(options?: RequestOptions): Promise<Result<Whoami>> {
    return this.call("GET", "/v1/whoami", options);
  }
  list(query?: PageQuery, options?: RequestOptions): Listing<Key> {
    return this.pages("/v1/keys", query, options);
  }
  /** Revokes it, at once. */
  delete(id: string, options?: RequestOptions): Promise<Done> {
    return this.call("DELETE", path`/v1/keys/${id}`, options);
  }
}

/** What takes long: a service's jobs, or those of the whole server. */
export abstract class JobsAt extends Resource {
  protected abstract at(options: RequestOptions | undefined): string;

  list(query?: PageQuery & { status?: JobStatus; kind?: Job["kind"] }, options?: RequestOptions): Listing<Job> {
    return this.pages(this.at(options), query, options);
  }
  get(id: string, options?: RequestOptions): Promise<Result<Job>> {
    return this.call("GET", this.at(options) + path`/${id}`, options);
  }
  /** What it has done stays done. */
  cancel(id: string, reason: { reason?: string | null } = {}, options?: RequestOptions): Promise<Result<Job>> {
    return this.call("POST", this.at(options) + path`/${id}/cancel`, options, { body: reason });
  }
  /** Resolves when the job has ended, well or not (see `status`); asks every `everyMs`. */
  async wait(id: string, options: RequestOptions & { everyMs?: number } = {}): Promise<Result<Job>> {
    for (;;) {
      const job = await this.get(id, options);
      if (job.endedAt !== null) return job;
      await sleep(options.everyMs ?? 500, options.signal);
    }
  }
}

export class Jobs extends JobsAt {
  protected at(options: RequestOptions | undefined): string {
    return `${this.service(options)}/jobs`;
  }
}

class ServerJobs extends JobsAt {
  protected at(): string {
    return "/v1/jobs";
  }
}

/** By which an audit trail is cut. */
export interface HistoryQuery extends PageQuery, Span {
  /** A stream's name, whole. */
  stream?: string;
  type?: Event["type"];
  /** A key's id, `admin` or a component. */
  actor?: string;
  /** Which events come first; `oldest` if it is left out. */
  order?: "oldest" | "newest";
}

/** For who runs the server; for the admin key alone. */
export class Admin extends Resource {
  readonly jobs = new ServerJobs({ settings: this.settings, serviceId: undefined });

  /** The events of all services. */
  history(query?: HistoryQuery, options?: RequestOptions): Listing<Event> {
    return this.pages("/v1/history", query, options);
  }
  /** How this server is and how it does. */
  system(options?: RequestOptions): Promise<Result<System>> {
    return this.call("GET", "/v1/system", options);
  }
  /** Starts a job that makes all read models anew from the event log. */
  rebuild(options?: RequestOptions): Promise<Result<StartedJob>> {
    return this.call("POST", "/v1/rebuild", options, { creates: true });
  }
  /** Starts a job that checks the hash chain of every stream. */
  verifyLog(options?: RequestOptions): Promise<Result<StartedJob>> {
    return this.call("POST", "/v1/audit/verify", options, { creates: true });
  }
  /** Events that a consumer could not take. */
  stuck(query?: Omit<PageQuery, "after">, options?: RequestOptions): Listing<StuckEvent> {
    return this.pages("/v1/stuck", query, options);
  }
  /** Gives a stuck event to its consumer again. Not repeated by itself, unless with 429. */
  retryStuck(id: string, options?: RequestOptions): Promise<Result<{ id: string }>> {
    return this.call("POST", path`/v1/stuck/${id}/retry`, options, { once: true });
  }
}
