import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo, useRef, useState } from "react";
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
  }
  return {
    ...query,
    rows: query.data?.data,
    atTop: cursor === undefined,
    refresh: () => void client.invalidateQueries({ queryKey: key }),
    older: next === null ? undefined : () => go(next, [...trail, cursor ?? null]),
    newer: cursor === undefined ? undefined : () => go(trail.at(-1) ?? null, trail.slice(0, -1)),
  };
}

/**
 * Keeps rows where they are while somebody aims at them. Those that are shown are brought up to date in their places; new
 * ones wait above, and are counted, until nobody hovers over the list or they are asked for.
 */
export function useHeld<T>(rows: T[] | undefined, id: (row: T) => string, atTop: boolean, scope: string) {
  const [hovered, setHovered] = useState(false);
  const held = useRef<{ scope: string; ids: string[]; known: Map<string, T> } | null>(null);
  const [asked, setAsked] = useState(0);
  const seen = useRef(asked);
  return useMemo(() => {
    const attach = {
      onPointerEnter: () => setHovered(true),
      onPointerLeave: () => setHovered(false),
      onFocus: () => setHovered(true),
      onBlur: () => setHovered(false),
    };
    const show = () => setAsked((n) => n + 1);
    if (!rows) return { rows, waiting: 0, fresh: new Set<string>(), attach, show };
    const before = held.current;
    const known = new Map(rows.map((r) => [id(r), r]));
    const follow = !before || before.scope !== scope || !atTop || (!hovered && window.scrollY < 40) || seen.current !== asked;
    if (follow || !before) {
      const fresh = new Set(before && before.scope === scope && atTop ? [...known.keys()].filter((k) => !before.known.has(k)) : []);
      seen.current = asked;
      held.current = { scope, ids: [...known.keys()], known };
      return { rows, waiting: 0, fresh, attach, show };
    }
    const shown = before.ids.flatMap((k) => known.get(k) ?? before.known.get(k) ?? []);
    for (const [k, r] of known) if (before.known.has(k)) before.known.set(k, r);
    const top = before.ids[0];
    const waiting = top ? rows.findIndex((r) => id(r) === top) : rows.length;
    return { rows: shown, waiting: waiting < 0 ? rows.length : waiting, fresh: new Set<string>(), attach, show };
  }, [rows, id, atTop, scope, hovered, asked]);
}
