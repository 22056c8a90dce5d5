import { useQuery } from "@tanstack/react-query";
import { useAccess } from "@/app/access";
import { serviceKey } from "@/app/service-key";
import { api, ask } from "./client";

interface Count {
  count: number;
  more: boolean;
}

/** How many dead letters wait for somebody; null where none do. */
export function useDeadLetterCount(svc: string | null): Count | null {
  const access = useAccess();
  const { data } = useQuery({
    queryKey: serviceKey(svc ?? "", "dead-letters", "count"),
    queryFn: () => ask(api.GET("/v1/services/{svc}/dead-letters/groups", { params: { path: { svc: svc ?? "" } } })),
    enabled: svc !== null && access.can("read"),
    staleTime: 5000,
  });
  const n = data?.data.reduce((sum, g) => sum + g.count, 0) ?? 0;
  return n > 0 ? { count: n, more: data?.more ?? false } : null;
}

/** How many subscriptions wait for their confirmation; null where none do. */
export function useUnconfirmedCount(svc: string | null): Count | null {
  const access = useAccess();
  const { data } = useQuery({
    queryKey: serviceKey(svc ?? "", "subscriptions", "unconfirmed"),
    queryFn: () => ask(api.GET("/v1/services/{svc}/subscriptions", { params: { path: { svc: svc ?? "" }, query: { status: "pending_confirmation", limit: 100 } } })),
    enabled: svc !== null && access.can("read"),
    staleTime: 5000,
  });
  const n = data?.data.filter((s) => !s.archived_at).length ?? 0;
  return n > 0 ? { count: n, more: data?.next_cursor !== null } : null;
}
