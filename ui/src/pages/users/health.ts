import type { Stats } from "@/api/types";

export interface Health {
  delivered: number;
  failed: number;
  /** Those that were sent: skipped ones are not among them. */
  sent: number;
  rate: number;
  endpoints: number;
}

/** How each user's endpoints did, from the figures of the endpoints. */
export function userHealth(stats: Stats | undefined): Map<string, Health> {
  const out = new Map<string, Health>();
  for (const e of stats?.endpoints ?? []) {
    const h = out.get(e.user_id) ?? { delivered: 0, failed: 0, sent: 0, rate: 1, endpoints: 0 };
    h.delivered += e.figures.delivered;
    h.failed += e.figures.failed;
    h.sent = h.delivered + h.failed;
    h.rate = h.sent > 0 ? h.delivered / h.sent : 1;
    h.endpoints += e.status === "active" ? 1 : 0;
    out.set(e.user_id, h);
  }
  return out;
}
