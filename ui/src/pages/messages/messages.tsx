import { Send } from "lucide-react";
import { useState } from "react";
import { Link, useNavigate, useSearchParams } from "react-router";
import { api, ask } from "@/api/client";
import { useUserNames } from "@/api/names";
import { after } from "@/api/position";
import { type Span, usualRange, useStats } from "@/api/stats";
import type { DeliveryStatus, Message } from "@/api/types";
import { useAccess } from "@/app/access";
import { useZone } from "@/app/preferences";
import { useService } from "@/app/service";
import { serviceKey } from "@/app/service-key";
import { useTitle } from "@/app/shell/title";
import { BrushStrip } from "@/charts/brush-strip";
import { FanOut } from "@/charts/fan-out";
import { Curl } from "@/components/data/curl";
import { Id } from "@/components/data/id";
import { Ago } from "@/components/data/moment";
import { FilterBar } from "@/components/list/filter-bar";
import { Pager, Waiting } from "@/components/list/pager";
import { boundsOf, presetText, type Time, TimeRange } from "@/components/list/time-range";
import { type Column, Table } from "@/components/list/table";
import { useFilters } from "@/components/list/use-filters";
import { useHeld } from "@/components/list/use-held";
import { usePage } from "@/components/list/use-page";
import { Empty, Failed, Skeleton, useSlow } from "@/components/state/blank";
import { StateWord } from "@/components/state/marks";
import { Button } from "@/components/ui/button";
import { cn } from "@/lib/classes";
import { dayAndClock } from "@/lib/time";
import { countText } from "./count";
import { useMessageFields } from "./fields";
import { Peek } from "./peek";
import { useWalk } from "./walk";
import { PublishForm } from "@/pages/forms";

const names = ["status", "event_type", "user_id", "endpoint_id", "cause", "range", "since", "until"] as const;
const views: { label: string; status: DeliveryStatus | null }[] = [
  { label: "All", status: null },
  { label: "Failed", status: "failed" },
  { label: "Retrying", status: "retrying" },
  { label: "Pending", status: "pending" },
  { label: "Delivered", status: "delivered" },
  { label: "Discarded", status: "discarded" },
  { label: "Skipped", status: "skipped" },
];
const idOf = (m: Message) => m.id;

export default function Messages() {
  useTitle("Messages");
  const service = useService();
  const svc = service.id;
  const access = useAccess();
  const navigate = useNavigate();
  const [params] = useSearchParams();
  const [zone] = useZone();
  const [publishing, setPublishing] = useState(false);
  const { values, set, clear, any } = useFilters(names);
  const fields = useMessageFields(svc, true, values);
  const { range, since, until, status, ...of } = values;
  const time: Time = { range, since, until };
  const filter = { ...of, status: status as DeliveryStatus | undefined };
  const page = usePage(serviceKey(svc, "messages", "page", filter, time), (cursor) =>
    ask(api.GET("/v1/services/{svc}/messages", { params: { path: { svc }, query: { ...filter, ...boundsOf(time), cursor, after: after(svc), limit: 50 } } })),
  );
  const usual = usualRange(service);
  const figuresOf = { user_id: values.user_id, endpoint_id: values.endpoint_id, event_type: values.event_type };
  const strip = useStats(svc, stripSpan(time, usual), figuresOf).data;
  const counted = useStats(svc, since || until || range ? time : { range: usual }, figuresOf).data;
  const whenText = presetText(time) ?? (since ? `since ${dayAndClock(new Date(since), zone)}` : presetText({ range: usual }));
  const held = useHeld(page.rows, idOf, page.atTop, page.scope);
  const users = useUserNames(svc, (held.rows ?? []).map((m) => m.user_id));
  const slow = useSlow(page.isPending);
  const base = `/services/${svc}/messages`;
  const { peek, setPeek } = useWalk((held.rows ?? []).map(idOf), (id) => `${base}/${id}`);

  const columns: Column<Message>[] = [
    { key: "state", head: "Outcome", phone: "mark", className: "md:w-28", cell: (m) => <StateWord state={m.status} /> },
    { key: "type", head: "Event type", phone: "lead", cell: (m) => <span className="block max-w-56 truncate font-mono text-mono">{m.event_type}</span> },
    ...(access.userId === null ? [{ key: "user", head: "User", phone: "under" as const, cell: (m: Message) => <span className="block max-w-48 truncate">{m.user_id ? (users.get(m.user_id)?.name ?? "…") : <span className="text-text-2">all users</span>}</span> }] : []),
    { key: "fan", head: "Deliveries", phone: "under-end", cell: (m) => <FanOut counts={m.deliveries} more={m.more} /> },
    { key: "at", head: "Accepted", right: true, phone: "end", cell: (m) => <Ago at={m.created_at} className="relative" /> },
    { key: "id", head: "Id", right: true, cell: (m) => <Id id={m.id} className="relative" /> },
  ];

  return (
    <div className="flex min-w-0 flex-1 flex-col">
      <h1 className="sr-only">Messages</h1>
      <nav aria-label="Views" className="scroll-thin flex gap-5 overflow-x-auto border-b border-border px-6 max-md:px-4">
        {views.map((v) => {
          const here = (values.status ?? null) === v.status;
          return (
            <Link key={v.label} to={viewPath(base, params, v.status)} aria-current={here ? "page" : undefined} className={cn("-mb-px flex h-10 items-center border-b-2 whitespace-nowrap max-md:h-11", here ? "border-accent-mark font-[550]" : "border-transparent text-text-2 hover:text-text")}>
              {v.label}
            </Link>
          );
        })}
        {access.can("publish") && (
          <Button size="small" className="my-auto ml-auto max-md:hidden" onClick={() => setPublishing(true)}>
            <Send /> Publish
          </Button>
        )}
      </nav>
      <div className="border-b border-border px-6 pt-3 pb-2 max-md:px-4">
        <div className="flex flex-wrap items-start gap-2">
          <div className="min-w-72 flex-1">
            <FilterBar fields={fields} values={values} onChange={(name, value) => set({ [name]: value })} placeholder="status: type: user: cause: or any id" onText={(text) => /msg_[0-9A-Z]{26}/.test(text) && void navigate(`${base}/${/msg_[0-9A-Z]{26}/.exec(text)?.[0] ?? ""}`)} />
          </div>
          <div className="scroll-thin max-w-full overflow-x-auto">
            <TimeRange usual="any" {...time} onChange={set} />
          </div>
        </div>
        {strip && strip.buckets.some((b) => (b.accepted ?? b.delivered + b.failed) > 0) && (
          <div className="mt-2.5">
            <BrushStrip
              stats={strip}
              from={values.since ? new Date(values.since).getTime() : null}
              to={values.until ? new Date(values.until).getTime() : null}
              onChange={(from, to) => set({ range: null, since: from === null ? null : new Date(from).toISOString(), until: to === null ? null : new Date(to).toISOString() })}
            />
          </div>
        )}
      </div>
      <div className={cn("grid min-w-0 flex-1", peek && "xl:grid-cols-[minmax(0,1fr)_344px]")}>
        <div className="min-w-0 px-6 max-md:px-4">
          <div className="flex min-h-12 items-center gap-3 py-2 md:flex-wrap">
            <p>
              <span className="font-semibold">{values.status ? views.find((v) => v.status === values.status)?.label : "All messages"}</span>
              {counted && <span className="ml-2 text-text-2">{countText(counted, { status: filter.status, cause: values.cause, timed: Boolean(since || until || range) }, whenText ? (since ? whenText : `in ${whenText}`) : "")}</span>}
            </p>
            <Waiting count={held.waiting} show={held.show} />
            {access.can("publish") && (
              <Button size="icon" aria-label="Publish" className="ml-auto md:hidden" onClick={() => setPublishing(true)}>
                <Send />
              </Button>
            )}
            {values.status === "failed" && access.can("manage") && (
              <Button size="small" asChild className="ml-auto">
                <Link to={`/services/${svc}/dead-letters${deadFilter(values)}`}>Retry what failed…</Link>
              </Button>
            )}
          </div>
          {page.error ? (
            <Failed error={page.error} what="messages" retry={() => void page.refetch()} />
          ) : !held.rows ? (
            slow && <Skeleton />
          ) : held.rows.length === 0 ? (
            any ? (
              <Empty title={values.status ? `Nothing is ${values.status} here.` : "Nothing matches."}>
                <div className="flex flex-wrap gap-2">
                  {(since || until || range) && <Button onClick={() => set({ range: null, since: null, until: null })}>Show any time</Button>}
                  <Button onClick={clear}>Clear the filters</Button>
                </div>
              </Empty>
            ) : (
              <Empty title="No messages yet.">
                {access.can("publish") ? (
                  <>
                    <p>Publish one with the line below{access.can("manage") && ", or send a test from an endpoint's page"}.</p>
                    <Curl method="POST" path={`/v1/services/${svc}/messages`} body={{ event_type: "card_issued", user_id: access.userId ?? "usr_…", payload: { card: "crd_1" } }} />
                  </>
                ) : (
                  <p>{access.userId === null ? "What is published stands here." : "What is sent to your endpoints stands here."}</p>
                )}
              </Empty>
            )
          ) : (
            <div {...held.attach}>
              <Table
                label="Messages"
                columns={columns}
                rows={held.rows}
                id={idOf}
                to={(m) => `${base}/${m.id}`}
                name={(m) => `${m.event_type}, ${m.status}`}
                chosen={peek}
                fresh={held.fresh}
                dimmed={page.isPlaceholderData}
                onPeek={setPeek}
              />
            </div>
          )}
          <Pager newer={page.newer} older={page.older} />
        </div>
        {peek && <Peek svc={svc} id={peek} onClose={() => setPeek(null)} />}
      </div>
      <PublishForm svc={svc} open={publishing} onClose={() => setPublishing(false)} userId={values.user_id} eventType={values.event_type} />
    </div>
  );
}

/** The same list with another status: every other filter stays. */
function viewPath(base: string, params: URLSearchParams, status: DeliveryStatus | null): string {
  const next = new URLSearchParams(params);
  for (const name of ["status", "cursor", "peek"]) next.delete(name);
  if (status) next.set("status", status);
  const search = next.toString();
  return search ? `${base}?${search}` : base;
}

/** What of a filter holds for dead letters too. */
function deadFilter(values: Readonly<Record<string, string | undefined>>): string {
  const next = new URLSearchParams();
  for (const name of ["event_type", "user_id", "endpoint_id", "cause", "range", "since", "until"]) {
    const value = values[name];
    if (value) next.set(name, value);
  }
  const search = next.toString();
  return search && `?${search}`;
}

/** What the strip above the list shows: the chosen time, or one in which a part can be chosen. */
function stripSpan({ range, since, until }: Time, usual: "1h" | "24h"): Span {
  if (range) return { range };
  const from = since ? new Date(since).getTime() : Number.POSITIVE_INFINITY;
  const shown = usual === "1h" ? 3_600_000 : 86_400_000;
  return Date.now() - from > shown ? { since, until } : { range: usual };
}
