import { useQueryClient } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState } from "react";
import { api, ask, tellServer } from "@/api/client";
import { useServices } from "@/api/services";
import type { Key } from "@/api/types";
import { useAccess } from "@/app/access";
import { useTitle } from "@/app/shell/title";
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
import { Chip } from "@/components/ui/chip";
import { plural } from "@/lib/format";
import { KeyForm } from "@/pages/forms";

const stale = 90 * 86_400_000;

export default function Keys() {
  useTitle("API keys");
  const access = useAccess();
  const client = useQueryClient();
  const { data: services } = useServices();
  const [creating, setCreating] = useState(false);
  const [revoking, setRevoking] = useState<Key | null>(null);
  const page = usePage(["keys", "page"], (cursor) => ask(api.GET("/v1/keys", { params: { query: { cursor, limit: 50 } } })), access.admin);
  const slow = useSlow(page.isPending);
  if (!access.admin)
    return (
      <Page>
        <PageHead title="API keys" />
        <Empty title="Keys are for the admin key alone." />
      </Page>
    );
  const unused = (page.rows ?? []).filter((k) => !k.revoked_at && idle(k)).length;
  const columns: Column<Key>[] = [
    {
      key: "name",
      head: "Key",
      phone: "lead",
      cell: (k) => (
        <>
          <span className="block truncate font-[550]">{k.name}</span>
          <span className="block text-small text-muted">{k.holder ? `${k.holder.name}, a ${k.holder.kind}` : "no holder named"}</span>
        </>
      ),
    },
    {
      key: "state",
      head: "State",
      phone: "end",
      cell: (k) =>
        k.revoked_at ? (
          <StateWord state="removed" word="Revoked" />
        ) : (
          <span className="inline-flex items-center gap-2">
            <StateWord state="active" />
            {idle(k) && <Chip tone="warning">unused for 90 days</Chip>}
          </span>
        ),
    },
    {
      key: "scopes",
      head: "May",
      cell: (k) => (
        <span className="font-mono text-mono">
          {k.scopes.join(", ")}
          {k.scopes.length === 4 && (
            <Chip tone="warning" className="ml-2 font-sans">
              all scopes
            </Chip>
          )}
        </span>
      ),
    },
    { key: "limit", head: "Sees", phone: "under", cell: (k) => <span className="text-text-2">{k.service_id === null ? "every service" : `${services?.data.find((s) => s.id === k.service_id)?.name ?? "one service"}${k.user_id ? ", one user" : ""}`}</span> },
    {
      key: "used",
      head: "Last use",
      cell: (k) =>
        k.last_used ? (
          <span className="text-text-2" title={k.last_used.call}>
            <Ago at={k.last_used.at} suffix=" ago" /> from {k.last_used.from}
          </span>
        ) : (
          <span className="text-muted">never</span>
        ),
    },
    { key: "id", head: "Id", right: true, cell: (k) => <Id id={k.id} copy /> },
    {
      key: "act",
      head: <span className="sr-only">Actions</span>,
      right: true,
      phone: "under-end",
      cell: (k) =>
        !k.revoked_at && (
          <Button variant="link" size="inline" className="max-md:h-11" onClick={() => setRevoking(k)}>
            Revoke…
          </Button>
        ),
    },
  ];
  return (
    <Page>
      <PageHead
        title="API keys"
        actions={
          <Button variant="primary" onClick={() => setCreating(true)}>
            <Plus /> New key
          </Button>
        }
      >
        Only the admin key makes and revokes keys. {unused > 0 && `${plural(unused, "key")} ${unused === 1 ? "was" : "were"} not used for 90 days.`}
      </PageHead>
      <div className="mt-4">
        {page.error ? (
          <Failed error={page.error} what="keys" retry={() => void page.refetch()} />
        ) : !page.rows ? (
          slow && <Skeleton />
        ) : page.rows.length === 0 ? (
          <Empty title="No keys but the admin key.">
            <p>Give each program and each person a key of their own: histories then say who did what, and one can be revoked without the others.</p>
          </Empty>
        ) : (
          <Table label="API keys" columns={columns} rows={page.rows} id={(k) => k.id} dimmed={page.isPlaceholderData} tall />
        )}
        <Pager newer={page.newer} older={page.older} />
      </div>
      <KeyForm open={creating} onClose={() => setCreating(false)} />
      <Confirm
        open={revoking !== null}
        title={`Revoke ${revoking?.name ?? ""}?`}
        action={`Revoke ${revoking?.name ?? ""}`}
        onClose={() => setRevoking(null)}
        confirm={async () => {
          await tellServer(api.DELETE("/v1/keys/{key}", { params: { path: { key: revoking?.id ?? "" } } }));
          await client.invalidateQueries({ queryKey: ["keys"] });
        }}
      >
        {revoking?.last_used ? (
          <>
            Last used <Ago at={revoking.last_used.at} suffix=" ago" /> from {revoking.last_used.from}, for {revoking.last_used.call}.{" "}
          </>
        ) : (
          "It was never used. "
        )}
        Requests with it are refused at once. This cannot be undone.
      </Confirm>
    </Page>
  );
}

function idle(k: Key): boolean {
  return Date.now() - new Date(k.last_used?.at ?? k.created_at).getTime() > stale;
}
