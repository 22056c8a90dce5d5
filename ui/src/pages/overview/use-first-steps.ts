import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, ask } from "@/api/client";
import type { Endpoint, EventType, Message, User } from "@/api/types";
import { useAccess } from "@/app/access";
import { serviceKey } from "@/app/service-key";

export interface Steps {
  loading: boolean;
  /** Nothing was ever accepted when the page was opened, and nobody has left the steps since. */
  needed: boolean;
  type: EventType | undefined;
  user: User | undefined;
  endpoint: Endpoint | undefined;
  message: Message | undefined;
  leave: () => void;
}

const left = "left";

/**
 * How far a new service is. Each step is seen in the lists, whoever made it and however. They are for an empty service
 * alone; who watches them sees the last one tick before the overview takes their place. A key of one user has no part in them.
 */
export function useFirstSteps(svc: string): Steps {
  const access = useAccess();
  const path = { svc };
  const mine = access.can("read") && access.userId === null;
  const [watched, setWatched] = useState<string | null>(null);
  const messages = useQuery({ queryKey: serviceKey(svc, "messages", "first"), queryFn: () => ask(api.GET("/v1/services/{svc}/messages", { params: { path, query: { limit: 1 } } })), enabled: mine });
  const message = messages.data?.data[0];
  const empty = messages.data !== undefined && message === undefined && messages.data.next_cursor === null;
  if (empty && watched !== svc && watched !== left) setWatched(svc);
  const enabled = watched === svc;
  const types = useQuery({ queryKey: serviceKey(svc, "event-types", "first"), queryFn: () => ask(api.GET("/v1/services/{svc}/event-types", { params: { path, query: { limit: 10 } } })), enabled });
  const users = useQuery({ queryKey: serviceKey(svc, "users", "first"), queryFn: () => ask(api.GET("/v1/services/{svc}/users", { params: { path, query: { limit: 10 } } })), enabled });
  const endpoints = useQuery({ queryKey: serviceKey(svc, "endpoints", "first"), queryFn: () => ask(api.GET("/v1/services/{svc}/endpoints", { params: { path, query: { limit: 50 } } })), enabled });
  const wanted = (e: Endpoint) => e.status !== "removed" && !e.archived_at && e.subscriptions.some((s) => s.status !== "removed");
  return {
    loading: mine && messages.isPending,
    needed: enabled,
    type: types.data?.data.find((t) => !t.archived_at),
    user: users.data?.data.find((u) => !u.archived_at),
    endpoint: endpoints.data?.data.find(wanted),
    message,
    leave: () => setWatched(left),
  };
}
