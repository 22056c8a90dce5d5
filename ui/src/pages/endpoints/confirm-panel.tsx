import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Check, Hourglass, Send } from "lucide-react";
import { type FormEvent, type ReactNode, useState } from "react";
import { api, ask } from "@/api/client";
import { tell } from "@/api/problem";
import type { Endpoint, EndpointSubscription } from "@/api/types";
import { useAccess } from "@/app/access";
import { serviceKey } from "@/app/service-key";
import { useNow, When } from "@/components/data/moment";
import { Mark } from "@/components/state/marks";
import { Button } from "@/components/ui/button";
import { Input } from "@/components/ui/field";
import { cn } from "@/lib/classes";
import { duration } from "@/lib/format";
import { checkHandshake } from "./handshake";
import { failureText } from "./state";

/** What to do with a subscription that SNS does not deliver to yet. */
export function ConfirmPanel({ svc, endpoint, subscription }: { svc: string; endpoint: Endpoint; subscription: EndpointSubscription }) {
  const access = useAccess();
  const client = useQueryClient();
  const [text, setText] = useState("");
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const { data: type } = useQuery({
    queryKey: serviceKey(svc, "event-type", subscription.event_type_id),
    queryFn: () => ask(api.GET("/v1/services/{svc}/event-types/{typ}", { params: { path: { svc, typ: subscription.event_type_id } } })),
    staleTime: 300_000,
  });
  const name = type?.name ?? "this event type";
  const checked = checkHandshake(text, subscription.sns?.topic_arn);
  const params = { path: { svc, sub: subscription.id } };
  const refresh = () => client.invalidateQueries({ queryKey: serviceKey(svc) });

  async function act(what: () => Promise<unknown>) {
    setBusy(true);
    setError(null);
    try {
      await what();
      setText("");
      await refresh();
    } catch (refusal) {
      setError(refusal);
    } finally {
      setBusy(false);
    }
  }
  function confirm(e: FormEvent) {
    e.preventDefault();
    const given = text.trim();
    if (!checked.ok) return;
    void act(() => ask(api.POST("/v1/services/{svc}/subscriptions/{sub}/confirm", { params, body: /^https?:/i.test(given) ? { subscribe_url: given } : { token: given } })));
  }

  const pending = subscription.status === "pending_confirmation";
  const mayAct = access.can("manage");
  return (
    <section aria-label={`Confirm ${name}`} className="mt-5 border-t border-border pt-5">
      <div className="flex flex-wrap items-start justify-between gap-4">
        <div className="max-w-md">
          <h2 className="text-figure font-semibold">
            {pending ? "Confirm" : subscription.status === "expired" ? "Ask again for" : "SNS refused"} <span className="font-mono text-[15px]">{name}</span>
          </h2>
          <p className="mt-1 text-text-2">
            {pending && "SNS sends nothing of this type here until the endpoint's owner says yes. Paste what it received, or let it answer by itself."}
            {subscription.status === "expired" && "Nobody confirmed within 48 hours. Ask SNS for a new handshake."}
            {subscription.status === "failed" && `${failureText(subscription.reason)}. It is tried again by itself.`}
          </p>
        </div>
        {pending && subscription.confirm_until && <TimeLeft until={subscription.confirm_until} />}
      </div>
      {pending && (
        <ol className="mt-5 grid grid-cols-3 gap-3 max-md:grid-cols-1">
          <Step done title="Requested" note={<When at={subscription.created_at} />} />
          <Step done title="Handshake posted" note="SNS does not say how it was answered" />
          <Step title="Confirm" note={`a POST of type SubscriptionConfirmation came to ${endpoint.url}`} />
        </ol>
      )}
      {mayAct && (
        <form onSubmit={confirm} className="mt-5 grid max-w-3xl gap-2">
          {pending && (
            <>
              <label htmlFor={`confirm-${subscription.id}`} className="font-[550]">
                SubscribeURL or token <span className="ml-1.5 text-small font-normal text-muted">from the body of the handshake</span>
              </label>
              <Input id={`confirm-${subscription.id}`} value={text} onChange={(e) => setText(e.target.value)} autoComplete="off" spellCheck={false} className="font-mono" placeholder="https://sns.….amazonaws.com/?Action=ConfirmSubscription&…" aria-describedby={`checked-${subscription.id}`} />
              <p id={`checked-${subscription.id}`} role="status" className={cn("flex items-center gap-2", checked.ok ? "text-success" : "text-text-2")}>
                {text.trim() && (
                  <>
                    <Mark state={checked.ok ? "delivered" : "no_report"} />
                    {checked.said}
                  </>
                )}
              </p>
            </>
          )}
          {error !== null && (
            <p role="alert" className="flex items-start gap-2 text-danger">
              <Mark state="failed" className="mt-0.5" />
              {tell(error)}
            </p>
          )}
          <div className="flex flex-wrap gap-2">
            {pending && (
              <Button type="submit" variant="primary" disabled={busy || !checked.ok}>
                Confirm subscription
              </Button>
            )}
            <Button disabled={busy} onClick={() => void act(() => ask(api.POST("/v1/services/{svc}/subscriptions/{sub}/handshake", { params, body: {} })))}>
              <Send /> Send a new handshake
            </Button>
          </div>
        </form>
      )}
    </section>
  );
}

const tokenLife = 48 * 3_600_000;

function TimeLeft({ until }: { until: string }) {
  const now = useNow();
  const left = Math.max(0, new Date(until).getTime() - now);
  const share = Math.min(1, left / tokenLife);
  const r = 17;
  const length = 2 * Math.PI * r;
  return (
    <div className="flex items-center gap-3">
      <svg viewBox="0 0 40 40" width="40" height="40" aria-hidden className="-rotate-90">
        <circle cx="20" cy="20" r={r} fill="none" strokeWidth="3" className="stroke-border" />
        <circle cx="20" cy="20" r={r} fill="none" strokeWidth="3" strokeDasharray={`${length * share} ${length}`} className="stroke-warning-mark" />
      </svg>
      <div>
        <p className="font-[550]">{left > 0 ? `${duration(left, 2)} left` : "The token has ended"}</p>
        <p className="text-small text-muted">
          the token ends <When at={until} />
        </p>
      </div>
    </div>
  );
}

function Step({ done, title, note }: { done?: boolean; title: string; note: ReactNode }) {
  return (
    <li className="relative flex gap-2.5">
      <span aria-hidden className={cn("flex size-6 shrink-0 items-center justify-center rounded-full", done ? "bg-success-soft text-success" : "bg-warning-soft text-warning")}>
        {done ? <Check size={14} strokeWidth={2.1} /> : <Hourglass size={13} strokeWidth={2.1} />}
      </span>
      <div className="min-w-0">
        <p className="font-[550]">{title}</p>
        <p className="text-small wrap-anywhere text-muted">{note}</p>
      </div>
    </li>
  );
}

