import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, ask } from "@/api/client";
import { useEndpointNames } from "@/api/names";
import { tell } from "@/api/problem";
import type { DeadLetterFilter, Delivery } from "@/api/types";
import { useAccess } from "@/app/access";
import { serviceKey } from "@/app/service-key";
import { Id } from "@/components/data/id";
import { When } from "@/components/data/moment";
import { Confirm } from "@/components/form/confirm";
import { Pager } from "@/components/list/pager";
import { type Column, Table } from "@/components/list/table";
import { useHeld } from "@/components/list/use-held";
import { usePage } from "@/components/list/use-page";
import { Failed, Skeleton, useSlow } from "@/components/state/blank";
import { causeShort } from "@/components/state/cause";
import { Mark } from "@/components/state/marks";
import { Button } from "@/components/ui/button";
import { hostAndPath } from "@/lib/format";

type Fate = "retrying" | "retried" | "discarded";

/** Dead letters one by one, each to be retried or discarded. */
export function Letters({ svc, filter, few }: { svc: string; filter: DeadLetterFilter; few?: boolean }) {
  const access = useAccess();
  const client = useQueryClient();
  const [fates, setFates] = useState<Record<string, Fate>>({});
  const [error, setError] = useState<unknown>(null);
  const [discarding, setDiscarding] = useState<Delivery | null>(null);
  const query: Record<string, string> = {};
  for (const [name, value] of Object.entries(filter)) if (value) query[name] = value;
  const page = usePage(serviceKey(svc, "dead-letters", "list", filter, few ?? false), (cursor) => ask(api.GET("/v1/services/{svc}/dead-letters", { params: { path: { svc }, query: { ...query, cursor: few ? undefined : cursor, limit: few ? 5 : 50 } } })));
  const names = useEndpointNames(svc, (page.rows ?? []).map((d) => d.endpoint_id));
  const held = useHeld(page.rows, keyOf, page.atTop || few === true, page.scope);
  const slow = useSlow(page.isPending);
  if (page.error) return <Failed error={page.error} what="dead letters" retry={() => void page.refetch()} />;
  if (!page.rows) return slow ? <Skeleton rows={few ? 3 : 8} /> : null;
  const rows = few ? (held.rows ?? []).slice(0, 5) : (held.rows ?? []);

  const paramsOf = (d: Delivery) => ({ path: { svc, msg: d.message_id, ep: d.endpoint_id ?? "" } });
  async function retry(d: Delivery) {
    const key = keyOf(d);
    setError(null);
    setFates((f) => ({ ...f, [key]: "retrying" }));
    try {
      await ask(api.POST("/v1/services/{svc}/messages/{msg}/deliveries/{ep}/retry", { params: paramsOf(d), body: {} }));
      setFates((f) => ({ ...f, [key]: "retried" }));
      await client.invalidateQueries({ queryKey: serviceKey(svc, "dead-letters") });
    } catch (refusal) {
      setFates((f) => Object.fromEntries(Object.entries(f).filter(([other]) => other !== key)));
      setError(refusal);
    }
  }
  async function discard(d: Delivery, reason: string | null) {
    await ask(api.POST("/v1/services/{svc}/messages/{msg}/deliveries/{ep}/discard", { params: paramsOf(d), body: { reason } }));
    setFates((f) => ({ ...f, [keyOf(d)]: "discarded" }));
    await client.invalidateQueries({ queryKey: serviceKey(svc, "dead-letters") });
  }
  const columns: Column<Delivery>[] = [
    { key: "message", head: "Message", phone: "lead", cell: (d) => <Id id={d.message_id} /> },
    { key: "type", head: "Event type", phone: "under", cell: (d) => <span className="block max-w-40 truncate font-mono text-mono">{d.event_type}</span> },
    { key: "endpoint", head: "Endpoint", cell: (d) => <span className="block max-w-56 truncate font-mono text-mono text-text-2">{hostAndPath(names.get(d.endpoint_id ?? "")?.url ?? "…")}</span> },
    { key: "ended", head: "Given up", cell: (d) => d.ended_at && <When at={d.ended_at} className="relative" /> },
    { key: "attempts", head: "Attempts", right: true, cell: (d) => d.attempts },
    { key: "last", head: "Last", right: true, phone: "end", cell: (d) => d.last_status_code ?? causeShort(d.cause ?? "") },
    { key: "act", head: <span className="sr-only">Actions</span>, right: true, phone: "under-end", cell: (d) => <Acts fate={fates[keyOf(d)]} may={access.can("manage")} onRetry={() => void retry(d)} onDiscard={() => setDiscarding(d)} /> },
  ];
  return (
    <div className="min-w-0">
      <div {...held.attach}>
        <Table label="Dead letters" columns={few ? columns.filter((c) => c.key !== "endpoint") : columns} rows={rows} id={keyOf} to={(d) => `/services/${svc}/messages/${d.message_id}?endpoint=${d.endpoint_id ?? ""}`} name={(d) => `${d.event_type}, ${d.message_id}`} dimmed={page.isPlaceholderData} />
      </div>
      {error !== null && (
        <p role="alert" className="pt-2 text-danger">
          {tell(error)}
        </p>
      )}
      <Confirm open={discarding !== null} title="Discard this dead letter?" action="Discard it" reason onClose={() => setDiscarding(null)} confirm={async (reason) => (discarding ? discard(discarding, reason) : undefined)}>
        It is not tried any more. It can still be retried from its message, and its history stays.
      </Confirm>
      {!few && <Pager newer={page.newer} older={page.older} />}
    </div>
  );
}

/** What can be done with one, and what was. An accepted retry is not called a delivery. */
function Acts({ fate, may, onRetry, onDiscard }: { fate: Fate | undefined; may: boolean; onRetry: () => void; onDiscard: () => void }) {
  if (fate === "retried") {
    return (
      <span className="inline-flex items-center gap-1.5 text-info">
        <Mark state="pending" /> Retry accepted
      </span>
    );
  }
  if (fate === "discarded") return <span className="text-skip">Discarded</span>;
  if (!may) return null;
  return (
    <span className="relative z-10 inline-flex gap-3 whitespace-nowrap">
      <Button variant="link" size="inline" className="h-6 text-small max-md:h-11" disabled={fate !== undefined} onClick={onRetry}>
        Retry
      </Button>
      <Button variant="link" size="inline" className="h-6 text-small text-text-2 max-md:h-11" disabled={fate !== undefined} onClick={onDiscard}>
        Discard…
      </Button>
    </span>
  );
}

const keyOf = (d: Delivery): string => `${d.message_id}/${d.endpoint_id ?? ""}`;
