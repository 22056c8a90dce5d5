import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { api, ask } from "@/api/client";
import { tell } from "@/api/problem";
import type { Job } from "@/api/types";
import { useAccess } from "@/app/access";
import { serviceKey } from "@/app/service-key";
import { count } from "@/lib/format";
import { Button } from "../ui/button";
import { Mark, type State } from "./marks";

const over = (j: Job | undefined) => j !== undefined && j.status !== "queued" && j.status !== "running";

/** Follows a job of a service until it is over. */
export function useJob(svc: string, id: string | null) {
  return useQuery({
    queryKey: serviceKey(svc, "jobs", id),
    queryFn: () => ask(api.GET("/v1/services/{svc}/jobs/{job}", { params: { path: { svc, job: id ?? "" } } })),
    enabled: id !== null,
    refetchInterval: (q) => (over(q.state.data) ? false : 700),
  });
}

const verbs: Record<Job["kind"], string> = { recover: "tried again", retry: "tried again", discard: "discarded", rebuild: "read", verify: "read" };
const marks: Record<Job["status"], State> = { queued: "pending", running: "retrying", finished: "delivered", failed: "failed", cancelled: "discarded" };

/** What a job has come to, in words. Retried is not delivered: that is told where it is known. */
export function jobSentence(j: Job): string {
  const verb = verbs[j.kind];
  const parts = [`${count(j.done)} ${verb}`];
  if (j.skipped > 0) parts.push(`${count(j.skipped)} left as they are`);
  if (j.failed > 0) parts.push(`${count(j.failed)} could not be read`);
  const of = j.total > 0 ? `${count(Math.max(j.total, j.done + j.skipped + j.failed))} asked for: ` : "";
  if (j.status === "cancelled") return `Cancelled. ${of}${parts.join(", ")}.`;
  if (j.status === "failed") return `It failed: ${j.error ?? "the reason is in the server's log"}. ${of}${parts.join(", ")}.`;
  return `${of}${parts.join(", ")}.`;
}

export function JobBar({ job }: { job: Job }) {
  const worked = job.done + job.skipped + job.failed;
  const total = Math.max(job.total, worked, 1);
  const share = job.status === "finished" ? 1 : worked / total;
  return (
    <div role="progressbar" aria-label={`${job.kind}: ${job.status}`} aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.round(share * 100)} className="h-1.5 overflow-hidden rounded-full bg-hover">
      <div className={job.status === "failed" ? "h-full bg-danger-mark" : "h-full bg-accent-mark"} style={{ width: `${share * 100}%` }} />
    </div>
  );
}

/** A job's progress, with a way to end it. */
export function JobProgress({ svc, id }: { svc: string; id: string }) {
  const access = useAccess();
  const client = useQueryClient();
  const { data: job, error } = useJob(svc, id);
  const ended = over(job);
  useEffect(() => {
    if (ended) void client.invalidateQueries({ queryKey: serviceKey(svc) });
  }, [ended, client, svc]);
  if (error) return <p className="text-danger">{tell(error)}</p>;
  if (!job) return <p className="text-text-2">Beginning…</p>;
  return (
    <div role="status" className="grid gap-2">
      <JobBar job={job} />
      <div className="flex items-start gap-2">
        <Mark state={marks[job.status]} className="mt-0.5" />
        <p className="min-w-0 flex-1">{jobSentence(job)}{ended && job.kind !== "discard" && job.done > 0 && <span className="block text-text-2">Accepted is not delivered: how they end is shown in the lists.</span>}</p>
        {!ended && access.can("manage") && (
          <Button size="small" onClick={() => void ask(api.POST("/v1/services/{svc}/jobs/{job}/cancel", { params: { path: { svc, job: id } }, body: {} })).catch(() => undefined)}>
            Cancel
          </Button>
        )}
      </div>
    </div>
  );
}
