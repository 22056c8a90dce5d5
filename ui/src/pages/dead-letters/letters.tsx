import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import { api, ask } from "@/api/client";
import { useEndpointNames } from "@/api/names";
import { tell } from "@/api/problem";
import type { DeadLetterFilter, Delivery } from "@/api/types";
import { useAccess } from "@/app/access";
import { serviceKey } from "@/app/service-key";
import { Id } from "@/components/data/id";
import { When } from "@/components/data/moment";
import { Pager } from "@/components/list/pager";
import { usePage } from "@/components/list/use-page";
import { Failed, Skeleton, useSlow } from "@/components/state/blank";
import { causeShort } from "@/components/state/cause";
import { Mark } from "@/components/state/marks";
import { Button } from "@/components/ui/button";
import { hostAndPath } from "@/lib/format";

type Fate = "retrying" | "discarding" | "retried" | "discarded";

/** Dead letters one by one, each to be retried or discarded. */
export function Letters({ svc, filter, few }: { svc: string; filter: DeadLetterFilter; few?: boolean }) {
  const access = useAccess();
  const client = useQueryClient();
  const [fates, setFates] = useState<Record<string, Fate>>({});
  const [error, setError] = useState<unknown>(null);
  const query: Record<string, string> = {};
  for (const [name, value] of Object.entries(filter)) if (value) query[name] = value;
  const page = usePage(serviceKey(svc, "dead-letters", "list", filter, few ?? false), (cursor) => ask(api.GET("/v1/services/{svc}/dead-letters", { params: { path: { svc }, query: { ...query, cursor: few ? undefined : cursor, limit: few ? 5 : 50 } } })));
  const names = useEndpointNames(svc, (page.rows ?? []).map((d) => d.endpoint_id));
  const slow = useSlow(page.isPending);
  if (page.error) return <Failed error={page.error} what="dead letters" retry={() => void page.refetch()} />;
  if (!page.rows) return slow ? <Skeleton rows={few ? 3 : 8} /> : null;
  const rows = few ? page.rows.slice(0, 5) : page.rows;

  async function act(d: Delivery, kind: "retry" | "discard") {
    const key = keyOf(d);
    setError(null);
    setFates((f) => ({ ...f, [key]: kind === "retry" ? "retrying" : "discarding" }));
    const params = { path: { svc, msg: d.message_id, ep: d.endpoint_id ?? "" } };
    try {
      if (kind === "retry") await ask(api.POST("/v1/services/{svc}/messages/{msg}/deliveries/{ep}/retry", { params, body: {} }));
      else await ask(api.POST("/v1/services/{svc}/messages/{msg}/deliveries/{ep}/discard", { params, body: {} }));
      setFates((f) => ({ ...f, [key]: kind === "retry" ? "retried" : "discarded" }));
      await client.invalidateQueries({ queryKey: serviceKey(svc, "dead-letters") });
    } catch (refusal) {
      setFates((f) => Object.fromEntries(Object.entries(f).filter(([other]) => other !== key)));
      setError(refusal);
    }
  }
  return (
    <div className="min-w-0">
      <table aria-label="Dead letters" className="w-full text-left">
        <thead>
          <tr className="border-b border-border text-small text-muted">
            <th scope="col" className="h-8 font-normal">Message</th>
            <th scope="col" className="font-normal max-md:hidden">Event type</th>
            {!few && <th scope="col" className="font-normal max-md:hidden">Endpoint</th>}
            <th scope="col" className="font-normal max-md:hidden">Given up</th>
            <th scope="col" className="text-right font-normal max-md:hidden">Attempts</th>
            <th scope="col" className="text-right font-normal">Last</th>
            <th scope="col"><span className="sr-only">Actions</span></th>
          </tr>
        </thead>
        <tbody>
          {rows.map((d) => {
            const fate = fates[keyOf(d)];
            return (
              <tr key={keyOf(d)} className="border-b border-border hover:bg-hover">
                <td className="h-[34px] pr-3">
                  <Link to={`/services/${svc}/messages/${d.message_id}?endpoint=${d.endpoint_id ?? ""}`} className="hover:underline">
                    <Id id={d.message_id} />
                  </Link>
                </td>
                <td className="max-w-40 truncate pr-3 font-mono text-mono max-md:hidden">{d.event_type}</td>
                {!few && <td className="max-w-56 truncate pr-3 font-mono text-mono text-text-2 max-md:hidden">{hostAndPath(names.get(d.endpoint_id ?? "")?.url ?? "…")}</td>}
                <td className="pr-3 max-md:hidden">{d.ended_at && <When at={d.ended_at} />}</td>
                <td className="pr-3 text-right max-md:hidden">{d.attempts}</td>
                <td className="pr-3 text-right">{d.last_status_code ?? causeShort(d.cause ?? "")}</td>
                <td className="text-right whitespace-nowrap">
                  {fate === "retried" ? (
                    <span className="inline-flex items-center gap-1.5 text-info">
                      <Mark state="pending" /> Retry accepted
                    </span>
                  ) : fate === "discarded" ? (
                    <span className="text-skip">Discarded</span>
                  ) : (
                    access.can("manage") && (
                      <span className="inline-flex gap-3">
                        <Button variant="link" size="inline" className="text-small max-md:h-11" disabled={fate !== undefined} onClick={() => void act(d, "retry")}>
                          Retry
                        </Button>
                        <Button variant="link" size="inline" className="text-small text-text-2 max-md:h-11" disabled={fate !== undefined} onClick={() => void act(d, "discard")}>
                          Discard
                        </Button>
                      </span>
                    )
                  )}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
      {error !== null && (
        <p role="alert" className="pt-2 text-danger">
          {tell(error)}
        </p>
      )}
      {!few && <Pager newer={page.newer} older={page.older} />}
    </div>
  );
}

const keyOf = (d: Delivery): string => `${d.message_id}/${d.endpoint_id ?? ""}`;
