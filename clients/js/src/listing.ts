import { request, type Result } from "./result.js";
import type { RequestOptions, Settings } from "./http.js";

/** One page. It may be short, or empty, and still have a next. */
export interface Page<T> {
  data: T[];
  /** null at the end. */
  nextCursor: string | null;
}

/** What every list takes. */
export interface PageQuery {
  /** Rows a page, 1 to 100. */
  limit?: number | undefined;
  cursor?: string | undefined;
  /** A `meta.position`: the list waits until it shows what was done there. */
  after?: string | undefined;
}

/**
 * A list. `await` it for one page, `for await` it for every row; nothing is asked for before that. Each `for await` begins
 * anew.
 */
export class Listing<T> implements PromiseLike<Result<Page<T>>>, AsyncIterable<T> {
  readonly #page: (query: object) => Promise<Result<Page<T>>>;

  constructor(settings: Settings, path: string, query: object = {}, options: RequestOptions = {}) {
    this.#page = (more) => request(settings, { method: "GET", path, query: { ...query, ...more } }, options);
  }

  // A list is awaited for its page.
  then<A = Result<Page<T>>, B = never>(
    done?: ((page: Result<Page<T>>) => A | PromiseLike<A>) | null, failed?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#page({}).then(done, failed);
  }

  /** Every page from the query's cursor on. */
  async *pages(): AsyncGenerator<Result<Page<T>>, void, undefined> {
    let cursor: string | null = null;
    do {
      const page: Result<Page<T>> = await this.#page(cursor === null ? {} : { cursor });
      yield page;
      cursor = page.nextCursor;
    } while (cursor !== null);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for await (const page of this.pages()) yield* page.data;
  }

  /** The first rows as an array, at most `max`. */
  async toArray({ max }: { max: number }): Promise<T[]> {
    const rows: T[] = [];
    if (max <= 0) return rows;
    for await (const row of this) {
      if (rows.push(row) >= max) break;
    }
    return rows;
  }
}
