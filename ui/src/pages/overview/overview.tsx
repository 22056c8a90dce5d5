import { lazy, Suspense } from "react";
import { Link, useSearchParams } from "react-router";
import { usualRange, useStats } from "@/api/stats";
import { useAccess } from "@/app/access";
import { useService } from "@/app/service";
import { useTitle } from "@/app/shell/title";
import { Page } from "@/components/layout/page";
import { TimeRange } from "@/components/list/time-range";
import { Empty, Failed, Skeleton, useSlow } from "@/components/state/blank";
import { Figures } from "./figures";
import { Headline } from "./headline";
import { Pictures } from "./pictures";
import { Causes } from "./causes";
import { NeedYou } from "./need-you";
import { useFirstSteps } from "./use-first-steps";

const FirstSteps = lazy(async () => ({ default: (await import("./first-steps")).FirstSteps }));

export default function Overview() {
  useTitle("Overview");
  const access = useAccess();
  const service = useService();
  const [params, setParams] = useSearchParams();
  const since = params.get("since") ?? undefined;
  const until = params.get("until") ?? undefined;
  const usual = usualRange(service);
  const range = params.get("range") ?? undefined;
  const { data: stats, error, isPending, refetch, isPlaceholderData } = useStats(service.id, since ? { since, until } : { range: range ?? usual });
  const steps = useFirstSteps(service.id);
  const slow = useSlow(isPending);
  if (steps.needed) {
    return (
      <Suspense fallback={<h1 className="sr-only">Overview</h1>}>
        <FirstSteps svc={service.id} steps={steps} />
      </Suspense>
    );
  }
  if (error) return <Failed error={error} what="figures" retry={() => void refetch()} className="p-6" />;
  if (!stats || steps.loading) return slow ? <Skeleton className="p-6" /> : <h1 className="sr-only">Overview</h1>;
  const choose = (to: { range?: string | null; since?: string | null; until?: string | null }) => {
    const next = new URLSearchParams();
    for (const [name, value] of Object.entries(to)) if (value) next.set(name, value);
    setParams(next);
  };
  return (
    <Page>
      {access.userId !== null && stats.endpoints.length === 0 && (
        <Empty title="Nothing was sent to you in this time." className="pt-0 pb-6">
          <p>
            <Link to={`/services/${service.id}/endpoints`} className="text-accent hover:underline">
              Your endpoints
            </Link>{" "}
            show where webhooks go{access.can("manage") && "; add the URL that shall take them there"}.
          </p>
        </Empty>
      )}
      <Headline svc={service.id} stats={stats} range={<TimeRange usual={usual} range={range} since={since} until={until} onChange={choose} />} />
      <Figures svc={service.id} stats={stats} search={`?${new URLSearchParams(since ? { since, ...(until && { until }) } : { range: range ?? usual }).toString()}`} />
      <div className={isPlaceholderData ? "opacity-60 transition-opacity duration-120" : ""}>
        <Pictures svc={service.id} stats={stats} onRange={(from, to) => choose({ since: from, until: to })} />
        <div className="mt-7 grid grid-cols-[minmax(0,2.1fr)_minmax(0,1fr)] gap-8 max-lg:grid-cols-1">
          <NeedYou svc={service.id} stats={stats} />
          <Causes svc={service.id} stats={stats} />
        </div>
      </div>
    </Page>
  );
}
