import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { Link, useParams, useSearchParams } from "react-router";
import { loadMessage, type ReadMessage } from "@/api/message";
import { useEndpointNames, useUserNames } from "@/api/names";
import type { Delivery, Event, WholeMessage } from "@/api/types";
import { useService } from "@/app/service";
import { serviceKey } from "@/app/service-key";
import { useTitle } from "@/app/shell/title";
import { Id } from "@/components/data/id";
import { Ago, useNow, When } from "@/components/data/moment";
import { PageHead } from "@/components/layout/page";
import { Failed, Skeleton, useSlow } from "@/components/state/blank";
import { Mark, type State, textOf } from "@/components/state/marks";
import { count, hostAndPath, shortId } from "@/lib/format";
import { cn } from "@/lib/classes";
import { lanesOf } from "@/story/lanes";
import { StoryList } from "@/story/story-list";
import { SwimLanes } from "@/story/swim-lanes";
import { WebhookActions } from "./actions";
import { Detail } from "./detail";
import { Outcome } from "./outcome";
import { loadDeliveries, loadHistory } from "./load";
import { SameCause } from "./same-cause";

const order: State[] = ["failed", "retrying", "pending", "delivered", "discarded", "skipped"];

/** One message with its whole life. */
export default function Webhook() {
  const { id: svc } = useService();
  const { msg = "" } = useParams();
  const message = useQuery({
    queryKey: serviceKey(svc, "message", msg),
    queryFn: () => loadMessage(svc, msg),
    refetchInterval: (q) => (isOpen(q.state.data) ? pollEvery : false), // a feed that is not followed tells nothing
  });
  const total = message.data ? totalOf(message.data) : 0;
  const refetchInterval = isOpen(message.data) ? pollEvery : false;
  const deliveries = useQuery({ queryKey: serviceKey(svc, "message", msg, "deliveries"), queryFn: () => loadDeliveries(svc, msg, total), enabled: message.data !== undefined, refetchInterval });
  const history = useQuery({ queryKey: serviceKey(svc, "message", msg, "history"), queryFn: () => loadHistory(svc, msg, total), enabled: message.data !== undefined, refetchInterval });
  const slow = useSlow(message.isPending || history.isPending || deliveries.isPending);
  const { prefix, tail } = shortId(msg);
  const short = useMemo(
    () => (
      <span className="font-mono text-mono">
        {prefix}
        {tail}
      </span>
    ),
    [prefix, tail],
  );
  useTitle(`${message.data?.event_type ?? "Message"} ${prefix}${tail}`, [{ text: "Messages", to: `/services/${svc}/messages` }], short);
  const error = message.error ?? history.error ?? deliveries.error;
  if (error) return <Failed error={error} what="message" retry={() => void Promise.all([message.refetch(), history.refetch(), deliveries.refetch()])} className="p-6" />;
  if (!message.data || !history.data || !deliveries.data) return slow ? <Skeleton className="p-6" /> : null;
  return <Life svc={svc} message={message.data} history={history.data.events} cut={history.data.more} deliveries={deliveries.data} />;
}

const pollEvery = 5000;

const isOpen = (m: WholeMessage | undefined): boolean => m?.more === true || m?.status === "pending" || m?.status === "retrying";
const totalOf = (m: WholeMessage): number => Object.values(m.deliveries).reduce((n, of) => n + of, 0);

interface LifeProps {
  svc: string;
  message: ReadMessage;
  history: readonly Event[];
  /** The history goes on. */
  cut: boolean;
  deliveries: readonly Delivery[];
}

function Life({ svc, message, history, cut, deliveries }: LifeProps) {
  const [params, setParams] = useSearchParams();
  const now = useNow(5000);
  const endpoint = params.get("endpoint");
  const chosen = params.get("event");
  const endpoints = useEndpointNames(svc, deliveries.map((d) => d.endpoint_id));
  const user = useUserNames(svc, [message.user_id]).get(message.user_id ?? "");
  const urlOf = (id: string) => endpoints.get(id)?.url;
  const names = { endpoint: (id: string | undefined) => (id ? endpoints.get(id)?.url && hostAndPath(endpoints.get(id)?.url ?? "") : undefined) };
  const isSns = (id: string) => endpoints.get(id)?.format === "sns";
  const sns = deliveries.some((d) => d.endpoint_id && isSns(d.endpoint_id));
  const lanes = lanesOf(deliveries, history, isSns, now);
  const event = history.find((e) => e.id === chosen);
  const choose = (changes: Record<string, string | null>) =>
    setParams(
      (before) => {
        const next = new URLSearchParams(before);
        for (const [name, value] of Object.entries(changes)) {
          if (value) next.set(name, value);
          else next.delete(name);
        }
        return next;
      },
      { replace: true },
    );
  const counts = order.flatMap((state) => {
    const n = message.deliveries[state] ?? 0;
    return n > 0 ? [[state, n] as const] : [];
  });
  return (
    <div className="flex min-w-0 flex-1 flex-col">
      <div className="px-6 pt-5 max-md:px-4 max-md:pt-4">
        <PageHead
          title={
            <>
              <span className="font-mono text-[17px] tracking-tight">{message.event_type}</span> to {message.user_id ? (user?.name ?? "…") : "all users"}
              {message.test && <span className="ml-2 align-middle text-small font-normal text-muted">a test</span>}
            </>
          }
          actions={<WebhookActions svc={svc} message={message} deliveries={deliveries} urlOf={urlOf} />}
        >
          {counts.map(([state, n]) => (
            <span key={state} className={cn("inline-flex items-center gap-1.5 font-[550]", textOf(state))}>
              <Mark state={state} /> {count(n)} {state}
            </span>
          ))}
          <span className="border-l border-border pl-4 max-md:border-0 max-md:pl-0">
            Accepted <When at={message.created_at} /> · <Ago at={message.created_at} suffix=" ago" />
          </span>
          <Id id={message.id} whole copy />
        </PageHead>
        <Outcome deliveries={deliveries} history={history} names={names} />
        {message.more && <p className="mt-3 text-text-2">Further endpoints of this broadcast are decided on now: these counts are of the first ones.</p>}
        {deliveries.length < totalOf(message) && (
          <p className="mt-3 text-text-2">
            {count(deliveries.length)} of {count(totalOf(message))} deliveries are shown, those that need somebody first.
          </p>
        )}
        <div className="mt-4">
          <SwimLanes lanes={lanes} accepted={new Date(message.created_at).getTime()} now={now} urlOf={urlOf} chosen={endpoint} onChoose={(id) => choose({ endpoint: id })} onEvent={(id) => choose({ event: id })} />
          {sns && <p className="mt-2 text-small text-muted">Format sns: SNS makes the attempts and does not report each of them, nor DNS and TLS times. What it did not report is left out here.</p>}
        </div>
      </div>
      <div className="mt-4 grid flex-1 grid-cols-[minmax(0,1fr)_minmax(0,468px)] max-xl:grid-cols-[minmax(0,1fr)_380px] max-lg:grid-cols-1">
        <div className="min-w-0 px-6 pb-8 max-md:px-4">
          <StoryList history={history} names={names} endpoint={endpoint} onAll={() => choose({ endpoint: null })} chosen={chosen} onChoose={(id) => choose({ event: id })} />
          <SameCause svc={svc} deliveries={deliveries} chosen={endpoint} />
          <p className="mt-4 text-small text-muted">
            {cut && `The first ${count(history.length)} events are shown. `}Each entry is an event of the log.{" "}
            <Link to={`/services/${svc}/audit?stream=${encodeURIComponent(`${svc}/${message.id}`)}`} className="text-accent underline">
              See it in the audit
            </Link>
          </p>
        </div>
        <aside aria-label="Details" className="min-w-0 border-t border-l border-border bg-bg max-lg:border-l-0 max-md:px-4">
          <Detail key={chosen ? "event" : "none"} message={message} history={history} event={event} endpoint={endpoint} names={names} sns={event ? isSns(event.stream.split("/").at(-1) ?? "") : false} onChoose={(id) => choose({ event: id })} />
        </aside>
      </div>
    </div>
  );
}
