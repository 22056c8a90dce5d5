import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { api, ask } from "@/api/client";
import { useEndpointNames, useUserNames } from "@/api/names";
import { serviceKey } from "@/app/service-key";
import { Url } from "@/components/data/url";
import { Failed, Skeleton, useSlow } from "@/components/state/blank";
import { StateWord } from "@/components/state/marks";
import { subscriptionState } from "../endpoints/state";

/** Subscriptions to an event type that are not removed. */
export function useSubscribers(svc: string, name: string | undefined) {
  return useQuery({
    queryKey: serviceKey(svc, "subscriptions", "of-type", name),
    queryFn: async () => {
      const page = await ask(api.GET("/v1/services/{svc}/subscriptions", { params: { path: { svc }, query: { event_type: name, limit: 100 } } }));
      return { ...page, data: page.data.filter((s) => s.status !== "removed" && !s.archived_at) };
    },
    enabled: name !== undefined,
  });
}

const shown = 30;

export function Subscribers({ svc, query }: { svc: string; query: ReturnType<typeof useSubscribers> }) {
  const rows = query.data?.data ?? [];
  const endpoints = useEndpointNames(svc, rows.map((s) => s.endpoint_id));
  const users = useUserNames(svc, rows.map((s) => s.user_id));
  const slow = useSlow(query.isPending);
  if (query.error) return <Failed error={query.error} what="subscriptions" retry={() => void query.refetch()} />;
  if (!query.data) return slow ? <Skeleton rows={3} /> : null;
  if (rows.length === 0) return <p className="border-t border-border py-3 text-text-2">Nobody yet. Subscribe an endpoint on its own page.</p>;
  return (
    <>
    <ul className="border-t border-border">
      {rows.slice(0, shown).map((s) => (
        <li key={s.id} className="border-b border-border">
          <Link to={`/services/${svc}/endpoints/${s.endpoint_id}`} className="grid min-h-[34px] grid-cols-[minmax(0,160px)_minmax(0,1fr)_auto] items-center gap-4 hover:bg-hover max-md:min-h-11">
            <span className="truncate font-[550]">{users.get(s.user_id)?.name ?? "…"}</span>
            <Url url={endpoints.get(s.endpoint_id)?.url ?? "…"} className="text-text-2" />
            <StateWord state={subscriptionState(s)} />
          </Link>
        </li>
      ))}
    </ul>
    {rows.length > shown && <p className="pt-2 text-small text-muted">{`The newest ${shown} of ${rows.length}${query.data.next_cursor === null ? "" : "+"}.`}</p>}
    </>
  );
}
