import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { RotateCw } from "lucide-react";
import { useMemo, useState } from "react";
import { api, ask } from "@/api/client";
import { useEndpointNames, useUserNames } from "@/api/names";
import { after } from "@/api/position";
import type { DeadLetterFilter, DeadLetterGroup, Endpoint } from "@/api/types";
import { useAccess } from "@/app/access";
import { useZone } from "@/app/preferences";
import { useService } from "@/app/service";
import { serviceKey } from "@/app/service-key";
import { useTitle } from "@/app/shell/title";
import { useNow } from "@/components/data/moment";
import { Page, PageHead } from "@/components/layout/page";
import { FilterBar } from "@/components/list/filter-bar";
import { boundsOf, TimeRange } from "@/components/list/time-range";
import { useFilters } from "@/components/list/use-filters";
import { useHeld } from "@/components/list/use-held";
import { Empty, Failed, Skeleton, useSlow } from "@/components/state/blank";
import { JobProgress } from "@/components/state/job";
import { Button } from "@/components/ui/button";
import { Segmented } from "@/components/ui/segmented";
import { count } from "@/lib/format";
import { dayAndClock } from "@/lib/time";
import { useMessageFields } from "../messages/fields";
import { ActionDialog, type Asked } from "./action-dialog";
import { answersAgain } from "./group";
import { GroupRow } from "./group-row";
import { Letters } from "./letters";

const names = ["event_type", "user_id", "endpoint_id", "cause", "range", "since", "until", "by", "job"] as const;

const none: DeadLetterGroup[] = [];
const keyOf = (g: DeadLetterGroup) => `${g.endpoint_id} ${g.cause}`;

export default function DeadLetters() {
  useTitle("Dead letters");
  const { id: svc } = useService();
  const access = useAccess();
  const [zone] = useZone();
  const { values, set, clear } = useFilters(names);
  const fields = useMessageFields(svc, false, values);
  const [asked, setAsked] = useState<Asked | null>(null);
  const job = values.job ?? null;
  const setJob = (id: string | null) => set({ job: id });
  const minute = useNow(60_000);
  const by = values.by === "one" ? "one" : "cause";
  const filter: DeadLetterFilter = useMemo(() => {
    const { event_type, user_id, endpoint_id, cause } = values;
    // A range that ends now is told in whole minutes, so that the list and what acts on it mean the same.
    return { event_type, user_id, endpoint_id, cause, ...boundsOf(values, Math.ceil(minute / 60_000) * 60_000) };
  }, [values, minute]);
  const filtered = Object.values(filter).some(Boolean);
  const { data, error, isPending, isPlaceholderData, refetch } = useQuery({
    queryKey: serviceKey(svc, "dead-letters", "groups", filter),
    queryFn: () => ask(api.GET("/v1/services/{svc}/dead-letters/groups", { params: { path: { svc }, query: { ...filterQuery(filter), after: after(svc) } } })),
    placeholderData: keepPreviousData,
  });
  const held = useHeld(data?.data, keyOf, true, `${JSON.stringify(filter)} ${isPlaceholderData}`);
  const slow = useSlow(isPending);
  const groups = held.rows ?? none;
  const endpoints = useEndpointNames(svc, groups.map((g) => g.endpoint_id));
  const users = useUserNames(svc, groups.map((g) => endpoints.get(g.endpoint_id)?.user_id));
  const total = groups.reduce((n, g) => n + g.count, 0);
  const ready = groups.filter((g) => answersAgain(g) && endpoints.get(g.endpoint_id)?.status === "active");
  const pausedCount = groups.filter((g) => isShut(endpoints.get(g.endpoint_id))).reduce((n, g) => n + g.count, 0);
  const readyCount = ready.reduce((n, g) => n + g.count, 0);
  const oldest = groups.map((g) => g.oldest).toSorted()[0];
  const most = Math.max(1, ...groups.map((g) => g.count));
  const mayAct = access.jobs;
  const more = data?.more ? "+" : "";

  return (
    <Page>
      <PageHead
        sentence
        title={!data ? "Dead letters" : headlineOf({ total, ready: readyCount, more: data.more, filtered })}
        actions={
          mayAct &&
          total > 0 && (
            <>
              {filtered && (
                <Button variant="ghost" onClick={() => setAsked({ kind: "discard", filter, count: total, what: "that match the filter" })}>
                  Discard {count(total)}
                  {more}…
                </Button>
              )}
              {ready.length === 1 && ready[0] && readyCount < total ? (
                <Button variant="primary" onClick={() => ready[0] && setAsked({ kind: "retry", filter: { ...filter, endpoint_id: ready[0].endpoint_id, cause: ready[0].cause }, count: readyCount, what: "whose endpoint answers again" })}>
                  <RotateCw /> Retry {count(readyCount)}
                </Button>
              ) : pausedCount === total && !data?.more ? null : (
                <Button variant={readyCount === total ? "primary" : "outline"} onClick={() => setAsked({ kind: "retry", filter, count: total, what: filtered ? "that match the filter" : "of this service" })}>
                  <RotateCw /> {total === 1 && !more ? "Retry it…" : `Retry all ${count(total)}${more}…`}
                </Button>
              )}
            </>
          )
        }
      >
        <span>{data && explained({ total, ready: readyCount, paused: pausedCount })}</span>
      </PageHead>
      {job && (
        <div className="mt-4 max-w-2xl rounded-field border border-border p-3.5">
          <JobProgress svc={svc} id={job} />
          <Button variant="link" size="inline" className="mt-2" onClick={() => setJob(null)}>
            Hide
          </Button>
        </div>
      )}
      <div className="mt-5 border-t border-border pt-3">
        <div className="flex flex-wrap items-start gap-2">
          <div className="min-w-72 flex-1">
            <FilterBar fields={fields} values={values} onChange={(name, value) => set({ [name]: value })} placeholder="type: user: endpoint: cause:" />
          </div>
          <div className="scroll-thin max-w-full overflow-x-auto">
            <TimeRange usual="any" range={values.range} since={values.since} until={values.until} onChange={set} />
          </div>
        </div>
      </div>
      <div className="mt-3 flex flex-wrap items-center gap-3">
        <Segmented
          label="Shown"
          value={by}
          onChange={(v) => set({ by: v === "one" ? "one" : null })}
          choices={[
            { value: "cause", label: "By cause and endpoint" },
            { value: "one", label: "One by one" },
          ]}
        />
        {oldest && <p className="ml-auto text-small text-muted max-lg:ml-0">failed for good, neither retried nor discarded · oldest {dayAndClock(new Date(oldest), zone)}</p>}
      </div>
      {error ? (
        <Failed error={error} what="dead letters" retry={() => void refetch()} />
      ) : !data ? (
        slow && <Skeleton className="mt-3" />
      ) : total === 0 ? (
        filtered ? (
          <Empty title="No dead letter matches the filter.">
            <div>
              <Button onClick={clear}>Clear the filter</Button>
            </div>
          </Empty>
        ) : (
          <Empty title="Nothing waits here.">
            <p>A delivery becomes a dead letter when its last attempt fails (after 27 hours; in format sns after an hour), or at once when the endpoint answers 410.</p>
          </Empty>
        )
      ) : by === "one" ? (
        <Letters svc={svc} filter={filter} />
      ) : (
        <div className="mt-2" {...held.attach}>
          <div aria-hidden className="grid h-8 grid-cols-[20px_minmax(0,1.5fr)_minmax(0,.8fr)_150px_76px_minmax(0,1fr)_150px] items-center gap-4 border-b border-border text-small text-muted max-lg:hidden">
            <span />
            <span>Cause and endpoint</span>
            <span>User</span>
            <span className="text-right">Letters</span>
            <span>Oldest</span>
            <span>Newest attempt there</span>
            <span />
          </div>
          {groups.map((g) => (
            <GroupRow key={keyOf(g)} svc={svc} group={g} most={most} filter={filter} endpoint={endpoints.get(g.endpoint_id)} user={users.get(endpoints.get(g.endpoint_id)?.user_id ?? "")} onAsk={setAsked} />
          ))}
          <p className="mt-5 text-small text-muted">A retry or discard is an event like any other: who, when, why and what became of it stand in the history.</p>
        </div>
      )}
      <ActionDialog svc={svc} asked={asked} onClose={() => setAsked(null)} onStarted={setJob} />
    </Page>
  );
}

interface Figures {
  total: number;
  /** Of those whose endpoint has answered since. */
  ready: number;
  /** Of those whose endpoint takes nothing now. */
  paused?: number;
}

const isShut = (e: Endpoint | undefined): boolean => e !== undefined && e.status !== "active";

/** The one sentence: how many there are, and whether they can go. */
function headlineOf({ total, ready, more, filtered }: Figures & { more: boolean; filtered: boolean }): string {
  const plus = more ? "+" : "";
  if (total === 0) return filtered ? "No dead letter matches." : "No dead letters.";
  const letters = total === 1 && !more ? "1 dead letter" : `${count(total)}${plus} dead letters`;
  if (ready === 0) return `${letters} ${total === 1 && !more ? "waits" : "wait"} for somebody.`;
  return ready === total && !more ? `${letters} can go again now.` : `${count(ready)} of ${letters} can go again now.`;
}

/** Why they can or cannot, and what to do. */
function explained({ total, ready, paused }: Figures): string {
  if (total === 0) return "What fails for good waits here until somebody retries or discards it.";
  if (paused === total) return "Where they go is paused or removed: resume it first, then they can be retried.";
  if (ready === 0) return "Where they go, nothing was taken since: have it mended first, else the retry fails again.";
  const rest = total - ready;
  return `Where ${ready === total ? "they" : "those"} go, something was taken since. ${rest === 0 ? "" : rest === 1 ? "The other one waits until its endpoint is mended or resumed." : `The other ${count(rest)} wait until their endpoint is mended or resumed.`}`;
}

/** A filter as query parameters: those take no null. */
function filterQuery(f: DeadLetterFilter) {
  const query: Record<string, string> = {};
  for (const [name, value] of Object.entries(f)) if (value) query[name] = value;
  return query;
}
