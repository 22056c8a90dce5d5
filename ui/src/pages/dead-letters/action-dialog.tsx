import { useQuery } from "@tanstack/react-query";
import { api, ask } from "@/api/client";
import type { DeadLetterFilter } from "@/api/types";
import { serviceKey } from "@/app/service-key";
import { Confirm } from "@/components/form/confirm";
import { count, plural } from "@/lib/format";

/** An action on all dead letters that a filter finds. */
export interface Asked {
  kind: "retry" | "discard";
  filter: DeadLetterFilter;
  /** As the page has it; the dialog counts anew. */
  count: number;
  what: string;
}

/** Tells how many it is about, counted by the server now, and starts the job. */
export function ActionDialog({ svc, asked, onClose, onStarted }: { svc: string; asked: Asked | null; onClose: () => void; onStarted: (job: string) => void }) {
  const { data } = useQuery({
    queryKey: serviceKey(svc, "dead-letters", "dry", asked?.kind, asked?.filter),
    queryFn: () => ask(api.POST("/v1/services/{svc}/dead-letters/retry", { params: { path: { svc } }, body: { filter: asked?.filter ?? {}, dry_run: true } })),
    enabled: asked !== null,
    staleTime: 0,
  });
  const n = data?.count ?? asked?.count ?? 0;
  const retry = asked?.kind === "retry";
  return (
    <Confirm
      open={asked !== null}
      title={`${retry ? "Retry" : "Discard"} ${plural(n, "dead letter")}?`}
      action={`${retry ? "Retry" : "Discard"} ${count(n)}`}
      danger={!retry}
      reason
      onClose={onClose}
      confirm={async (reason) => {
        const body = { filter: asked?.filter ?? {}, reason };
        const params = { path: { svc } };
        const started = retry ? await ask(api.POST("/v1/services/{svc}/dead-letters/retry", { params, body })) : await ask(api.POST("/v1/services/{svc}/dead-letters/discard", { params, body }));
        if ("job_id" in started) onStarted(started.job_id);
      }}
    >
      {retry
        ? `All ${asked?.what ?? ""}, not only those shown. Each has the whole schedule again, from now; what fails again comes back here. Those of a paused or removed endpoint are left as they are.`
        : `All ${asked?.what ?? ""}, not only those shown. They are not tried any more; each can still be retried from its message.`}
    </Confirm>
  );
}
