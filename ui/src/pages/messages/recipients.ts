import { useQuery } from "@tanstack/react-query";
import { api, ask } from "@/api/client";
import { loadMessage } from "@/api/message";
import type { EventType } from "@/api/types";
import { serviceKey } from "@/app/service-key";
import { plural } from "@/lib/format";

/** Whom a message is for. */
export type To = "endpoint" | "user" | "all";

/** An event type by its name, of those that take messages. */
export function useTypeNamed(svc: string, name: string, enabled: boolean) {
  return useQuery({
    queryKey: serviceKey(svc, "event-types", "named", name),
    queryFn: async () => {
      const page = await ask(api.GET("/v1/services/{svc}/event-types", { params: { path: { svc }, query: { name } } }));
      return page.data.find((t) => !t.archived_at) ?? null;
    },
    enabled: enabled && name !== "",
    staleTime: 5000,
  });
}

/** What to begin with where a type has no example: what was really sent of it last. */
export function useNewestPayload(svc: string, name: string, enabled: boolean) {
  return useQuery({
    queryKey: serviceKey(svc, "messages", "newest-payload", name),
    queryFn: async () => {
      const page = await ask(api.GET("/v1/services/{svc}/messages", { params: { path: { svc }, query: { event_type: name, limit: 1 } } }));
      const newest = page.data[0];
      if (!newest) return null;
      const whole = await loadMessage(svc, newest.id);
      return whole.payload === "sealed" ? null : whole.pretty;
    },
    enabled: enabled && name !== "",
    staleTime: 60_000,
  });
}

interface Reach {
  count: number;
  more: boolean;
}

/** How many endpoints are subscribed and active: of one user exactly; of all, those that are paused are skipped later. */
export function useReach(svc: string, type: EventType | null | undefined, to: To, user: string, enabled: boolean) {
  return useQuery({
    queryKey: serviceKey(svc, "subscriptions", "reach", type?.id ?? "", to, user),
    queryFn: async (): Promise<Reach> => {
      const path = { svc };
      if (to === "all") {
        const page = await ask(api.GET("/v1/services/{svc}/subscriptions", { params: { path, query: { event_type: type?.name, status: "active", limit: 100 } } }));
        return { count: page.data.length, more: page.next_cursor !== null };
      }
      const page = await ask(api.GET("/v1/services/{svc}/endpoints", { params: { path, query: { user_id: user, status: "active", limit: 100 } } }));
      return { count: page.data.filter((e) => e.subscriptions.some((s) => s.event_type_id === type?.id && s.status === "active")).length, more: page.next_cursor !== null };
    },
    enabled: enabled && Boolean(type) && (to === "all" || (to === "user" && user !== "")),
    staleTime: 2000,
  });
}

/** Says who gets it, before it is sent. */
export function reachText(to: To, reach: Reach | undefined): string {
  if (to === "endpoint") return "This endpoint alone gets it, whatever it is subscribed to.";
  if (!reach) return to === "user" ? "The endpoints of one user get it." : "";
  const n = `${plural(reach.count, "endpoint")}${reach.more ? " and more" : ""}`;
  if (reach.count === 0) return to === "user" ? "No active endpoint of this user is subscribed: nobody gets it, and its history says why." : "Nobody is subscribed: nobody gets it, and its history says why.";
  return to === "user" ? `${n} of this user ${reach.count === 1 && !reach.more ? "gets" : "get"} it, now.` : `${n} of all your users ${reach.count === 1 && !reach.more ? "is" : "are"} subscribed and ${reach.count === 1 && !reach.more ? "gets" : "get"} it, now; paused ones are skipped.`;
}
