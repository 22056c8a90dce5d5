import { Download, Pause, Play } from "lucide-react";
import { useEffect, useMemo } from "react";
import { useSearchParams } from "react-router";
import { api, ask } from "@/api/client";
import { useEndpointNames } from "@/api/names";
import { after } from "@/api/position";
import type { Event, EventName } from "@/api/types";
import { LiveProngs } from "@/app/logo";
import { useService } from "@/app/service";
import { serviceKey } from "@/app/service-key";
import { useTitle } from "@/app/shell/title";
import { jsonText } from "@/components/data/json";
import { FilterBar, type FilterField } from "@/components/list/filter-bar";
import { Pager } from "@/components/list/pager";
import { boundsOf, type Time, TimeRange } from "@/components/list/time-range";
import { useFilters } from "@/components/list/use-filters";
import { usePage } from "@/components/list/use-page";
import { Empty, Failed, Skeleton, useSlow } from "@/components/state/blank";
import { Button } from "@/components/ui/button";
import { cn } from "@/lib/classes";
import { hostAndPath } from "@/lib/format";
import { endpointOf } from "@/story/data";
import { ActorMenu } from "./actors";
import { EventPane } from "./event-pane";
import { EventRows } from "./event-rows";
import { eventNames, presets } from "./presets";
import { Rate } from "./rate";
import { type Following, useFollow } from "./use-follow";

const names = ["type", "actor", "stream", "range", "since", "until"] as const;

export default function Audit() {
  useTitle("Audit");
  const { id: svc } = useService();
  const { values, set, clear, any } = useFilters(names);
  const [params, setParams] = useSearchParams();
  const chosen = params.get("event");
  const { range, since, until, ...of } = values;
  const time: Time = { range, since, until };
  const filter = { ...of, type: of.type as EventName | undefined };
  const page = usePage(serviceKey(svc, "audit", filter, time), (cursor) => ask(api.GET("/v1/services/{svc}/history", { params: { path: { svc }, query: { ...filter, ...boundsOf(time), order: "newest", cursor, limit: 60, after: after(svc) } } })));
  const follow = useFollow({ ...filter, until }, page.atTop);
  const rows = useMemo(() => merge(follow.events, page.rows), [follow.events, page.rows]);
  const slow = useSlow(page.isPending);
  const endpoints = useEndpointNames(svc, (rows ?? []).map((e) => endpointOf(e.stream)).slice(0, 120));
  const sentenceNames = { endpoint: (id: string | undefined) => (id && endpoints.get(id) ? hostAndPath(endpoints.get(id)?.url ?? "") : undefined) };
  const event = rows?.find((e) => e.id === chosen);
  const choose = (id: string | null) =>
    setParams(
      (before) => {
        const next = new URLSearchParams(before);
        if (id) next.set("event", id);
        else next.delete("event");
        return next;
      },
      { replace: true },
    );
  const fields: FilterField[] = [
    { name: "type", label: "type", options: eventNames.map((n) => ({ value: n, label: n })) },
    { name: "actor", label: "actor", options: [{ value: "admin", label: "the admin key" }, { value: "dispatch", label: "dispatch, WebPlug's own sender" }], free: (text) => (/^key_/i.test(text) ? text.replace(/^KEY_/i, "key_").replace(/_(.*)$/, (_, id: string) => `_${id.toUpperCase()}`) : undefined) },
    { name: "stream", label: "stream", options: [], free: (text) => (text.includes("_") ? streamOf(svc, text) : undefined) },
  ];
  useSpace(follow);

  return (
    <div className="flex min-w-0 flex-1 flex-col">
      <h1 className="sr-only">Audit</h1>
      <div className="border-b border-border px-6 py-3 max-md:px-4">
        <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
          <button type="button" aria-pressed={follow.on} onClick={follow.toggle} className={cn("inline-flex h-7 items-center gap-2 rounded-full px-3 font-[550] max-md:h-11", follow.on ? "bg-selected text-accent" : "border border-border-strong text-text-2")}>
            <LiveProngs state={follow.on ? "live" : "paused"} />
            {follow.on ? "Following" : "Follow"}
            <kbd aria-hidden className="rounded-full border border-current px-1.5 font-sans text-axis max-md:hidden">
              Space
            </kbd>
            {follow.on ? <Pause size={13} className="md:hidden" /> : <Play size={13} className="md:hidden" />}
          </button>
          <Rate rate={follow.rate} />
          <p className="text-text-2">
            <span className="font-semibold text-text">{follow.perSecond} a second</span> · peak {follow.peak} · {follow.dropped === 0 ? "none dropped" : `${follow.dropped} older ones not shown`}
          </p>
          <div className="ml-auto flex items-center gap-2">
            <ActorMenu svc={svc} chosen={values.actor} onChoose={(actor) => set({ actor })} />
            <Button size="small" onClick={() => rows && save(rows)} disabled={!rows || rows.length === 0}>
              <Download /> Export
            </Button>
          </div>
        </div>
        <div className="mt-2.5 flex flex-wrap items-start gap-2">
          <div className="min-w-72 flex-1">
          <FilterBar fields={fields} values={values} onChange={(name, value) => set({ [name]: value })} placeholder="type: actor: stream: or any id" onText={(text) => set({ stream: streamOf(svc, text) })} />
          </div>
          <div className="scroll-thin max-w-full overflow-x-auto">
            <TimeRange usual="any" {...time} onChange={set} />
          </div>
        </div>
        <nav aria-label="Common filters" className="mt-2 flex flex-wrap gap-x-4 text-small">
          {presets.map((p) => (
            <button key={p.label} type="button" className={cn("h-6 hover:underline max-md:h-9", values.type === p.type ? "font-semibold text-text" : "text-accent")} aria-pressed={values.type === p.type} onClick={() => set({ type: values.type === p.type ? null : p.type })}>
              {p.label}
            </button>
          ))}
        </nav>
      </div>
      <div className={cn("grid min-w-0 flex-1", event && "xl:grid-cols-[minmax(0,1fr)_344px]")}>
        <div className="min-w-0 px-6 max-md:px-4">
          {page.error ? (
            <Failed error={page.error} what="audit" retry={() => void page.refetch()} />
          ) : !rows ? (
            slow && <Skeleton />
          ) : rows.length === 0 ? (
            <Empty title={any ? "No event matches." : "Nothing happened yet."}>
              {any && (
                <div>
                  <Button onClick={clear}>Clear the filters</Button>
                </div>
              )}
            </Empty>
          ) : (
            <EventRows rows={rows} fresh={follow.fresh} names={sentenceNames} chosen={chosen} to={(e) => eventPath(params, e.id)} dimmed={page.isPlaceholderData} />
          )}
          <Pager newer={page.newer} older={page.older} />
        </div>
        {event && <EventPane svc={svc} event={event} names={sentenceNames} onClose={() => choose(null)} />}
      </div>
    </div>
  );
}

/** The same list with an event beside it; without, where it is there already. */
function eventPath(params: URLSearchParams, id: string): string {
  const next = new URLSearchParams(params);
  if (params.get("event") === id) next.delete("event");
  else next.set("event", id);
  return `?${next.toString()}`;
}

/** New events above those of the page, each once. */
function merge(fresh: readonly Event[], rows: readonly Event[] | undefined): Event[] | undefined {
  if (!rows) return undefined;
  const seen = new Set<string>();
  return [...fresh, ...rows].filter((e) => !seen.has(e.id) && seen.add(e.id));
}

/** An id as the name of its stream. */
function streamOf(svc: string, text: string): string {
  const id = text.trim();
  if (id.includes("/")) return id;
  return `${svc}/${id.replace(/^([a-z]+)_(.*)$/i, (_, prefix: string, rest: string) => `${prefix.toLowerCase()}_${rest.toUpperCase()}`)}`;
}

function save(events: readonly Event[]): void {
  const url = URL.createObjectURL(new Blob([jsonText(events)], { type: "application/json" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = "audit.json";
  link.click();
  URL.revokeObjectURL(url);
}

/** The space bar pauses and goes on, unless something has the focus that takes it. */
function useSpace(follow: Following) {
  useEffect(() => {
    const onKey = (e: KeyboardEvent) => {
      const busy = e.target instanceof HTMLElement && /^(INPUT|TEXTAREA|SELECT|BUTTON|A|PRE)$/.test(e.target.tagName);
      if (e.key !== " " || busy || document.querySelector("dialog[open]")) return;
      e.preventDefault();
      follow.toggle();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [follow]);
}
