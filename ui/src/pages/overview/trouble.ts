import type { Stats } from "@/api/types";

type Row = Stats["endpoints"][number];

/**
 * How much trouble an endpoint has, 0 for none: dead letters wait for it, its newest attempt failed, or something is tried
 * again. What failed once and arrived since is no trouble any more. All of the overview goes by this.
 */
export function troubleOf(e: Row): number {
  if (e.status === "removed") return 0;
  const failing = e.last !== null && e.last.outcome !== "delivered";
  return e.now.failed * 3 + e.now.retrying + (failing ? 1 : 0);
}

/** The endpoints in trouble, worst first. */
export function inTrouble(stats: Stats): Row[] {
  return stats.endpoints.filter((e) => troubleOf(e) > 0).toSorted((a, b) => troubleOf(b) - troubleOf(a));
}
