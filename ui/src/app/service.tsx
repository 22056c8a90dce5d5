import { useQuery } from "@tanstack/react-query";
import { createContext, useContext, useEffect } from "react";
import { Outlet, useParams } from "react-router";
import { api, ask } from "@/api/client";
import type { Service } from "@/api/types";
import { Failed, Skeleton, useSlow } from "@/components/state/blank";
import { LiveProvider } from "./live/provider";
import { rememberService } from "./preferences";
import { serviceKey } from "./service-key";

const Context = createContext<Service | null>(null);

/** The service of the page's path. */
export function useService(): Service {
  const service = useContext(Context);
  if (!service) throw new Error("useService outside of a service's page");
  return service;
}

/** Loads the service of the path for the pages under it. */
export function ServicePages() {
  const { svc = "" } = useParams();
  const { data, error, isPending, refetch } = useQuery({
    queryKey: serviceKey(svc, "service"),
    queryFn: () => ask(api.GET("/v1/services/{svc}", { params: { path: { svc } } })),
    staleTime: 60_000,
  });
  const slow = useSlow(isPending);
  useEffect(() => {
    if (data) rememberService(data.id);
  }, [data]);
  if (error) return <Failed error={error} what="service" retry={() => void refetch()} className="p-6" />;
  if (!data) return slow ? <Skeleton className="p-6" /> : null;
  return (
    <Context value={data}>
      <LiveProvider service={data.id}>
        <Outlet />
      </LiveProvider>
    </Context>
  );
}
