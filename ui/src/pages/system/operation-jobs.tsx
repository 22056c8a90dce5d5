import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Hammer, ShieldCheck } from "lucide-react";
import { useState } from "react";
import { api, ask } from "@/api/client";
import { tell } from "@/api/problem";
import type { Job } from "@/api/types";
import { Ago } from "@/components/data/moment";
import { Confirm } from "@/components/form/confirm";
import { Section } from "@/components/layout/page";
import { JobBar } from "@/components/state/job";
import { Mark, type State } from "@/components/state/marks";
import { Button } from "@/components/ui/button";
import { count } from "@/lib/format";

const running = (j: Job) => j.status === "queued" || j.status === "running";

/** Rebuilds of the read models and checks of the hash chain. */
export function OperationJobs() {
  const client = useQueryClient();
  const [asking, setAsking] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const { data } = useQuery({ queryKey: ["jobs"], queryFn: () => ask(api.GET("/v1/jobs", { params: { query: { limit: 8 } } })), refetchInterval: (q) => (q.state.data?.data.some(running) ? 700 : 10_000) });
  const refresh = () => client.invalidateQueries({ queryKey: ["jobs"] });
  async function verify() {
    setError(null);
    try {
      await ask(api.POST("/v1/audit/verify", { body: {} }));
      await refresh();
    } catch (refusal) {
      setError(refusal);
    }
  }
  async function cancel(job: string) {
    await ask(api.POST("/v1/jobs/{job}/cancel", { params: { path: { job } }, body: {} })).catch(setError);
    await refresh();
  }
  return (
    <Section
      title="Rebuild and verify"
      actions={
        <>
          <Button size="small" onClick={() => void verify()}>
            <ShieldCheck /> Check the hash chain
          </Button>
          <Button size="small" onClick={() => setAsking(true)}>
            <Hammer /> Rebuild…
          </Button>
        </>
      }
    >
      {error !== null && (
        <p role="alert" className="pb-2 text-danger">
          {tell(error)}
        </p>
      )}
      {data?.data.length === 0 && <p className="border-t border-border py-3 text-text-2">Neither was asked for yet.</p>}
      {data && data.data.length > 0 && (
        <ul className="border-t border-border">
          {data.data.map((j) => (
            <li key={j.id} className="grid grid-cols-[16px_minmax(0,1fr)_auto] items-start gap-3 border-b border-border py-2.5">
              <Mark state={markOf(j)} className="mt-0.5" />
              <div className="min-w-0">
                <p>{said(j)}</p>
                {running(j) && (
                  <div className="mt-1.5 max-w-md">
                    <JobBar job={j} />
                  </div>
                )}
                {j.damage.slice(0, 5).map((d) => (
                  <p key={`${d.stream}@${d.version}`} className="font-mono text-mono wrap-anywhere text-danger">
                    {d.stream} v{d.version}: {d.reason}
                  </p>
                ))}
              </div>
              <div className="flex items-center gap-2 text-text-2">
                <Ago at={j.ended_at ?? j.requested_at} suffix=" ago" />
                {running(j) && (
                  <Button size="small" onClick={() => void cancel(j.id)}>
                    Cancel
                  </Button>
                )}
              </div>
            </li>
          ))}
        </ul>
      )}
      <Confirm
        open={asking}
        title="Make all read models anew?"
        action="Rebuild"
        danger={false}
        onClose={() => setAsking(false)}
        confirm={async () => {
          await ask(api.POST("/v1/rebuild", { body: {} }));
          await refresh();
        }}
      >
        They are made from the event log beside those in use, and take their place when they have caught up. Nothing waits for it; delivery goes on.
      </Confirm>
    </Section>
  );
}

function markOf(j: Job): State {
  if (j.status === "failed" || j.damaged > 0) return "failed";
  return j.status === "finished" ? "delivered" : j.status === "cancelled" ? "discarded" : "retrying";
}

function said(j: Job): string {
  const events = `${count(j.done)} events`;
  if (j.kind === "verify") {
    if (j.status === "finished") return j.damaged === 0 ? `Chain verified: ${events} in ${count(j.streams)} streams, none damaged` : `${count(j.damaged)} places are damaged, of ${events}`;
    return `Checking the hash chain: ${events}${j.total > 0 ? ` of about ${count(j.total)}` : ""}${j.status === "failed" ? `. It failed: ${j.error ?? ""}` : j.status === "cancelled" ? ". Cancelled" : ""}`;
  }
  if (j.status === "finished") return `Read models made anew from ${events}, and switched to`;
  return `Rebuilding the read models: ${events}${j.total > 0 ? ` of about ${count(j.total)}` : ""}${j.status === "failed" ? `. It failed: ${j.error ?? ""}` : j.status === "cancelled" ? ". Cancelled" : ""}`;
}
