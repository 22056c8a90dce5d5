import { useQuery } from "@tanstack/react-query";
import { api, ask } from "./client";

export const servicesKey = ["services"] as const;

/** The services that the key sees, a hundred at most. */
export function useServices() {
  return useQuery({ queryKey: servicesKey, queryFn: () => ask(api.GET("/v1/services", { params: { query: { limit: 100 } } })), staleTime: 30_000 });
}

export function useServiceName(id: string | null): string | undefined {
  const { data } = useServices();
  return data?.data.find((s) => s.id === id)?.name;
}
