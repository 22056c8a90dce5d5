import { Link } from "react-router";
import { useUserNames } from "@/api/names";
import type { Stats } from "@/api/types";
import { HealthStrip } from "@/charts/health-strip";
import { Ago } from "@/components/data/moment";
import { Url } from "@/components/data/url";
import { Section } from "@/components/layout/page";
import { causeText } from "@/components/state/cause";
import { Mark } from "@/components/state/marks";
import { count, percent } from "@/lib/format";

type Row = Stats["endpoints"][number];

/** How much an endpoint needs somebody. */
function need(e: Row): number {
  if (e.status === "removed") return 0;
  return e.now.failed * 3 + e.figures.failed * 2 + e.now.retrying + (e.last && e.last.outcome !== "delivered" ? 1 : 0);
}

/** The endpoints that fail, worst first, each with why and the next step. */
export function NeedYou({ svc, stats }: { svc: string; stats: Stats }) {
  const rows = stats.endpoints.filter((e) => need(e) > 0).toSorted((a, b) => need(b) - need(a));
  const users = useUserNames(svc, rows.map((e) => e.user_id));
  return (
    <Section
      title="Endpoints that need you"
      note={rows.length > 0 && "worst first; the taller the bar, the worse the time"}
      actions={
        <Link to={`/services/${svc}/endpoints`} className="text-text-2 hover:text-text hover:underline">
          All endpoints
        </Link>
      }
    >
      {rows.length === 0 ? (
        <p className="border-t border-border py-3 text-text-2">None. Every endpoint takes what it is sent.</p>
      ) : (
        <table aria-label="Endpoints that need you" className="w-full text-left max-md:block">
          <thead className="max-md:sr-only">
            <tr className="border-b border-border text-small text-muted">
              <th scope="col" className="h-8 font-normal">Endpoint</th>
              <th scope="col" className="font-normal">Over the time</th>
              <th scope="col" className="text-right font-normal">Arrived</th>
              <th scope="col" className="pl-6 font-normal">Why</th>
              <th scope="col" className="text-right font-normal">Waiting</th>
            </tr>
          </thead>
          <tbody className="max-md:block">
            {rows.slice(0, 8).map((e) => (
              <tr key={e.endpoint_id} className="border-b border-border hover:bg-hover max-md:grid max-md:grid-cols-[minmax(0,1fr)_auto] max-md:gap-x-3 max-md:py-2">
                <td className="h-[46px] max-w-60 pr-4 max-md:h-auto max-md:pr-0">
                  <Link to={`/services/${svc}/endpoints/${e.endpoint_id}`} className="block">
                    <span className="block truncate font-[550]">{users.get(e.user_id)?.name ?? "…"}</span>
                    <Url url={e.url} className="text-text-2" />
                  </Link>
                </td>
                <td className="pr-4 max-md:hidden">
                  <HealthStrip strip={e.strip} />
                </td>
                <td className="text-right max-md:row-start-1">{e.figures.success_rate === null ? <span className="text-muted">–</span> : percent(e.figures.success_rate)}</td>
                <td className="pl-6 max-md:pl-0">
                  <Why row={e} />
                </td>
                <td className="text-right whitespace-nowrap">
                  {e.now.failed > 0 ? (
                    <Link to={`/services/${svc}/dead-letters?endpoint_id=${e.endpoint_id}`} className="inline-block leading-6 text-accent hover:underline">
                      {e.last?.outcome === "delivered" ? "Retry" : "Show"} {count(e.now.failed)}
                    </Link>
                  ) : e.now.retrying > 0 ? (
                    <Link to={`/services/${svc}/messages?status=retrying&endpoint_id=${e.endpoint_id}`} className="inline-block leading-6 text-accent hover:underline">
                      Show {count(e.now.retrying)}
                    </Link>
                  ) : (
                    <span className="text-muted">–</span>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Section>
  );
}

function Why({ row }: { row: Row }) {
  const { last } = row;
  const main = Object.entries(row.figures.causes).toSorted((a, b) => b[1] - a[1])[0]?.[0];
  if (row.status === "paused") {
    return (
      <span className="inline-flex items-center gap-2">
        <Mark state="paused" /> Paused{main === "http_410" && " after a 410"}
      </span>
    );
  }
  if (last?.outcome === "delivered") {
    return (
      <span className="inline-flex items-center gap-2">
        <Mark state="delivered" />
        <span>
          Answers again, <Ago at={last.at} suffix=" ago" />
        </span>
      </span>
    );
  }
  return (
    <span className="inline-flex items-center gap-2">
      <Mark state={last?.outcome === "retrying" ? "retrying" : "failed"} /> {causeText(last?.cause ?? main)}
    </span>
  );
}
