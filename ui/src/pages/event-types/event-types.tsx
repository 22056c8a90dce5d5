import { Plus } from "lucide-react";
import { useMemo, useState } from "react";
import { useNavigate } from "react-router";
import { api, ask } from "@/api/client";
import { after } from "@/api/position";
import { useStats } from "@/api/stats";
import type { EventType } from "@/api/types";
import { useAccess } from "@/app/access";
import { useService } from "@/app/service";
import { serviceKey } from "@/app/service-key";
import { useTitle } from "@/app/shell/title";
import { Curl } from "@/components/data/curl";
import { Ago } from "@/components/data/moment";
import { Page, PageHead } from "@/components/layout/page";
import { Pager } from "@/components/list/pager";
import { type Column, Table } from "@/components/list/table";
import { SearchBox } from "@/components/list/search-box";
import { useFilters } from "@/components/list/use-filters";
import { useHeld } from "@/components/list/use-held";
import { usePage } from "@/components/list/use-page";
import { Empty, Failed, Skeleton, useSlow } from "@/components/state/blank";
import { StateWord } from "@/components/state/marks";
import { Button } from "@/components/ui/button";
import { count, percent } from "@/lib/format";
import { EventTypeForm } from "@/pages/forms";

const idOf = (t: EventType) => t.id;

export default function EventTypes() {
  useTitle("Event types");
  const { id: svc } = useService();
  const access = useAccess();
  const navigate = useNavigate();
  const [creating, setCreating] = useState(false);
  const mayCreate = access.can("manage") && access.userId === null;
  const { values, set } = useFilters(["q"] as const);
  const { q } = values;
  const page = usePage(serviceKey(svc, "event-types", "page", q ?? ""), (cursor) => ask(api.GET("/v1/services/{svc}/event-types", { params: { path: { svc }, query: { q, cursor, after: after(svc) } } })));
  const { data: stats } = useStats(svc, { range: "7d" });
  const figures = useMemo(() => new Map((stats?.event_types ?? []).map((t) => [t.event_type_id, t.figures])), [stats]);
  const slow = useSlow(page.isPending);
  const most = Math.max(1, ...(stats?.event_types ?? []).map((t) => t.figures.accepted ?? 0));
  // By volume, then the unused ones, then the archived: where all of them are here. A part of them has no such order.
  const whole = page.atTop && page.older === undefined;
  const sorted = useMemo(() => {
    const volume = (t: EventType) => (t.archived_at ? -1 : (figures.get(t.id)?.accepted ?? 0));
    return whole ? page.rows?.toSorted((a, b) => volume(b) - volume(a)) : page.rows;
  }, [page.rows, figures, whole]);
  const held = useHeld(sorted, idOf, true, page.scope);
  const { rows } = held;

  const columns: Column<EventType>[] = [
    { key: "name", head: "Event type", phone: "lead", cell: (t) => <span className="font-mono text-mono wrap-anywhere">{t.name}</span> },
    { key: "about", head: "About", phone: "under", className: "max-w-72", cell: (t) => <span className="block truncate text-text-2">{t.description || "–"}</span> },
    { key: "schema", head: "Schema", cell: (t) => <span className="text-text-2">{t.schema === null ? "none" : "checked"}</span> },
    {
      key: "volume",
      head: "Messages in 7 days",
      phone: "end",
      cell: (t) => {
        if (t.archived_at) return <StateWord state="archived" />;
        const n = figures.get(t.id)?.accepted ?? 0;
        return (
          <span className="inline-flex items-center gap-2.5">
            <svg width="92" height="6" aria-hidden className="max-md:hidden">
              <rect width="92" height="6" rx="2" className="fill-hover" />
              <rect width={n === 0 ? 0 : Math.max(2, (n / most) * 92)} height="6" rx="2" className="fill-accent-mark" />
            </svg>
            {n === 0 ? <span className="text-muted">unused</span> : count(n)}
          </span>
        );
      },
    },
    {
      key: "rate",
      head: "Delivered",
      right: true,
      phone: "under-end",
      cell: (t) => {
        const rate = figures.get(t.id)?.success_rate;
        return rate === null || rate === undefined ? <span className="text-muted">–</span> : percent(rate);
      },
    },
    { key: "since", head: "Since", right: true, cell: (t) => <Ago at={t.created_at} className="relative text-text-2" /> },
  ];

  return (
    <Page>
      <PageHead
        title="Event types"
        actions={
          mayCreate && (
            <Button variant="primary" onClick={() => setCreating(true)}>
              <Plus /> New event type
            </Button>
          )
        }
      />
      <SearchBox label="Find an event type" placeholder="Find by name" value={q} onChange={(text) => set({ q: text })} />
      <div className="mt-3">
        {page.error ? (
          <Failed error={page.error} what="event types" retry={() => void page.refetch()} />
        ) : !rows ? (
          slow && <Skeleton />
        ) : rows.length === 0 ? (
          q ? (
            <Empty title={`No event type is called ${q}.`}>
              <p>Each word of a name finds it by its beginning; an archived one is found by its id.</p>
            </Empty>
          ) : (
            <Empty title="No event types yet.">
              <p>What can happen in your application that customers want to hear of?{mayCreate && " Create it here, or with the line below."}</p>
              {mayCreate && <Curl method="POST" path={`/v1/services/${svc}/event-types`} body={{ name: "card_issued", example: { card: "crd_1" } }} />}
            </Empty>
          )
        ) : (
          <div {...held.attach}>
          <Table label="Event types" columns={columns} rows={rows} id={(t) => t.id} to={(t) => `/services/${svc}/event-types/${t.id}`} name={(t) => t.name} dimmed={page.isPlaceholderData} />
          {!whole && <p className="pt-3 text-small text-muted">{q ? "In the order of what was found." : "Newest first."}</p>}
          </div>
        )}
        <Pager newer={page.newer} older={page.older} />
      </div>
      <EventTypeForm svc={svc} open={creating} type={null} onClose={() => setCreating(false)} onSaved={(t) => void navigate(`/services/${svc}/event-types/${t.id}`)} />
    </Page>
  );
}
