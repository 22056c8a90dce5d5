import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { api, ask } from "@/api/client";
import { serviceKey } from "@/app/service-key";
import { Failed, Skeleton, useSlow } from "@/components/state/blank";
import { Mark, wordOf } from "@/components/state/marks";
import { Url } from "@/components/data/url";
import { plural } from "@/lib/format";

/** The endpoints of a user, one a line. */
export function EndpointsOf({ svc, filter, empty }: { svc: string; filter: { user_id: string }; empty: string }) {
  const { data, error, isPending, refetch } = useQuery({
    queryKey: serviceKey(svc, "endpoints", "of", filter),
    queryFn: () => ask(api.GET("/v1/services/{svc}/endpoints", { params: { path: { svc }, query: { ...filter, limit: 100 } } })),
  });
  const slow = useSlow(isPending);
  if (error) return <Failed error={error} what="endpoints" retry={() => void refetch()} />;
  if (!data) return slow ? <Skeleton rows={3} /> : null;
  const rows = data.data.toSorted((a, b) => Number(a.status === "removed") - Number(b.status === "removed"));
  if (rows.length === 0) return <p className="border-t border-border py-3 text-text-2">{empty}</p>;
  return (
    <>
    <ul className="border-t border-border">
      {rows.map((e) => {
        const types = e.subscriptions.filter((s) => s.status !== "removed").length;
        return (
          <li key={e.id} className="border-b border-border">
            <Link to={`/services/${svc}/endpoints/${e.id}`} className="flex min-h-[34px] items-center gap-3 py-1.5 hover:bg-hover max-md:min-h-11">
              <Mark state={e.status} />
              <span className="sr-only">{wordOf(e.status)}</span>
              <Url url={e.url} className="flex-1" />
              <span className="text-small whitespace-nowrap text-muted">{e.status === "active" ? plural(types, "event type") : wordOf(e.status).toLowerCase()}</span>
            </Link>
          </li>
        );
      })}
    </ul>
    {data.next_cursor !== null && (
      <p className="pt-2">
        <Link to={`/services/${svc}/endpoints?user_id=${filter.user_id}`} className="text-accent hover:underline">
          All of them
        </Link>
      </p>
    )}
    </>
  );
}
