import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { api, ask } from "@/api/client";
import { tell } from "@/api/problem";
import type { Endpoint } from "@/api/types";
import { useZone } from "@/app/preferences";
import { serviceKey } from "@/app/service-key";
import { JobProgress } from "@/components/state/job";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Field, Input } from "@/components/ui/field";
import { plural } from "@/lib/format";
import { fromInput, inputValue } from "@/lib/time";

const day = 86_400_000;

/** Tries again all that failed for an endpoint since a time, after telling how many there are. */
export function RecoverDialog({ svc, endpoint, since, open, onClose }: { svc: string; endpoint: Endpoint; since?: string | undefined; open: boolean; onClose: () => void }) {
  const [zone] = useZone();
  const [from, setFrom] = useState("");
  const [job, setJob] = useState<string | null>(null);
  const [error, setError] = useState<unknown>(null);
  // oxlint-disable-next-line react/exhaustive-deps -- a day before it was opened
  const usual = useMemo(() => inputValue(since ? new Date(since) : new Date(Date.now() - day), zone), [open, since, zone]);
  const shown = from || usual;
  const at = fromInput(shown, zone);
  const { data: dry } = useQuery({
    queryKey: serviceKey(svc, "dead-letters", "dry", endpoint.id, at),
    queryFn: () => ask(api.POST("/v1/services/{svc}/dead-letters/retry", { params: { path: { svc } }, body: { filter: { endpoint_id: endpoint.id, since: at }, dry_run: true } })),
    enabled: open && at !== undefined && job === null,
  });
  const count = dry?.count;
  function close() {
    setJob(null);
    setError(null);
    setFrom("");
    onClose();
  }
  async function recover() {
    setError(null);
    try {
      const started = await ask(api.POST("/v1/services/{svc}/endpoints/{ep}/recover", { params: { path: { svc, ep: endpoint.id } }, body: { since: at ?? new Date(0).toISOString() } }));
      setJob(started.job_id);
    } catch (refusal) {
      setError(refusal);
    }
  }
  return (
    <Dialog open={open} onClose={close} title="Recover what failed" description={job ? undefined : "Dead letters of this endpoint are tried again, the whole schedule from now. Receivers see the same webhook-id, so repeats can be dropped."}>
      {job ? (
        <div className="mt-4 grid gap-4">
          <JobProgress svc={svc} id={job} />
          <div className="flex justify-end">
            <Button onClick={close}>Close</Button>
          </div>
        </div>
      ) : (
        <form
          className="mt-4 grid gap-4"
          onSubmit={(e) => {
            e.preventDefault();
            void recover();
          }}
        >
          <Field label="Failed since" hint={count === undefined ? "Counting…" : count === 0 ? "Nothing failed since then that waits." : `${plural(count, "dead letter")} since then.`}>
            {(c) => <Input {...c} type="datetime-local" step={1} value={shown} onChange={(e) => setFrom(e.target.value)} />}
          </Field>
          {error !== null && (
            <p role="alert" className="text-danger">
              {tell(error)}
            </p>
          )}
          <div className="flex justify-end gap-2">
            <Button variant="ghost" onClick={close}>
              Cancel
            </Button>
            <Button type="submit" variant="primary" disabled={!count}>
              Retry {count ?? ""}
            </Button>
          </div>
        </form>
      )}
    </Dialog>
  );
}
