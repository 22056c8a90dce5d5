import { useQueries } from "@tanstack/react-query";
import { Link } from "react-router";
import { api, ask } from "@/api/client";
import type { Message } from "@/api/types";
import { serviceKey } from "@/app/service-key";
import { Id } from "@/components/data/id";
import { Ago, In } from "@/components/data/moment";
import { Pager } from "@/components/list/pager";
import { usePage } from "@/components/list/use-page";
import { Failed, Skeleton, useSlow } from "@/components/state/blank";
import { causeText, skipText } from "@/components/state/cause";
import { StateWord } from "@/components/state/marks";
import { plural } from "@/lib/format";

const perPage = 20;

/** What was sent to an endpoint, newest first: of each message this endpoint's part alone. */
export function DeliveriesOf({ svc, endpoint }: { svc: string; endpoint: string }) {
  const page = usePage<Message>(serviceKey(svc, "messages", "to", endpoint), (cursor) => ask(api.GET("/v1/services/{svc}/messages", { params: { path: { svc }, query: { endpoint_id: endpoint, cursor, limit: perPage } } })));
  const rows = page.rows ?? [];
  const deliveries = useQueries({
    queries: rows.map((m) => ({
      queryKey: serviceKey(svc, "message", m.id, "to", endpoint),
      queryFn: () => ask(api.GET("/v1/services/{svc}/messages/{msg}/deliveries", { params: { path: { svc, msg: m.id }, query: { endpoint_id: endpoint, limit: 1 } } })).then((p) => p.data[0] ?? null),
      staleTime: 5000,
    })),
    combine: (results) => results.map((r) => r.data ?? null),
  });
  const slow = useSlow(page.isPending);
  if (page.error) return <Failed error={page.error} what="deliveries" retry={() => void page.refetch()} />;
  if (!page.rows) return slow ? <Skeleton rows={4} /> : null;
  if (rows.length === 0) return <p className="py-3 text-text-2">Nothing was sent to this endpoint yet. Send a test.</p>;
  return (
    <>
      <ul>
        {rows.map((m, i) => {
          const d = deliveries[i];
          return (
            <li key={m.id} className="border-b border-border">
              <Link to={`/services/${svc}/messages/${m.id}?endpoint=${endpoint}`} className="grid min-h-[34px] grid-cols-[104px_minmax(0,1fr)_minmax(0,1.2fr)_56px_96px] items-center gap-3 hover:bg-hover max-md:min-h-12 max-md:grid-cols-[minmax(0,1fr)_auto] max-md:gap-y-0 max-md:py-1.5">
                {d ? <StateWord state={d.status === "failed" && d.cause === "no_report" ? "no_report" : d.status} /> : <span />}
                <span className="truncate font-mono text-mono max-md:order-3">{m.event_type}</span>
                <span className="truncate text-text-2 max-md:order-4">
                  {d?.status === "skipped" ? skipText(d.reason) : d && `${d.last_status_code ?? (d.cause ? causeText(d.cause) : "no answer yet")}, ${plural(d.attempts, "attempt")}`}
                  {d?.status === "retrying" && d.next_attempt_at && (
                    <>
                      , next <In at={d.next_attempt_at} />
                    </>
                  )}
                </span>
                <Ago at={m.created_at} className="text-right text-text-2" />
                <Id id={m.id} className="justify-end max-md:hidden" />
              </Link>
            </li>
          );
        })}
      </ul>
      <Pager newer={page.newer} older={page.older} />
    </>
  );
}
