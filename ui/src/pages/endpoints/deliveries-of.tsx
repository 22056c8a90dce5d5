import { api, ask } from "@/api/client";
import type { Message } from "@/api/types";
import { useAccess } from "@/app/access";
import { serviceKey } from "@/app/service-key";
import { Id } from "@/components/data/id";
import { Ago, In } from "@/components/data/moment";
import { Pager, Waiting } from "@/components/list/pager";
import { type Column, Table } from "@/components/list/table";
import { useHeld } from "@/components/list/use-held";
import { usePage } from "@/components/list/use-page";
import { Failed, Skeleton, useSlow } from "@/components/state/blank";
import { causeText, skipText } from "@/components/state/cause";
import { StateWord } from "@/components/state/marks";
import { plural } from "@/lib/format";

const perPage = 20;
const idOf = (m: Message) => m.id;

const columns: Column<Message>[] = [
  { key: "state", head: "Outcome", phone: "mark", className: "md:w-28", cell: ({ delivery: d }) => d && <StateWord state={d.status === "failed" && d.cause === "no_report" ? "no_report" : d.status} /> },
  { key: "type", head: "Event type", phone: "lead", cell: (m) => <span className="block max-w-48 truncate font-mono text-mono">{m.event_type}</span> },
  { key: "answer", head: "Answer", phone: "under", cell: ({ delivery: d }) => d && <span className="text-text-2">{answerOf(d)}</span> },
  { key: "at", head: "Accepted", right: true, phone: "end", cell: (m) => <Ago at={m.created_at} className="relative text-text-2" /> },
  { key: "id", head: "Message", right: true, cell: (m) => <Id id={m.id} className="relative" /> },
];

function answerOf(d: NonNullable<Message["delivery"]>) {
  if (d.status === "skipped") return skipText(d.reason);
  return (
    <>
      {d.last_status_code ?? (d.cause ? causeText(d.cause) : "no answer yet")}, {plural(d.attempts, "attempt")}
      {d.status === "retrying" && d.next_attempt_at && (
        <>
          , next <In at={d.next_attempt_at} />
        </>
      )}
    </>
  );
}

/** What was sent to an endpoint, newest first: of each message this endpoint's part alone. */
export function DeliveriesOf({ svc, endpoint }: { svc: string; endpoint: string }) {
  const access = useAccess();
  const page = usePage<Message>(serviceKey(svc, "messages", "to", endpoint), (cursor) => ask(api.GET("/v1/services/{svc}/messages", { params: { path: { svc }, query: { endpoint_id: endpoint, cursor, limit: perPage } } })));
  const held = useHeld(page.rows, idOf, page.atTop, page.scope);
  const slow = useSlow(page.isPending);
  if (page.error) return <Failed error={page.error} what="deliveries" retry={() => void page.refetch()} />;
  if (!held.rows) return slow ? <Skeleton rows={4} /> : null;
  if (held.rows.length === 0) return <p className="py-3 text-text-2">Nothing was sent to this endpoint yet.{access.can("manage") && " Send a test."}</p>;
  return (
    <>
      <Waiting count={held.waiting} show={held.show} />
      <div {...held.attach}>
        <Table label="Deliveries to this endpoint" columns={columns} rows={held.rows} id={idOf} to={(m) => `/services/${svc}/messages/${m.id}?endpoint=${endpoint}`} name={(m) => `${m.event_type}, ${m.delivery?.status ?? m.status}`} fresh={held.fresh} dimmed={page.isPlaceholderData} />
      </div>
      <Pager newer={page.newer} older={page.older} />
    </>
  );
}
