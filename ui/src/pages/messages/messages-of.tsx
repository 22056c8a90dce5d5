import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { api, ask } from "@/api/client";
import { serviceKey } from "@/app/service-key";
import { FanOut } from "@/charts/fan-out";
import { Id } from "@/components/data/id";
import { Ago } from "@/components/data/moment";
import { Failed, Skeleton, useSlow } from "@/components/state/blank";
import { StateWord } from "@/components/state/marks";

/** The newest messages of a user, an endpoint or an event type. */
export function MessagesOf({ svc, filter, empty }: { svc: string; filter: { user_id?: string; endpoint_id?: string; event_type?: string }; empty: string }) {
  const { data, error, isPending, refetch } = useQuery({
    queryKey: serviceKey(svc, "messages", "of", filter),
    queryFn: () => ask(api.GET("/v1/services/{svc}/messages", { params: { path: { svc }, query: { ...filter, limit: 12 } } })),
  });
  const slow = useSlow(isPending);
  if (error) return <Failed error={error} what="messages" retry={() => void refetch()} />;
  if (!data) return slow ? <Skeleton rows={4} /> : null;
  if (data.data.length === 0) return <p className="border-t border-border py-3 text-text-2">{empty}</p>;
  return (
    <ul className="border-t border-border">
      {data.data.map((m) => (
        <li key={m.id} className="border-b border-border">
          <Link to={`/services/${svc}/messages/${m.id}`} className="flex min-h-[34px] flex-wrap items-center gap-x-3 py-1 hover:bg-hover max-md:min-h-11">
            <StateWord state={m.status} className="w-24" />
            <span className="min-w-24 flex-1 truncate font-mono text-mono">{m.event_type}</span>
            <span className="max-md:hidden">
              <FanOut counts={m.deliveries} more={m.more} />
            </span>
            <Ago at={m.created_at} className="w-14 text-right text-text-2" />
            <Id id={m.id} className="w-24 justify-end max-md:hidden" />
          </Link>
        </li>
      ))}
    </ul>
  );
}
