import { useQueryClient } from "@tanstack/react-query";
import { Check, RotateCw, Terminal } from "lucide-react";
import { useState } from "react";
import { api, ask } from "@/api/client";
import { tell } from "@/api/problem";
import type { ReadMessage } from "@/api/message";
import type { Delivery } from "@/api/types";
import { useAccess } from "@/app/access";
import { serviceKey } from "@/app/service-key";
import { curlLine } from "@/components/data/curl";
import { useCopy } from "@/components/data/copy";
import { Confirm } from "@/components/form/confirm";
import { JobProgress } from "@/components/state/job";
import { Mark } from "@/components/state/marks";
import { Button } from "@/components/ui/button";
import { Menu, MenuItem, MenuLabel, MenuSeparator } from "@/components/ui/menu";
import { count, hostAndPath } from "@/lib/format";
import { messageBody } from "@/lib/json-text";
import { PickDelivery } from "@/pages/forms";

const few = 12; // endpoints in a menu; of more one is found by typing

interface ActionsProps {
  svc: string;
  message: ReadMessage;
  deliveries: readonly Delivery[];
  urlOf: (endpoint: string) => string | undefined;
}

/** Retry one endpoint or all that failed; give up; copy the call that published it. */
export function WebhookActions({ svc, message, deliveries, urlOf }: ActionsProps) {
  const access = useAccess();
  const client = useQueryClient();
  const [copied, copy] = useCopy();
  const [error, setError] = useState<unknown>(null);
  const [job, setJob] = useState<string | null>(null);
  const [discarding, setDiscarding] = useState<Delivery | null>(null);
  const [picking, setPicking] = useState<"retry" | "discard" | null>(null);
  const failed = deliveries.filter((d) => d.status === "failed");
  const retryable = deliveries.filter((d) => d.endpoint_id && d.status !== "skipped" && d.status !== "pending");
  const open = deliveries.filter((d) => d.endpoint_id && (d.status === "failed" || d.status === "retrying" || d.status === "pending"));
  const refresh = () => client.invalidateQueries({ queryKey: serviceKey(svc) });

  async function retry(d: Delivery) {
    setError(null);
    try {
      await ask(api.POST("/v1/services/{svc}/messages/{msg}/deliveries/{ep}/retry", { params: { path: { svc, msg: message.id, ep: d.endpoint_id ?? "" } }, body: {} }));
      await refresh();
    } catch (refusal) {
      setError(refusal);
    }
  }
  async function retryFailed() {
    setError(null);
    try {
      const started = await ask(api.POST("/v1/services/{svc}/dead-letters/retry", { params: { path: { svc } }, body: { filter: { message_id: message.id } } }));
      if ("job_id" in started) setJob(started.job_id);
    } catch (refusal) {
      setError(refusal);
    }
  }
  const single = retryable.length === 1 ? retryable[0] : failed.length === 1 ? failed[0] : undefined;
  const name = (d: Delivery) => hostAndPath(urlOf(d.endpoint_id ?? "") ?? "the endpoint");
  const curl = curlLine("POST", `/v1/services/${svc}/messages`, messageBody({ event_type: message.event_type, user_id: message.user_id ?? undefined }, message.raw));
  return (
    <>
      <Button variant="ghost" onClick={() => copy(curl)}>
        {copied ? <Check /> : <Terminal />} {copied ? "Copied" : "Copy as curl"}
      </Button>
      {access.can("manage") && single && retryable.length === 1 && (
        <Button variant="primary" onClick={() => void retry(single)}>
          <RotateCw /> Retry
        </Button>
      )}
      {access.can("manage") && retryable.length > 1 && (
        <Menu
          trigger={
            <Button variant="primary">
              <RotateCw /> Retry endpoints
            </Button>
          }
          className="max-w-96"
        >
          {failed.length > 1 && access.jobs && (
            <>
              <MenuItem onSelect={() => void retryFailed()}>
                <Mark state="failed" /> Retry all {count(message.deliveries["failed"] ?? failed.length)} failed
              </MenuItem>
              <MenuSeparator />
            </>
          )}
          <MenuLabel>Retry one</MenuLabel>
          {retryable.slice(0, few).map((d) => (
            <MenuItem key={d.endpoint_id} onSelect={() => void retry(d)}>
              <Mark state={d.status} />
              <span className="truncate font-mono text-mono">{name(d)}</span>
            </MenuItem>
          ))}
          {retryable.length > few && <MenuItem onSelect={() => setPicking("retry")}>Another of {count(retryable.length)}…</MenuItem>}
        </Menu>
      )}
      {access.can("manage") && open.length > 0 && (
        <Menu trigger={<Button>Give up…</Button>} className="max-w-96">
          {open.slice(0, few).map((d) => (
            <MenuItem key={d.endpoint_id} onSelect={() => setDiscarding(d)}>
              <Mark state={d.status} />
              <span className="truncate font-mono text-mono">{name(d)}</span>
            </MenuItem>
          ))}
          {open.length > few && <MenuItem onSelect={() => setPicking("discard")}>Another of {count(open.length)}…</MenuItem>}
        </Menu>
      )}
      <PickDelivery
        open={picking !== null}
        what={picking}
        deliveries={picking === "retry" ? retryable : open}
        name={name}
        onClose={() => setPicking(null)}
        onChosen={async (d, reason) => {
          const params = { path: { svc, msg: message.id, ep: d.endpoint_id ?? "" } };
          if (picking === "retry") await ask(api.POST("/v1/services/{svc}/messages/{msg}/deliveries/{ep}/retry", { params, body: { reason } }));
          else await ask(api.POST("/v1/services/{svc}/messages/{msg}/deliveries/{ep}/discard", { params, body: { reason } }));
          await refresh();
        }}
      />
      {job && (
        <div className="basis-full">
          <JobProgress svc={svc} id={job} />
        </div>
      )}
      {error !== null && (
        <p role="alert" className="basis-full text-right text-danger">
          {tell(error)}
        </p>
      )}
      <Confirm
        open={discarding !== null}
        title="Give this delivery up?"
        action="Discard the delivery"
        reason
        onClose={() => setDiscarding(null)}
        confirm={async (reason) => {
          await ask(api.POST("/v1/services/{svc}/messages/{msg}/deliveries/{ep}/discard", { params: { path: { svc, msg: message.id, ep: discarding?.endpoint_id ?? "" } }, body: { reason } }));
          await refresh();
        }}
      >
        It is not tried any more to {discarding && <span className="font-mono text-mono">{name(discarding)}</span>}. It can be retried later; its history stays.
      </Confirm>
    </>
  );
}
