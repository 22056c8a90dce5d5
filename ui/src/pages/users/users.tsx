import { Plus, Search } from "lucide-react";
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
import { useFilters } from "@/components/list/use-filters";
import { usePage } from "@/components/list/use-page";
import { Empty, Failed, Skeleton, useSlow } from "@/components/state/blank";
import { Mark, StateWord } from "@/components/state/marks";
import { Button } from "@/components/ui/button";
import { Input } from "@/components/ui/field";
import { percent, plural } from "@/lib/format";
import { UserForm } from "./user-form";
import { userHealth } from "./health";

export default function Users() {
  useTitle("Users");
  const { id: svc } = useService();
  const access = useAccess();
  const navigate = useNavigate();
  const { values, set, clear } = useFilters(["external_id"] as const);
  const [creating, setCreating] = useState(false);
  const [typed, setTyped] = useState(values.external_id ?? "");
  const external_id = values.external_id;
  const page = usePage(serviceKey(svc, "users", "page", external_id ?? ""), (cursor) =>
    ask(api.GET("/v1/services/{svc}/users", { params: { path: { svc }, query: { cursor, external_id, after: after(svc) } } })),
  );
  const { data: stats } = useStats(svc, { range: "24h" });
  const health = userHealth(stats);
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
        if (!h || h.sent === 0) return <span className="text-muted">nothing sent</span>;
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
      <search className="mt-4 flex gap-2">
        <form
          className="relative w-full max-w-sm"
          onSubmit={(e) => {
            e.preventDefault();
            set({ external_id: typed.trim() || null });
          }}
        >
          <Search size={16} strokeWidth={1.75} aria-hidden className="absolute top-1/2 left-2.5 -translate-y-1/2 text-muted" />
          <Input aria-label="Find by external id" placeholder="Find by your own id" value={typed} onChange={(e) => setTyped(e.target.value)} className="h-8 pl-8 max-md:pl-9" />
        </form>
        {external_id && (
          <Button
            variant="ghost"
            onClick={() => {
              setTyped("");
              clear();
            }}
          >
            Show all
          </Button>
        )}
      </search>
      <div className="mt-3">
        {page.error ? (
          <Failed error={page.error} what="users" retry={() => void page.refetch()} />
        ) : !page.rows ? (
          slow && <Skeleton />
        ) : page.rows.length === 0 ? (
          external_id ? (
            <Empty title={`No user has the external id ${external_id}.`}>
              <p>It is compared whole. An archived user's id is free again.</p>
            </Empty>
          ) : (
            <Empty title="No users yet.">
              <p>A user is a customer of yours who gets webhooks. Register one here, or with the line below.</p>
              <Curl method="POST" path={`/v1/services/${svc}/users`} body={{ name: "Ada", external_id: "customer-1" }} />
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
