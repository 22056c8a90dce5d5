import { useQuery } from "@tanstack/react-query";
import { ArrowRight, X } from "lucide-react";
import { Link } from "react-router";
import { api, ask } from "@/api/client";
import { loadMessage } from "@/api/message";
import { useEndpointNames, useUserNames } from "@/api/names";
import type { Delivery } from "@/api/types";
import { useAccess } from "@/app/access";
import { serviceKey } from "@/app/service-key";
import { Id } from "@/components/data/id";
import { Code } from "@/components/data/json";
import { In } from "@/components/data/moment";
import { Failed, Skeleton, useSlow } from "@/components/state/blank";
import { causeShort, skipText } from "@/components/state/cause";
import { Mark, wordOf } from "@/components/state/marks";
import { Button } from "@/components/ui/button";
import { hostAndPath, plural } from "@/lib/format";

/** Looks into a message without leaving the list. */
export function Peek({ svc, id, onClose }: { svc: string; id: string; onClose: () => void }) {
  const path = { svc, msg: id };
  const message = useQuery({ queryKey: serviceKey(svc, "message", id), queryFn: () => loadMessage(svc, id) });
  const deliveries = useQuery({ queryKey: serviceKey(svc, "message", id, "peek"), queryFn: () => ask(api.GET("/v1/services/{svc}/messages/{msg}/deliveries", { params: { path, query: { limit: 12 } } })) });
  const names = useEndpointNames(svc, (deliveries.data?.data ?? []).map((d) => d.endpoint_id));
  const access = useAccess();
  const user = useUserNames(svc, [message.data?.user_id]).get(message.data?.user_id ?? "");
  const slow = useSlow(message.isPending);
  const m = message.data;
  const total = Object.values(m?.deliveries ?? {}).reduce((n, of) => n + of, 0);
  return (
    <aside aria-label="The chosen message" className="flex flex-col border-l border-border bg-bg px-4 py-4 max-xl:fixed max-xl:inset-y-0 max-xl:right-0 max-xl:z-30 max-xl:w-[min(360px,100vw)] max-xl:overflow-y-auto max-xl:shadow-float">
      <div className="flex items-start gap-2">
        <h2 className="min-w-0 flex-1 leading-8 font-semibold wrap-anywhere">
          <span className="font-mono text-mono">{m?.event_type ?? "…"}</span>
          {m && access.userId === null && <> to {m.user_id ? (user?.name ?? "…") : "all users"}</>}
        </h2>
        <Button asChild>
          <Link to={`/services/${svc}/messages/${id}`}>
            Open <ArrowRight />
          </Link>
        </Button>
        <Button variant="ghost" size="icon" aria-label="Close" onClick={onClose}>
          <X />
        </Button>
      </div>
      <Id id={id} whole copy className="mt-1 text-muted" />
      {message.error && <Failed error={message.error} what="message" retry={() => void message.refetch()} />}
      {!m && slow && <Skeleton rows={5} />}
      {deliveries.data && (
        <>
          <h3 className="mt-4 mb-1.5 font-semibold">
            {plural(total, "delivery", "deliveries")}
            {m?.more && " and more"}
            {deliveries.data.next_cursor !== null && <span className="ml-2 text-small font-normal text-muted">the first {deliveries.data.data.length}</span>}
          </h3>
          <ul className="border-t border-border">
            {deliveries.data.data.map((d) => (
              <li key={d.endpoint_id ?? "none"} className="flex min-h-7 items-center gap-2 border-b border-border py-1 text-small">
                <Mark state={d.status} />
                <span className="sr-only">{wordOf(d.status)}</span>
                <span className="min-w-0 flex-1 truncate">{hostAndPath(names.get(d.endpoint_id ?? "")?.url ?? (d.endpoint_id ? "…" : "nobody"))}</span>
                <span>{d.last_status_code ?? (d.cause ? causeShort(d.cause) : "–")}</span>
                <span className="text-text-2">{noteOf(d)}</span>
              </li>
            ))}
          </ul>
        </>
      )}
      {m && (
        <>
          <h3 className="mt-4 mb-1.5 font-semibold">Payload</h3>
          <Code json text={m.pretty} label="payload" />
        </>
      )}
      <p aria-hidden className="mt-auto pt-4 text-small text-muted max-xl:hidden">
        J K next, previous · ↵ open · C copy link · Esc close
      </p>
    </aside>
  );
}

function noteOf(d: Delivery) {
  if (d.status === "skipped") return skipText(d.reason);
  if (d.status === "retrying" && d.next_attempt_at) return <In at={d.next_attempt_at} />;
  return plural(d.attempts, "attempt");
}
