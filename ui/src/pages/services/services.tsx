import { useQueryClient } from "@tanstack/react-query";
import { Ellipsis, Plus } from "lucide-react";
import { useState } from "react";
import { useSearchParams } from "react-router";
import { api, ask, tellServer } from "@/api/client";
import { servicesKey } from "@/api/services";
import type { Service } from "@/api/types";
import { useAccess } from "@/app/access";
import { ServiceLetter } from "@/app/shell/service-menu";
import { useTitle } from "@/app/shell/title";
import { Curl } from "@/components/data/curl";
import { Id } from "@/components/data/id";
import { Ago } from "@/components/data/moment";
import { Confirm } from "@/components/form/confirm";
import { Page, PageHead } from "@/components/layout/page";
import { Pager } from "@/components/list/pager";
import { type Column, Table } from "@/components/list/table";
import { usePage } from "@/components/list/use-page";
import { Empty, Failed, Skeleton, useSlow } from "@/components/state/blank";
import { StateWord } from "@/components/state/marks";
import { Button } from "@/components/ui/button";
import { Menu, MenuItem, MenuSeparator } from "@/components/ui/menu";
import { ServiceForm } from "@/pages/forms";

export default function Services() {
  useTitle("Services");
  const access = useAccess();
  const [params, setParams] = useSearchParams();
  const [editing, setEditing] = useState<Service | null>(null);
  const [archiving, setArchiving] = useState<Service | null>(null);
  const client = useQueryClient();
  const page = usePage(servicesKey, (cursor) => ask(api.GET("/v1/services", { params: { query: { cursor, limit: 50 } } })));
  const slow = useSlow(page.isPending);
  const mayCreate = access.allServices && access.can("manage");
  const creating = params.has("new") && mayCreate;
  const create = () => setParams({ new: "1" });

  const columns: Column<Service>[] = [
    {
      key: "name",
      head: "Service",
      phone: "lead",
      cell: (s) => (
        <span className="flex items-center gap-2.5">
          <ServiceLetter name={s.name} />
          <span className="truncate font-[550]">{s.name}</span>
        </span>
      ),
    },
    { key: "state", head: "State", phone: "end", cell: (s) => <StateWord state={s.archived_at ? "archived" : "active"} /> },
    { key: "format", head: "Format of new endpoints", cell: (s) => <span className="font-mono text-mono text-text-2">{s.default_format}</span> },
    { key: "created", head: "Created", right: true, cell: (s) => <Ago at={s.created_at} className="relative text-text-2" /> },
    { key: "id", head: "Id", right: true, phone: "under", cell: (s) => <Id id={s.id} className="relative" /> },
    {
      key: "more",
      head: <span className="sr-only">Actions</span>,
      right: true,
      phone: "under-end",
      className: "w-10",
      cell: (s) =>
        access.can("manage") &&
        !s.archived_at && (
          <Menu
            trigger={
              <Button variant="ghost" size="icon" aria-label={`Actions on ${s.name}`} className="relative z-10 size-7">
                <Ellipsis />
              </Button>
            }
          >
            <MenuItem onSelect={() => setEditing(s)}>Edit</MenuItem>
            <MenuSeparator />
            <MenuItem danger onSelect={() => setArchiving(s)}>
              Archive…
            </MenuItem>
          </Menu>
        ),
    },
  ];

  return (
    <Page>
      <PageHead
        title="Services"
        actions={
          mayCreate && (
            <Button variant="primary" onClick={create}>
              <Plus /> New service
            </Button>
          )
        }
      >
        A service is an application of yours that sends webhooks to its users.
      </PageHead>
      <div className="mt-5">
        {page.error ? (
          <Failed error={page.error} what="services" retry={() => void page.refetch()} />
        ) : !page.rows ? (
          slow && <Skeleton />
        ) : page.rows.length === 0 ? (
          <Empty title="No services yet.">
            {mayCreate ? (
              <>
                <p>Create one here, or with the line below.</p>
                <Curl method="POST" path="/v1/services" body={{ name: "My product" }} />
                <div>
                  <Button variant="primary" onClick={create}>
                    Create a service
                  </Button>
                </div>
              </>
            ) : (
              <p>This key may not create any. It lacks the scope manage, or is limited.</p>
            )}
          </Empty>
        ) : (
          <Table label="Services" columns={columns} rows={page.rows} id={(s) => s.id} to={(s) => `/services/${s.id}`} name={(s) => s.name} dimmed={page.isPlaceholderData} tall />
        )}
        <Pager newer={page.newer} older={page.older} />
      </div>
      <ServiceForm open={creating || editing !== null} service={editing} onClose={() => (editing ? setEditing(null) : setParams({}))} />
      <Confirm
        open={archiving !== null}
        title={`Archive ${archiving?.name ?? ""}?`}
        action={`Archive ${archiving?.name ?? ""}`}
        onClose={() => setArchiving(null)}
        confirm={async () => {
          await tellServer(api.DELETE("/v1/services/{svc}", { params: { path: { svc: archiving?.id ?? "" } } }));
          await client.invalidateQueries();
        }}
      >
        It and all that is under it take nothing new: publishing is refused, and nothing can be changed. What was accepted is still delivered. Its history stays, its name is free again. This cannot be undone.
      </Confirm>
    </Page>
  );
}
