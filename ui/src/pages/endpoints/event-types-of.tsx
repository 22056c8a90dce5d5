import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { api, ask, tellServer } from "@/api/client";
import { tell } from "@/api/problem";
import { eventTypeSource } from "@/api/sources";
import type { Endpoint, Stats, Subscription } from "@/api/types";
import { useAccess } from "@/app/access";
import { serviceKey } from "@/app/service-key";
import { Ago } from "@/components/data/moment";
import { Confirm } from "@/components/form/confirm";
import { Picker } from "@/components/form/picker";
import { type Column, Table } from "@/components/list/table";
import { useHeld } from "@/components/list/use-held";
import { Failed, Skeleton, useSlow } from "@/components/state/blank";
import { StateWord } from "@/components/state/marks";
import { Button } from "@/components/ui/button";
import { count } from "@/lib/format";
import { failureText, subscriptionState } from "./state";

const none: Subscription[] = [];
const idOf = (s: Subscription) => s.id;

function numberOf(figures: Stats["event_types"] | undefined, s: Subscription, what: "delivered" | "skipped") {
  const n = figures?.find((f) => f.event_type_id === s.event_type_id)?.figures[what] ?? 0;
  return n === 0 ? <span className="text-muted">–</span> : count(n);
}

/** The event types that an endpoint gets, and their state. */
export function EventTypesOf({ svc, endpoint, figures }: { svc: string; endpoint: Endpoint; figures: Stats["event_types"] | undefined }) {
  const access = useAccess();
  const client = useQueryClient();
  const [removing, setRemoving] = useState<Subscription | null>(null);
  const [error, setError] = useState<unknown>(null);
  const { data, error: failed, isPending, refetch } = useQuery({
    queryKey: serviceKey(svc, "subscriptions", endpoint.id),
    queryFn: () => ask(api.GET("/v1/services/{svc}/subscriptions", { params: { path: { svc }, query: { endpoint_id: endpoint.id, limit: 100 } } })),
    refetchInterval: (q) => (q.state.data?.data.some((s) => s.status === "requested" || s.status === "pending_confirmation") ? 4000 : false),
  });
  const standing = useMemo(() => data?.data.filter((s) => s.status !== "removed"), [data]);
  const held = useHeld(standing, idOf, true, endpoint.id);
  const slow = useSlow(isPending);
  if (failed) return <Failed error={failed} what="subscriptions" retry={() => void refetch()} />;
  if (!data) return slow ? <Skeleton rows={3} /> : null;
  const rows = standing ?? none;
  const mayChange = access.can("manage") && endpoint.status !== "removed" && !endpoint.archived_at;

  async function add(event_type: string) {
    setError(null);
    try {
      await ask(api.POST("/v1/services/{svc}/subscriptions", { params: { path: { svc } }, body: { user_id: endpoint.user_id, event_type, endpoint: endpoint.id } }));
      await client.invalidateQueries({ queryKey: serviceKey(svc) });
    } catch (refusal) {
      setError(refusal);
    }
  }
  const columns: Column<Subscription>[] = [
    { key: "type", head: "Event type", phone: "lead", cell: (s) => <span className="font-mono text-mono wrap-anywhere">{s.event_type}</span> },
    {
      key: "state",
      head: "State",
      phone: "under",
      cell: (s) => (
        <>
          {s.archived_at ? <StateWord state="archived" word="Event type archived" /> : <StateWord state={subscriptionState(s)} />}
          {s.status === "failed" && <span className="block text-small text-muted">{failureText(s.reason)}</span>}
        </>
      ),
    },
    { key: "delivered", head: "Delivered in 24 h", right: true, cell: (s) => numberOf(figures, s, "delivered") },
    { key: "skipped", head: "Skipped", right: true, cell: (s) => numberOf(figures, s, "skipped") },
    { key: "changed", head: "Changed", right: true, phone: "end", cell: (s) => <Ago at={s.status_changed.at} suffix=" ago" className="relative text-text-2" /> },
    {
      key: "act",
      head: <span className="sr-only">Actions</span>,
      right: true,
      phone: "under-end",
      cell: (s) =>
        mayChange && (
          <Button variant="link" size="inline" className="relative z-10 h-6 text-small max-md:h-11" onClick={() => setRemoving(s)}>
            Unsubscribe
          </Button>
        ),
    },
  ];
  return (
    <>
      {rows.length === 0 && <p className="py-4 text-text-2">It is subscribed to nothing, so it gets nothing but tests.</p>}
      {rows.length > 0 && (
        <div {...held.attach}>
          <Table label="Event types of this endpoint" columns={columns} rows={held.rows ?? none} id={idOf} to={(s) => `/services/${svc}/event-types/${s.event_type_id}`} name={(s) => s.event_type} />
        </div>
      )}
      {error !== null && (
        <p role="alert" className="pt-3 text-danger">
          {tell(error)}
        </p>
      )}
      {mayChange && (
        <div className="max-w-sm py-3">
          <Picker source={eventTypeSource(svc)} chosen="" label="Add an event type" placeholder="Add an event type" none="No other event type has this name." mono without={rows.map((s) => s.event_type)} onChoose={(t) => void add(t.value)} />
        </div>
      )}
      <Confirm
        open={removing !== null}
        title={`Unsubscribe from ${removing?.event_type ?? ""}?`}
        action="Unsubscribe"
        onClose={() => setRemoving(null)}
        confirm={async () => {
          await tellServer(api.DELETE("/v1/services/{svc}/subscriptions/{sub}", { params: { path: { svc, sub: removing?.id ?? "" } } }));
          await client.invalidateQueries({ queryKey: serviceKey(svc) });
        }}
      >
        Messages of this type are not sent here any more. What was accepted is still delivered. It can be subscribed again.
      </Confirm>
    </>
  );
}
