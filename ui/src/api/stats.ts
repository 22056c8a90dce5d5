import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useAccess } from "@/app/access";
import { serviceKey } from "@/app/service-key";
import { api, ask } from "./client";
import type { Service, Stats } from "./types";

export type Bucket = Stats["bucket"];

/** The time that figures are asked for: a range that ends now, or from when to when. */
export interface Span {
  range?: string | undefined;
  since?: string | undefined;
  until?: string | undefined;
}

const hour = 3_600_000;
const spans: Record<string, number> = { "1h": hour, "24h": 24 * hour, "7d": 7 * 24 * hour, "30d": 30 * 24 * hour };

/** The finest buckets that give a picture of about fifty bars. */
export function bucketOf(span: number): Bucket {
  if (span <= 4 * hour) return "5m";
  if (span <= 26 * hour) return "15m";
  if (span <= 4 * 24 * hour) return "1h";
  if (span <= 15 * 24 * hour) return "6h";
  return "1d";
}

const young = 90 * 60_000;

/** What a page shows at first: a day; of a service of today an hour, since in a picture of a day that would be one bar. */
export function usualRange(service: Service): "1h" | "24h" {
  return Date.now() - new Date(service.created_at).getTime() < young ? "1h" : "24h";
}

function spanOf({ range, since, until }: Span): { since: string; until?: string; bucket: Bucket } {
  if (since) {
    const end = until ? new Date(until).getTime() : Date.now();
    return { since, until, bucket: bucketOf(end - new Date(since).getTime()) };
  }
  const span = spans[range ?? "24h"] ?? 24 * hour;
  return { since: new Date(Date.now() - span).toISOString(), bucket: bucketOf(span) };
}

/** Figures of a service, of one user, endpoint or event type of it. */
export function useStats(svc: string, span: Span, of: { user_id?: string; endpoint_id?: string; event_type?: string } = {}) {
  const access = useAccess();
  return useQuery({
    queryKey: serviceKey(svc, "stats", span, of),
    queryFn: () => ask(api.GET("/v1/services/{svc}/stats", { params: { path: { svc }, query: { ...spanOf(span), ...of } } })),
    placeholderData: keepPreviousData,
    staleTime: 5000,
    refetchInterval: 30_000,
    enabled: access.can("read"),
  });
}
