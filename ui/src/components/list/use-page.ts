import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
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

interface Shown<T> {
  scope: string;
  asked: number;
  rows: readonly T[];
  fresh: ReadonlySet<string>;
}

const none: ReadonlySet<string> = new Set();

/**
 * Keeps rows where they are while somebody aims at them. Those that are shown are brought up to date in their places; new
 * ones wait above, and are counted, until nobody hovers over the list or they are asked for.
 */
export function useHeld<T>(rows: readonly T[] | undefined, id: (row: T) => string, atTop: boolean, scope: string) {
  const [aimed, setAimed] = useState(false);
  const [asked, setAsked] = useState(0);
  const [shown, setShown] = useState<Shown<T> | null>(null);
  const scrolled = useScrolled();
  const attach = {
    onPointerEnter: () => setAimed(true),
    onPointerLeave: () => setAimed(false),
    onFocus: () => setAimed(true),
    onBlur: () => setAimed(false),
  };
  const show = () => setAsked((n) => n + 1);
  const same = shown !== null && shown.scope === scope && shown.asked === asked;
  const holds = same && atTop && (aimed || scrolled);
  if (rows && shown?.rows !== rows && !holds) {
    const known = new Set(shown?.rows.map(id));
    setShown({ scope, asked, rows, fresh: shown !== null && shown.scope === scope && atTop ? new Set(rows.map(id).filter((k) => !known.has(k))) : none });
  }
  if (!rows || !shown || !holds) return { rows, waiting: 0, fresh: shown?.fresh ?? none, attach, show };
  const newest = new Map(rows.map((r) => [id(r), r]));
  const top = shown.rows[0];
  const waiting = top ? rows.findIndex((r) => id(r) === id(top)) : rows.length;
  return { rows: shown.rows.map((r) => newest.get(id(r)) ?? r), waiting: waiting < 0 ? rows.length : waiting, fresh: shown.fresh, attach, show };
}

/** Whether the top of the page is out of sight. */
function useScrolled(): boolean {
  const [scrolled, setScrolled] = useState(false);
  useEffect(() => {
    const look = () => setScrolled(window.scrollY > 40);
    window.addEventListener("scroll", look, { passive: true });
    return () => window.removeEventListener("scroll", look);
  }, []);
  return scrolled;
}
