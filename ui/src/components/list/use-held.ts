import { useEffect, useState } from "react";

interface Shown<T> {
  scope: string;
  asked: number;
  rows: readonly T[];
  fresh: ReadonlySet<string>;
}

const none: ReadonlySet<string> = new Set();

/**
 * Keeps rows where they are while somebody aims at them. Those that are shown are brought up to date in their places; new
 * ones wait above, and are counted, until nobody hovers over the list or they are asked for. So does another order. rows must
 * be the same array until they change.
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
