import { useMemo } from "react";
import { Link } from "react-router";
import { useUserNames } from "@/api/names";
import type { Stats } from "@/api/types";
import { HealthStrip } from "@/charts/health-strip";
import { Ago } from "@/components/data/moment";
import { Url } from "@/components/data/url";
import { Section } from "@/components/layout/page";
import { type Column, Table } from "@/components/list/table";
import { useHeld } from "@/components/list/use-held";
import { causeText } from "@/components/state/cause";
import { Mark } from "@/components/state/marks";
import { count, percent } from "@/lib/format";
import { inTrouble } from "./trouble";

type Row = Stats["endpoints"][number];
const shown = 8;
const idOf = (e: Row) => e.endpoint_id;

/** The endpoints in trouble, worst first, each with why and the next step. */
export function NeedYou({ svc, stats }: { svc: string; stats: Stats }) {
  const all = useMemo(() => inTrouble(stats), [stats]);
  const first = useMemo(() => all.slice(0, shown), [all]);
  const held = useHeld(first, idOf, true, `${svc} ${stats.bucket}`);
  const rows = held.rows ?? [];
  const users = useUserNames(svc, rows.map((e) => e.user_id));
  const columns: Column<Row>[] = [
    {
      key: "endpoint",
      head: "Endpoint",
      phone: "lead",
      className: "md:max-w-60",
      cell: (e) => (
        <>
          <span className="block truncate font-[550]">{users.get(e.user_id)?.name ?? "…"}</span>
          <Url url={e.url} className="text-text-2" />
        </>
      ),
    },
    { key: "strip", head: "Over the time", cell: (e) => <HealthStrip strip={e.strip} className="relative" /> },
    { key: "rate", head: "Arrived", right: true, phone: "end", cell: (e) => (e.figures.success_rate === null ? <span className="text-muted">–</span> : percent(e.figures.success_rate)) },
    { key: "why", head: <span className="pl-3">Why</span>, phone: "under", cell: (e) => <Why row={e} /> },
    { key: "waiting", head: "Waiting", right: true, phone: "under-end", cell: (e) => <Waiting svc={svc} row={e} /> },
  ];
  return (
    <Section
      title="Endpoints in trouble"
      note={rows.length > 0 && `worst first${all.length > rows.length ? `, ${rows.length} of ${all.length}` : ""}; the taller the bar, the worse the time`}
      actions={
        <Link to={`/services/${svc}/endpoints`} className="text-text-2 hover:text-text hover:underline">
          All endpoints
        </Link>
      }
    >
      {rows.length === 0 ? (
        <p className="border-t border-border py-3 text-text-2">None. Every endpoint takes what it is sent.</p>
      ) : (
        <div {...held.attach}>
          <Table label="Endpoints in trouble" columns={columns} rows={rows} id={idOf} to={(e) => `/services/${svc}/endpoints/${e.endpoint_id}`} name={(e) => e.url} tall />
        </div>
      )}
    </Section>
  );
}

/** What waits for it, and the way there. */
function Waiting({ svc, row: e }: { svc: string; row: Row }) {
  const link = "relative z-10 inline-block leading-6 text-accent hover:underline";
  if (e.now.failed > 0) {
    return (
      <Link to={`/services/${svc}/dead-letters?endpoint_id=${e.endpoint_id}`} className={link}>
        {e.last?.outcome === "delivered" ? "Retry" : "Show"} {count(e.now.failed)}
        {e.now.more && "+"}
      </Link>
    );
  }
  if (e.now.retrying === 0) return <span className="text-muted">–</span>;
  return (
    <Link to={`/services/${svc}/messages?status=retrying&endpoint_id=${e.endpoint_id}`} className={link}>
      Show {count(e.now.retrying)}
    </Link>
  );
}

function Why({ row }: { row: Row }) {
  const { last } = row;
  const main = Object.entries(row.figures.causes).toSorted((a, b) => b[1] - a[1])[0]?.[0];
  if (row.status === "paused") {
    return (
      <span className="inline-flex items-center gap-2 md:pl-3">
        <Mark state="paused" /> Paused{main === "http_410" && " after a 410"}
      </span>
    );
  }
  if (last?.outcome === "delivered") {
    return (
      <span className="inline-flex items-center gap-2 md:pl-3">
        <Mark state="delivered" />
        <span>
          Answers again, <Ago at={last.at} suffix=" ago" />
        </span>
      </span>
    );
  }
  return (
    <span className="inline-flex items-center gap-2 md:pl-3">
      <Mark state={last?.outcome === "retrying" ? "retrying" : "failed"} /> {causeText(last?.cause ?? main)}
    </span>
  );
}
