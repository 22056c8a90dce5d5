import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Pencil, Send } from "lucide-react";
import { useState } from "react";
import { Link, useParams } from "react-router";
import { api, ask, tellServer } from "@/api/client";
import { useStats } from "@/api/stats";
import { useAccess } from "@/app/access";
import { useService } from "@/app/service";
import { serviceKey } from "@/app/service-key";
import { useTitle } from "@/app/shell/title";
import { Id } from "@/components/data/id";
import { Json } from "@/components/data/json";
import { Confirm } from "@/components/form/confirm";
import { PageHead, Section } from "@/components/layout/page";
import { Failed, Skeleton, useSlow } from "@/components/state/blank";
import { StateWord } from "@/components/state/marks";
import { Button } from "@/components/ui/button";
import { count, percent, plural } from "@/lib/format";
import { MessagesOf } from "../messages/messages-of";
import { Subscribers, useSubscribers } from "./subscribers";
import { EventTypeForm, PublishForm } from "@/pages/forms";

export default function EventTypePage() {
  const { id: svc } = useService();
  const { typ = "" } = useParams();
  const access = useAccess();
  const client = useQueryClient();
  const [open, setOpen] = useState<"edit" | "publish" | "archive" | null>(null);
  const close = () => setOpen(null);
  const { data: type, error, isPending, refetch } = useQuery({ queryKey: serviceKey(svc, "event-type", typ), queryFn: () => ask(api.GET("/v1/services/{svc}/event-types/{typ}", { params: { path: { svc, typ } } })) });
  const { data: stats } = useStats(svc, { range: "24h" }, { event_type: type?.name ?? "-" });
  const subscribers = useSubscribers(svc, type?.name);
  const slow = useSlow(isPending);
  useTitle(type?.name ?? "Event type", [{ text: "Event types", to: `/services/${svc}/event-types` }]);
  if (error) return <Failed error={error} what="event type" retry={() => void refetch()} className="p-6" />;
  if (!type) return slow ? <Skeleton className="p-6" /> : null;
  const mayChange = access.can("manage") && !type.archived_at;
  const n = subscribers.data?.data.length ?? 0;
  const many = `${plural(n, "endpoint")}${subscribers.data?.next_cursor ? " and more" : ""}`;
  return (
    <div className="grid min-h-0 flex-1 grid-cols-[minmax(0,1fr)_400px] max-xl:grid-cols-1">
      <div className="min-w-0 px-6 py-5 max-md:px-4">
        <PageHead
          title={type.name}
          mono
          actions={
            <>
              {mayChange && (
                <>
                  <Button variant="ghost" onClick={() => setOpen("archive")}>
                    Archive…
                  </Button>
                  <Button onClick={() => setOpen("edit")}>
                    <Pencil /> Edit
                  </Button>
                </>
              )}
              {access.can("publish") && !type.archived_at && (
                <Button variant="primary" onClick={() => setOpen("publish")}>
                  <Send /> Send a test message
                </Button>
              )}
            </>
          }
        >
          {type.archived_at && <StateWord state="archived" />}
          <span>{many}</span>
          {stats && stats.total.success_rate !== null && (
            <span>
              {percent(stats.total.success_rate)} of {count(stats.total.delivered + stats.total.failed)} delivered in 24 h
            </span>
          )}
          <Id id={type.id} copy />
        </PageHead>
        {type.description && <p className="mt-2 max-w-prose text-text-2">{type.description}</p>}
        <div className="mt-6 grid gap-7">
          <Section title="Who subscribes">
            <Subscribers svc={svc} query={subscribers} />
          </Section>
          <Section
            title="Newest messages"
            actions={
              <Link to={`/services/${svc}/messages?event_type=${encodeURIComponent(type.name)}`} className="text-accent hover:underline">
                All of them
              </Link>
            }
          >
            <MessagesOf svc={svc} filter={{ event_type: type.name }} empty="None was published yet." />
          </Section>
        </div>
      </div>
      <aside aria-label="Example and schema" className="min-w-0 border-l border-border bg-bg px-5 py-5 max-xl:border-t max-xl:border-l-0 max-md:px-4">
        <Section title="Example payload">{type.example === null ? <p className="text-text-2">None. Tests send a small webhook of type webplug.test instead.</p> : <Json value={type.example} label="example" />}</Section>
        <Section title="Schema" className="mt-6">
          {type.schema === null ? <p className="text-text-2">None: any JSON is accepted.</p> : <Json value={type.schema} label="schema" />}
        </Section>
      </aside>
      <EventTypeForm svc={svc} open={open === "edit"} type={type} onClose={close} />
      <PublishForm svc={svc} open={open === "publish"} onClose={close} eventType={type.name} test />
      <Confirm
        open={open === "archive"}
        title={`Archive ${type.name}?`}
        action={`Archive ${type.name}`}
        onClose={close}
        confirm={async () => {
          await tellServer(api.DELETE("/v1/services/{svc}/event-types/{typ}", { params: { path: { svc, typ } } }));
          await client.invalidateQueries({ queryKey: serviceKey(svc) });
        }}
      >
        {n === 0 ? "Nobody is subscribed." : `${many} ${n === 1 ? "stops" : "stop"} receiving it.`} Publishing it is refused from now on. Its history stays, its name is free again.
      </Confirm>
    </div>
  );
}
