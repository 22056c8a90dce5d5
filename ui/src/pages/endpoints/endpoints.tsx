import { Plus } from "lucide-react";
import { useMemo, useState } from "react";
import { useNavigate } from "react-router";
import { api, ask } from "@/api/client";
import { useUserNames } from "@/api/names";
import { userSource } from "@/api/sources";
import { after } from "@/api/position";
import { useStats } from "@/api/stats";
import type { Endpoint, Stats } from "@/api/types";
import { useAccess } from "@/app/access";
import { useService } from "@/app/service";
import { serviceKey } from "@/app/service-key";
import { useTitle } from "@/app/shell/title";
import { HealthStrip } from "@/charts/health-strip";
import { Curl } from "@/components/data/curl";
import { Ago } from "@/components/data/moment";
import { Url } from "@/components/data/url";
import { Page, PageHead } from "@/components/layout/page";
import { FilterBar, type FilterField } from "@/components/list/filter-bar";
import { Pager } from "@/components/list/pager";
import { type Column, Table } from "@/components/list/table";
import { useFilters } from "@/components/list/use-filters";
import { useHeld } from "@/components/list/use-held";
import { usePage } from "@/components/list/use-page";
import { Empty, Failed, Skeleton, useSlow } from "@/components/state/blank";
import { causeText } from "@/components/state/cause";
import { Button } from "@/components/ui/button";
import { percent } from "@/lib/format";
import { EndpointState, unconfirmed } from "./state";
import { EndpointForm } from "@/pages/forms";

const idOf = (e: Endpoint) => e.id;

export default function Endpoints() {
  useTitle("Endpoints");
  const { id: svc } = useService();
  const access = useAccess();
  const navigate = useNavigate();
  const [adding, setAdding] = useState(false);
  const { values, set, clear, any } = useFilters(["status", "user_id", "q"] as const);
  const page = usePage(serviceKey(svc, "endpoints", "page", values), (cursor) =>
    ask(api.GET("/v1/services/{svc}/endpoints", { params: { path: { svc }, query: { ...values, status: values.status as Endpoint["status"] | undefined, cursor, after: after(svc) } } })),
  );
  const { data: stats } = useStats(svc, { range: "24h" });
  const figures = useMemo(() => new Map((stats?.endpoints ?? []).map((e) => [e.endpoint_id, e])), [stats]);
  const names = useUserNames(svc, [values.user_id, ...(page.rows ?? []).map((e) => e.user_id)]);
  const slow = useSlow(page.isPending);
  // Those that need somebody come first, where all of them are here. A part of them has no such order.
  const whole = page.atTop && page.older === undefined;
  const sorted = useMemo(() => (whole ? page.rows?.toSorted((a, b) => rank(b, figures.get(b.id)) - rank(a, figures.get(a.id))) : page.rows), [page.rows, figures, whole]);
  const held = useHeld(sorted, idOf, true, page.scope);
  const { rows } = held;

  const fields: FilterField[] = [
    { name: "status", label: "status", options: [{ value: "active", label: "active" }, { value: "paused", label: "paused" }, { value: "removed", label: "removed" }] },
    ...(access.userId === null ? [{ name: "user_id", label: "user", options: [], source: userSource(svc), called: names.get(values.user_id ?? "")?.name }] : []),
    { name: "q", label: "url", options: [], free: (text) => (/[./:]/.test(text) || text.length > 3 ? text : undefined) },
  ];
  const columns: Column<Endpoint>[] = [
    {
      key: "url",
      head: "Endpoint",
      phone: "lead",
      className: "max-w-80",
      cell: (e) => (
        <>
          {access.userId === null && <span className="block truncate font-[550]">{names.get(e.user_id)?.name ?? "…"}</span>}
          <Url url={e.url} className="text-text-2" />
        </>
      ),
    },
    { key: "state", head: "State", phone: "under", cell: (e) => <EndpointState endpoint={e} /> },
    { key: "strip", head: "Last 24 hours", cell: (e) => <HealthStrip strip={figures.get(e.id)?.strip ?? []} className="relative" /> },
    {
      key: "rate",
      head: "Delivered",
      right: true,
      phone: "under-end",
      cell: (e) => {
        const rate = figures.get(e.id)?.figures.success_rate;
        return rate === null || rate === undefined ? <span className="text-muted">–</span> : percent(rate);
      },
    },
    {
      key: "last",
      head: "Last answer",
      cell: (e) => {
        const last = figures.get(e.id)?.last;
        if (!last) return <span className="text-muted">–</span>;
        return (
          <span className="text-text-2">
            {last.outcome === "delivered" ? "2xx" : causeText(last.cause)}, <Ago at={last.at} suffix=" ago" className="relative" />
          </span>
        );
      },
    },
    { key: "skipped", head: "Skipped", right: true, cell: (e) => <span className="text-text-2">{figures.get(e.id)?.figures.skipped || "–"}</span> },
    { key: "types", head: "Event types", right: true, phone: "end", cell: (e) => <span className="text-text-2">{e.subscriptions.filter((s) => s.status !== "removed").length}</span> },
  ];

  return (
    <Page>
      <PageHead
        title="Endpoints"
        actions={
          access.can("manage") && (
            <Button variant="primary" onClick={() => setAdding(true)}>
              <Plus /> Add an endpoint
            </Button>
          )
        }
      />
      <div className="mt-4">
        <FilterBar fields={fields} values={values} onChange={(name, value) => set({ [name]: value })} placeholder={access.userId === null ? "status: user: or a part of the URL" : "status: or a part of the URL"} onText={(text) => set({ q: text })} />
      </div>
      <div className="mt-2">
        {page.error ? (
          <Failed error={page.error} what="endpoints" retry={() => void page.refetch()} />
        ) : !rows ? (
          slow && <Skeleton />
        ) : rows.length === 0 ? (
          any ? (
            <Empty title="No endpoint matches.">
              <div>
                <Button onClick={clear}>Clear the filters</Button>
              </div>
            </Empty>
          ) : (
            <Empty title="No endpoints yet.">
              <p>
                {access.userId === null ? "An endpoint is a URL of a user that takes webhooks." : "An endpoint is a URL of yours that takes webhooks."}
                {access.can("manage") && " Add one here, or with the line below."}
              </p>
              {access.can("manage") && <Curl method="POST" path={`/v1/services/${svc}/endpoints`} body={{ user_id: access.userId ?? "usr_…", url: "https://example.com/webhooks", event_types: ["card_issued"] }} />}
            </Empty>
          )
        ) : (
          <div {...held.attach}>
          <Table label="Endpoints" columns={columns} rows={rows} id={(e) => e.id} to={(e) => `/services/${svc}/endpoints/${e.id}`} name={(e) => e.url} dimmed={page.isPlaceholderData} tall />
          <p className="pt-3 text-small text-muted">{whole ? "Those that need somebody first." : values.q ? "In the order of what was found." : "Newest first."}</p>
          </div>
        )}
        <Pager newer={page.newer} older={page.older} />
      </div>
      <EndpointForm svc={svc} open={adding} endpoint={null} userId={values.user_id} onClose={() => setAdding(false)} onSaved={(e) => void navigate(`/services/${svc}/endpoints/${e.id}`)} />
    </Page>
  );
}

/** How much an endpoint needs somebody. */
function rank(e: Endpoint, row: Stats["endpoints"][number] | undefined): number {
  if (e.status === "removed" || e.archived_at) return -1;
  return (unconfirmed(e).length > 0 ? 4 : 0) + (e.status === "paused" ? 2 : 0) + (row && row.now.failed > 0 ? 3 : 0) + (row?.last && row.last.outcome !== "delivered" ? 3 : 0);
}
