import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { useLocation, useNavigate, useSearchParams } from "react-router";
import type { Page } from "@/api/types";

const enough = 20; // rows; a page may come short, or empty, and still have a next
const patience = 6; // requests for one page

/** Reads on until there is something to show: a filter may find nothing in the first rows that the server looked at. */
async function fill<T>(load: (cursor: string | undefined) => Promise<Page<T>>, cursor: string | undefined): Promise<Page<T>> {
  const data: T[] = [];
  let next: string | null | undefined = cursor;
  for (let i = 0; i < patience; i++) {
    const page: Page<T> = await load(next ?? undefined);
    data.push(...page.data);
    next = page.next_cursor;
    if (next === null || data.length >= enough) break;
  }
  return { data, next_cursor: next ?? null };
}

interface Trail {
  trail?: (string | null)[];
}

/** One page of a list, whose cursor stands in the URL; and the way to the next and the one before. */
export function usePage<T>(key: readonly unknown[], load: (cursor: string | undefined) => Promise<Page<T>>, enabled = true) {
  const [params] = useSearchParams();
  const navigate = useNavigate();
  const location = useLocation();
  const client = useQueryClient();
  const cursor = params.get("cursor") ?? undefined;
  const trail = (location.state as Trail | null)?.trail ?? [];
  const query = useQuery({ queryKey: [...key, { cursor }], queryFn: () => fill(load, cursor), placeholderData: keepPreviousData, enabled });
  const next = query.data?.next_cursor ?? null;

  function go(to: string | null, way: (string | null)[]) {
    const search = new URLSearchParams(params);
    if (to) search.set("cursor", to);
    else search.delete("cursor");
    void navigate({ search: search.toString() }, { state: { trail: way } satisfies Trail });
    window.scrollTo(0, 0);
  }
  return {
    ...query,
    rows: query.data?.data,
    atTop: cursor === undefined,
    /** Which page's rows these are: those of another one stay until its own have come. */
    scope: `${JSON.stringify(key)} ${cursor ?? ""} ${query.isPlaceholderData}`,
    refresh: () => void client.invalidateQueries({ queryKey: key }),
    older: next === null ? undefined : () => go(next, [...trail, cursor ?? null]),
    newer: cursor === undefined ? undefined : () => go(trail.at(-1) ?? null, trail.slice(0, -1)),
  };
}
