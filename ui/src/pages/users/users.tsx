import { Plus } from "lucide-react";
import { useState } from "react";
import { useNavigate } from "react-router";
import { api, ask } from "@/api/client";
import { after } from "@/api/position";
import { useStats } from "@/api/stats";
import type { User } from "@/api/types";
import { useAccess } from "@/app/access";
import { useService } from "@/app/service";
import { serviceKey } from "@/app/service-key";
import { useTitle } from "@/app/shell/title";
import { Curl } from "@/components/data/curl";
import { Id } from "@/components/data/id";
import { Ago } from "@/components/data/moment";
import { Page, PageHead } from "@/components/layout/page";
import { Pager } from "@/components/list/pager";
import { type Column, Table } from "@/components/list/table";
import { SearchBox } from "@/components/list/search-box";
import { useFilters } from "@/components/list/use-filters";
import { usePage } from "@/components/list/use-page";
import { Empty, Failed, Skeleton, useSlow } from "@/components/state/blank";
import { Mark, StateWord } from "@/components/state/marks";
import { Button } from "@/components/ui/button";
import { percent, plural } from "@/lib/format";
import { userHealth } from "./health";
import { UserForm } from "@/pages/forms";

const mostEndpoints = 500;

export default function Users() {
  useTitle("Users");
  const { id: svc } = useService();
  const access = useAccess();
  const navigate = useNavigate();
  const { values, set } = useFilters(["q"] as const);
  const [creating, setCreating] = useState(false);
  const { q } = values;
  const page = usePage(serviceKey(svc, "users", "page", q ?? ""), (cursor) =>
    ask(api.GET("/v1/services/{svc}/users", { params: { path: { svc }, query: { q, cursor, after: after(svc) } } })),
  );
  const { data: stats } = useStats(svc, { range: "24h" });
  const health = userHealth(stats);
  const known = stats !== undefined && stats.endpoints.length < mostEndpoints; // of more endpoints the figures tell of the worst
  const slow = useSlow(page.isPending);

  const columns: Column<User>[] = [
    { key: "name", head: "User", phone: "lead", cell: (u) => <span className="truncate font-[550]">{u.name}</span> },
    { key: "external", head: "External id", phone: "under", cell: (u) => (u.external_id ? <span className="font-mono text-mono wrap-anywhere text-text-2">{u.external_id}</span> : <span className="text-muted">–</span>) },
    {
      key: "health",
      head: "Last 24 hours",
      phone: "under-end",
      cell: (u) => {
        const h = health.get(u.id);
        if (u.archived_at) return <StateWord state="archived" />;
        if (!h || h.sent === 0) return <span className="text-muted">{known ? "nothing sent" : "–"}</span>;
        return (
          <span className="inline-flex items-center gap-2">
            <Mark state={h.failed > 0 ? "failed" : "delivered"} />
            {h.failed > 0 ? `${plural(h.failed, "delivery", "deliveries")} failed` : `${percent(h.rate)} of ${h.sent} arrived`}
          </span>
        );
      },
    },
    { key: "endpoints", head: "Active endpoints", right: true, cell: (u) => <span className="text-text-2">{health.get(u.id)?.endpoints ?? "–"}</span> },
    { key: "since", head: "Since", right: true, phone: "end", cell: (u) => <Ago at={u.created_at} className="relative text-text-2" /> },
    { key: "id", head: "Id", right: true, cell: (u) => <Id id={u.id} className="relative" /> },
  ];

  return (
    <Page>
      <PageHead
        title="Users"
        actions={
          access.can("manage") && (
            <Button variant="primary" onClick={() => setCreating(true)}>
              <Plus /> New user
            </Button>
          )
        }
      />
      <SearchBox label="Find a user" placeholder="Find by name or your own id" value={q} onChange={(text) => set({ q: text })} />
      <div className="mt-3">
        {page.error ? (
          <Failed error={page.error} what="users" retry={() => void page.refetch()} />
        ) : !page.rows ? (
          slow && <Skeleton />
        ) : page.rows.length === 0 ? (
          q ? (
            <Empty title={`No user is called ${q}, nor has this id.`}>
              <p>Each word of a name or external id finds its user by its beginning; an archived user is found by its id.</p>
            </Empty>
          ) : (
            <Empty title="No users yet.">
              <p>A user is a customer of yours who gets webhooks.{access.can("manage") && " Register one here, or with the line below."}</p>
              {access.can("manage") && <Curl method="POST" path={`/v1/services/${svc}/users`} body={{ name: "Ada", external_id: "customer-1" }} />}
            </Empty>
          )
        ) : (
          <Table label="Users" columns={columns} rows={page.rows} id={(u) => u.id} to={(u) => `/services/${svc}/users/${u.id}`} name={(u) => u.name} dimmed={page.isPlaceholderData} />
        )}
        <Pager newer={page.newer} older={page.older} />
      </div>
      <UserForm svc={svc} open={creating} user={null} onClose={() => setCreating(false)} onSaved={(u) => void navigate(`/services/${svc}/users/${u.id}`)} />
    </Page>
  );
}
