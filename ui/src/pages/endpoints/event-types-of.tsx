import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState } from "react";
import { Link } from "react-router";
import { api, ask, tellServer } from "@/api/client";
import { useEventTypes } from "@/api/names";
import { tell } from "@/api/problem";
import type { Endpoint, Subscription } from "@/api/types";
import { useAccess } from "@/app/access";
import { serviceKey } from "@/app/service-key";
import { Ago } from "@/components/data/moment";
import { Confirm } from "@/components/form/confirm";
import { Failed, Skeleton, useSlow } from "@/components/state/blank";
import { StateWord } from "@/components/state/marks";
import { Button } from "@/components/ui/button";
import { Menu, MenuItem } from "@/components/ui/menu";
import { failureText, subscriptionState } from "./state";

/** The event types that an endpoint gets, and their state. */
export function EventTypesOf({ svc, endpoint }: { svc: string; endpoint: Endpoint }) {
  const access = useAccess();
  const client = useQueryClient();
  const [removing, setRemoving] = useState<Subscription | null>(null);
  const [error, setError] = useState<unknown>(null);
  const types = useEventTypes(svc);
  const { data, error: failed, isPending, refetch } = useQuery({
    queryKey: serviceKey(svc, "subscriptions", endpoint.id),
    queryFn: () => ask(api.GET("/v1/services/{svc}/subscriptions", { params: { path: { svc }, query: { endpoint_id: endpoint.id, limit: 100 } } })),
    refetchInterval: (q) => (q.state.data?.data.some((s) => s.status === "requested" || s.status === "pending_confirmation") ? 4000 : false),
  });
  const slow = useSlow(isPending);
  if (failed) return <Failed error={failed} what="subscriptions" retry={() => void refetch()} />;
  if (!data) return slow ? <Skeleton rows={3} /> : null;
  const rows = data.data.filter((s) => s.status !== "removed");
  const mayChange = access.can("manage") && endpoint.status !== "removed" && !endpoint.archived_at;
  const others = types.filter((t) => !rows.some((s) => s.event_type_id === t.id));

  async function add(event_type: string) {
    setError(null);
    try {
      await ask(api.POST("/v1/services/{svc}/subscriptions", { params: { path: { svc } }, body: { user_id: endpoint.user_id, event_type, endpoint: endpoint.id } }));
      await client.invalidateQueries({ queryKey: serviceKey(svc) });
    } catch (refusal) {
      setError(refusal);
    }
  }
  return (
    <>
      {rows.length === 0 && <p className="py-4 text-text-2">It is subscribed to nothing, so it gets nothing but tests.</p>}
      {rows.length > 0 && (
        <table aria-label="Event types of this endpoint" className="w-full text-left">
          <thead>
            <tr className="border-b border-border text-small text-muted">
              <th scope="col" className="h-8 font-normal">Event type</th>
              <th scope="col" className="font-normal">State</th>
              <th scope="col" className="text-right font-normal max-md:hidden">Changed</th>
              <th scope="col" className="w-24"><span className="sr-only">Actions</span></th>
            </tr>
          </thead>
          <tbody>
            {rows.map((s) => (
              <tr key={s.id} className="border-b border-border">
                <td className="h-[34px] pr-4">
                  <Link to={`/services/${svc}/event-types/${s.event_type_id}`} className="font-mono text-mono wrap-anywhere hover:underline">
                    {s.event_type}
                  </Link>
                </td>
                <td className="pr-4">
                  {s.archived_at ? <StateWord state="archived" word="Event type archived" /> : <StateWord state={subscriptionState(s)} />}
                  {s.status === "failed" && <span className="block text-small text-muted">{failureText(s.reason)}</span>}
                </td>
                <td className="text-right text-text-2 max-md:hidden">
                  <Ago at={s.status_changed.at} suffix=" ago" />
                </td>
                <td className="text-right">
                  {mayChange && (
                    <Button variant="link" size="inline" className="text-small max-md:h-11" onClick={() => setRemoving(s)}>
                      Unsubscribe
                    </Button>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {error !== null && (
        <p role="alert" className="pt-3 text-danger">
          {tell(error)}
        </p>
      )}
      {mayChange && others.length > 0 && (
        <div className="py-3">
          <Menu
            align="start"
            trigger={
              <Button variant="link" size="inline" className="h-8">
                <Plus /> Add an event type
              </Button>
            }
          >
            {others.map((t) => (
              <MenuItem key={t.id} onSelect={() => void add(t.name)} className="font-mono text-mono">
                {t.name}
              </MenuItem>
            ))}
          </Menu>
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
