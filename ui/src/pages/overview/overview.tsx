import { useSearchParams } from "react-router";
import { usualRange, useStats } from "@/api/stats";
import { useService } from "@/app/service";
import { useTitle } from "@/app/shell/title";
import { Page } from "@/components/layout/page";
import { type Range, TimeRange } from "@/components/list/time-range";
import { Failed, Skeleton, useSlow } from "@/components/state/blank";
import { Figures } from "./figures";
import { FirstSteps } from "./first-steps";
import { Headline } from "./headline";
import { Pictures } from "./pictures";
import { Causes } from "./causes";
import { NeedYou } from "./need-you";
import { useFirstSteps } from "./use-first-steps";

export default function Overview() {
  useTitle("Overview");
  const service = useService();
  const [params, setParams] = useSearchParams();
  const since = params.get("since") ?? undefined;
  const until = params.get("until") ?? undefined;
  const usual = usualRange(service);
  const range: Range = since ? "custom" : ((params.get("range") as Range | null) ?? usual);
  const { data: stats, error, isPending, refetch, isPlaceholderData } = useStats(service.id, since ? { since, until } : { range });
  const steps = useFirstSteps(service.id);
  const slow = useSlow(isPending);
  if (steps.needed) return <FirstSteps svc={service.id} steps={steps} />;
  if (error) return <Failed error={error} what="figures" retry={() => void refetch()} className="p-6" />;
  if (!stats || steps.loading) return slow ? <Skeleton className="p-6" /> : <h1 className="sr-only">Overview</h1>;
  const choose = (to: { range?: string | null; since?: string | null; until?: string | null }) => {
    const next = new URLSearchParams();
    for (const [name, value] of Object.entries(to)) if (value && !(name === "range" && value === usual)) next.set(name, value);
    setParams(next);
  };
  return (
    <Page>
      <Headline svc={service.id} stats={stats} range={<TimeRange range={range} since={since} until={until} onChange={choose} />} />
      <Figures svc={service.id} stats={stats} />
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
