import { useQuery } from "@tanstack/react-query";
import { api, ask } from "@/api/client";
import type { Event, Stats } from "@/api/types";
import { useAccess } from "@/app/access";
import { useZone } from "@/app/preferences";
import { serviceKey } from "@/app/service-key";
import { Latency } from "@/charts/latency";
import { type Flag, OverTime } from "@/charts/over-time";
import { WithTable } from "@/charts/with-table";
import { count, hostAndPath, milliseconds } from "@/lib/format";
import { dayAndClock } from "@/lib/time";
import { endpointOf, text } from "@/story/data";
import { useEndpointNames } from "@/api/names";

const spans: Record<Stats["bucket"], string> = { "5m": "5 minutes", "15m": "quarter of an hour", "1h": "hour", "6h": "6 hours", "1d": "day" };
const flagged = ["EndpointPaused", "EndpointResumed", "EndpointUpdated"] as const;

/** Events of the log that may explain what the picture shows. */
function useFlags(svc: string, stats: Stats): Flag[] {
  const access = useAccess();
  const { data } = useQuery({
    queryKey: serviceKey(svc, "endpoints", "flags", stats.since),
    queryFn: async () => {
      const pages = await Promise.all(flagged.map((type) => ask(api.GET("/v1/services/{svc}/history", { params: { path: { svc }, query: { type, since: stats.since, order: "newest", limit: 3 } } })).catch(() => ({ data: [] as Event[] }))));
      return pages.flatMap((p) => p.data);
    },
    enabled: access.can("read"),
    staleTime: 60_000,
  });
  const names = useEndpointNames(svc, (data ?? []).map((e) => endpointOf(e.stream)));
  const verbs: Record<string, string> = { EndpointPaused: "paused", EndpointResumed: "resumed", EndpointUpdated: "changed" };
  return (data ?? []).map((e) => {
    const url = names.get(endpointOf(e.stream) ?? "")?.url;
    const why = text(e.data, "reason") === "gone" ? "answered 410: paused" : verbs[e.type];
    return { at: e.time, said: `${url ? hostAndPath(url).split("/").slice(-2).join("/") : "An endpoint"} ${why}` };
  });
}

export function Pictures({ svc, stats, onRange }: { svc: string; stats: Stats; onRange: (since: string, until: string) => void }) {
  const [zone] = useZone();
  const flags = useFlags(svc, stats);
  const slow = slowest(stats);
  const ofAll = stats.total.deliveries !== null;
  return (
    <div className="mt-5 grid grid-cols-[minmax(0,2.1fr)_minmax(0,1fr)] gap-8 max-lg:grid-cols-1">
      <WithTable
        title={`Deliveries per ${spans[stats.bucket]}`}
        legend={
          <span className="flex flex-wrap gap-x-4">
            <Key className="h-0! border-t-[1.5px] border-text-2" text="Accepted" />
            <Key className="bg-success-mark" text="Delivered" />
            <Key className="border border-dashed border-info-mark" text="Pending" />
            <Key className="bg-danger-mark" text="Failed, own scale" />
            <Key className="border border-warning-mark bg-[repeating-linear-gradient(135deg,var(--wp-warning-mark)_0_1.5px,transparent_1.5px_3.5px)]" text="Tried again" />
          </span>
        }
        head={["From", "Messages", ...(ofAll ? ["Accepted"] : []), "Delivered", "Pending", "Failed", "Failed attempts", "Skipped"]}
        rows={() => stats.buckets.map((b) => [dayAndClock(new Date(b.start), zone), count(b.accepted ?? 0), ...(ofAll ? [count(b.deliveries ?? 0)] : []), count(b.delivered), count(b.open), count(b.failed), count(b.attempts_failed), count(b.skipped)])}
      >
        <OverTime stats={stats} flags={flags} onRange={onRange} />
      </WithTable>
      <WithTable
        title="Time from accepted to delivered"
        head={["Up to", "Deliveries"]}
        rows={() => stats.latency_counts.flatMap((n, i) => (n === 0 ? [] : [[stats.latency_bounds_ms[i] === undefined ? "more" : milliseconds(stats.latency_bounds_ms[i]), count(n)]]))}
      >
        <Latency stats={stats} />
        {slow && <p className="mt-2 text-text-2">{slow}</p>}
      </WithTable>
    </div>
  );
}

function Key({ className, text: said }: { className: string; text: string }) {
  return (
    <span className="inline-flex items-center gap-1.5">
      <span aria-hidden className={`size-2.5 rounded-[2px] ${className}`} />
      {said}
    </span>
  );
}

/** How many took longer than one attempt may: they needed a second one. */
function slowest(stats: Stats): string | null {
  const all = stats.latency_counts.reduce((n, c) => n + c, 0);
  const late = stats.latency_counts.reduce((n, c, i) => n + ((i === 0 ? 0 : (stats.latency_bounds_ms[i - 1] ?? 0)) >= 5000 ? c : 0), 0);
  return all > 0 && late > 0 ? `${count(late)} of ${count(all)} took more than 5 s: they were tried more than once.` : null;
}
