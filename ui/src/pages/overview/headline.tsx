import type { ReactNode } from "react";
import { Link } from "react-router";
import type { Stats } from "@/api/types";
import { Mark } from "@/components/state/marks";
import { count, percent, plural } from "@/lib/format";
import { inTrouble } from "./trouble";

/** The one sentence: how many arrived; and beneath it, in colour, what needs somebody. */
export function Headline({ svc, stats, range }: { svc: string; stats: Stats; range: ReactNode }) {
  const { total, now } = stats;
  const ended = total.delivered + total.failed;
  const trouble = inTrouble(stats).length;
  const base = `/services/${svc}`;
  const more = now.more ? "+" : "";
  return (
    <div className="flex flex-wrap items-start justify-between gap-x-6 gap-y-3">
      <div className="min-w-0">
        <h1 className="text-sentence font-semibold max-md:text-[22px] max-md:leading-7">{ended === 0 ? "Nothing was delivered in this time." : `${percent(total.success_rate ?? 0, 2)} of ${plural(ended, "delivery", "deliveries")} arrived.`}</h1>
        <p className="mt-1.5 flex flex-wrap items-center gap-x-5 gap-y-1">
          {now.failed === 0 && now.retrying === 0 && now.pending === 0 && trouble === 0 && <span className="text-text-2">Nothing waits for anybody.</span>}
          {now.failed > 0 && (
            <span className="inline-flex items-center gap-2 text-danger">
              <Mark state="failed" />
              <Link to={`${base}/dead-letters`} className="underline underline-offset-3">
                {count(now.failed)}
                {more} {now.failed === 1 ? "dead letter" : "dead letters"}
              </Link>
            </span>
          )}
          {trouble > 0 && <span className={now.failed > 0 ? "text-danger" : "text-warning"}>{plural(trouble, "endpoint")} in trouble</span>}
          {now.retrying > 0 && (
            <Link to={`${base}/messages?status=retrying`} className="inline-flex items-center gap-2 text-warning hover:underline">
              <Mark state="retrying" /> {count(now.retrying)}
              {more} retrying
            </Link>
          )}
          {now.pending > 0 && (
            <Link to={`${base}/messages?status=pending`} className="inline-flex items-center gap-2 text-info hover:underline">
              <Mark state="pending" /> {count(now.pending)}
              {more} pending
            </Link>
          )}
        </p>
      </div>
      {range}
    </div>
  );
}
