import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { api, ask } from "@/api/client";
import type { Stats } from "@/api/types";
import { serviceKey } from "@/app/service-key";
import { skipText } from "@/components/state/cause";
import { count } from "@/lib/format";
import { inTrouble } from "./trouble";

/** The numbers behind the sentence, on one ruled line. search is the page's time, for the lists that they lead to. */
export function Figures({ svc, stats, search }: { svc: string; stats: Stats; search: string }) {
  const { total } = stats;
  const { data: endpoints } = useQuery({
    queryKey: serviceKey(svc, "endpoints", "newest"),
    queryFn: () => ask(api.GET("/v1/services/{svc}/endpoints", { params: { path: { svc }, query: { limit: 100 } } })),
    staleTime: 30_000,
  });
  const open = (endpoints?.data ?? []).filter((e) => e.status !== "removed" && !e.archived_at);
  const paused = open.filter((e) => e.status === "paused").length;
  const unconfirmed = open.filter((e) => e.subscriptions.some((s) => s.status === "pending_confirmation" || s.status === "expired")).length;
  const trouble = inTrouble(stats).length;
  const more = endpoints?.next_cursor ? "+" : "";
  const reasons = Object.entries(total.skip_reasons)
    .toSorted((a, b) => b[1] - a[1])
    .slice(0, 2)
    .map(([reason]) => skipText(reason));
  return (
    <dl className="mt-5 flex flex-wrap border-y border-border py-2.5 max-md:grid max-md:grid-cols-2 max-md:gap-y-3">
      <Figure name="Messages accepted" value={count(total.accepted ?? 0)} to={`/services/${svc}/messages${search}`} />
      <Figure name="Delivered" value={count(total.delivered)} note={total.failed > 0 ? `${count(total.failed)} failed for good in this time` : total.attempts_failed > 0 ? `${count(total.attempts_failed)} attempts failed on the way` : undefined} />
      <Figure name="Skipped" value={count(total.skipped)} note={total.skipped > 0 ? `${reasons.join(", ")}; not counted above` : undefined} to={`/services/${svc}/messages?status=skipped${search.replace("?", "&")}`} />
      <Figure
        name="Endpoints"
        value={endpoints ? `${count(open.length)}${more}` : "–"}
        note={[trouble > 0 && `${trouble} in trouble`, paused > 0 && `${paused}${more} paused`, unconfirmed > 0 && `${unconfirmed}${more} unconfirmed`].filter(Boolean).join(" · ") || undefined}
        to={`/services/${svc}/endpoints`}
      />
    </dl>
  );
}

function Figure({ name, value, note, to }: { name: string; value: string; note?: ReactNode; to?: string }) {
  return (
    <div className="border-border px-6 first:pl-0 md:not-last:border-r max-md:px-0">
      <dt className="text-small text-muted">{name}</dt>
      <dd className="flex flex-wrap items-baseline gap-x-2">
        <span className="text-figure font-semibold">{to ? <Link to={to} className="hover:underline">{value}</Link> : value}</span>
        {note && <span className="text-small text-muted">{note}</span>}
      </dd>
    </div>
  );
}
