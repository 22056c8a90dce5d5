import { useQuery } from "@tanstack/react-query";
import { api, ask } from "@/api/client";
import type { Endpoint, EventType, Message } from "@/api/types";
import { useAccess } from "@/app/access";
import { serviceKey } from "@/app/service-key";

export interface Steps {
  loading: boolean;
  /** Nothing was delivered in this service yet. */
  needed: boolean;
  type: EventType | undefined;
  endpoint: Endpoint | undefined;
  message: Message | undefined;
}

/** How far a new service is. Each step is seen in the lists, whoever made it and however. */
export function useFirstSteps(svc: string): Steps {
  const access = useAccess();
  const path = { svc };
  const messages = useQuery({ queryKey: serviceKey(svc, "messages", "first"), queryFn: () => ask(api.GET("/v1/services/{svc}/messages", { params: { path, query: { limit: 1 } } })), enabled: access.can("read") });
  const message = messages.data?.data[0];
  const started = message !== undefined && message.status !== "pending" && message.status !== "skipped";
  const enabled = messages.data !== undefined && !started;
  const types = useQuery({ queryKey: serviceKey(svc, "event-types", "first"), queryFn: () => ask(api.GET("/v1/services/{svc}/event-types", { params: { path, query: { limit: 10 } } })), enabled });
  const endpoints = useQuery({ queryKey: serviceKey(svc, "endpoints", "first"), queryFn: () => ask(api.GET("/v1/services/{svc}/endpoints", { params: { path, query: { limit: 50 } } })), enabled });
  const delivered = useQuery({ queryKey: serviceKey(svc, "messages", "first-delivered"), queryFn: () => ask(api.GET("/v1/services/{svc}/messages", { params: { path, query: { limit: 1, status: "delivered" } } })), enabled: enabled && message !== undefined });
  const wanted = (e: Endpoint) => e.status !== "removed" && !e.archived_at && e.subscriptions.some((s) => s.status !== "removed");
  return {
    loading: messages.isPending,
    needed: enabled && (delivered.data?.data.length ?? 0) === 0,
    type: types.data?.data.find((t) => !t.archived_at),
    endpoint: endpoints.data?.data.find(wanted),
    message,
  };
}
