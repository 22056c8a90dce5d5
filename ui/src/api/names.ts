import { useQueries, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useAccess } from "@/app/access";
import { serviceKey } from "@/app/service-key";
import { api, ask } from "./client";
import type { Endpoint, User } from "./types";

// Rows name users and endpoints by their ids. The newest hundred are asked for at once; others one by one, and kept. What can
// be chosen is not asked for here: see sources.ts.

const kept = 5 * 60_000;

function usersQuery(svc: string) {
  return { queryKey: serviceKey(svc, "users", "newest"), queryFn: () => ask(api.GET("/v1/services/{svc}/users", { params: { path: { svc }, query: { limit: 100 } } })), staleTime: 60_000 };
}

const none: never[] = [];

function distinct(ids: readonly (string | null | undefined)[]): string[] {
  return [...new Set(ids.filter((id): id is string => Boolean(id)))].toSorted();
}

/** Users by id, of those that rows name. */
export function useUserNames(svc: string, ids: readonly (string | null | undefined)[]): Map<string, User> {
  const access = useAccess();
  const { data, isFetched } = useQuery({ ...usersQuery(svc), enabled: access.userId === null && ids.some(Boolean) });
  const known = useMemo(() => new Map((data?.data ?? []).map((u) => [u.id, u])), [data]);
  const missing = isFetched || access.userId !== null ? distinct(ids).filter((id) => !known.has(id)) : none;
  return useQueries({
    queries: missing.map((usr) => ({
      queryKey: serviceKey(svc, "user", usr),
      queryFn: () => ask(api.GET("/v1/services/{svc}/users/{usr}", { params: { path: { svc, usr } } })),
      staleTime: kept,
      retry: false,
    })),
    combine: (results) => new Map([...known, ...results.flatMap((r) => (r.data ? [[r.data.id, r.data] as const] : []))]),
  });
}

/** Endpoints by id, of those that rows name. */
export function useEndpointNames(svc: string, ids: readonly (string | null | undefined)[]): Map<string, Endpoint> {
  const { data, isFetched } = useQuery({
    queryKey: serviceKey(svc, "endpoints", "newest"),
    queryFn: () => ask(api.GET("/v1/services/{svc}/endpoints", { params: { path: { svc }, query: { limit: 100 } } })),
    staleTime: 30_000,
    enabled: ids.some(Boolean),
  });
  const known = useMemo(() => new Map((data?.data ?? []).map((e) => [e.id, e])), [data]);
  const missing = isFetched ? distinct(ids).filter((id) => !known.has(id)) : none;
  return useQueries({
    queries: missing.map((ep) => ({
      queryKey: serviceKey(svc, "endpoint", ep),
      queryFn: () => ask(api.GET("/v1/services/{svc}/endpoints/{ep}", { params: { path: { svc, ep } } })),
      staleTime: kept,
      retry: false,
    })),
    combine: (results) => new Map([...known, ...results.flatMap((r) => (r.data ? [[r.data.id, r.data] as const] : []))]),
  });
}
