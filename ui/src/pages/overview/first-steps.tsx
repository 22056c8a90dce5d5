import { Check, Send } from "lucide-react";
import { type ReactNode, useState } from "react";
import { Link } from "react-router";
import { useUserNames } from "@/api/names";
import { useAccess } from "@/app/access";
import { LiveProngs } from "@/app/logo";
import { useLive } from "@/app/live/provider";
import { Curl } from "@/components/data/curl";
import { Code } from "@/components/data/json";
import { Ago } from "@/components/data/moment";
import { Mark, StateWord } from "@/components/state/marks";
import { Button } from "@/components/ui/button";
import { cn } from "@/lib/classes";
import type { Steps } from "./use-first-steps";
import { EndpointForm, EventTypeForm, PublishForm, UserForm } from "@/pages/forms";

const numbers = ["None", "One", "Two", "Three", "Four"];

/** What to do first in an empty service. Each step ticks by itself when it happens, from here, the API or the command line. */
export function FirstSteps({ svc, steps }: { svc: string; steps: Steps }) {
  const access = useAccess();
  const { state } = useLive();
  const [open, setOpen] = useState<"type" | "user" | "endpoint" | "publish" | null>(null);
  const close = () => setOpen(null);
  const { type, user, endpoint, message } = steps;
  const owner = useUserNames(svc, [endpoint?.user_id]).get(endpoint?.user_id ?? "");
  const delivered = message?.status === "delivered";
  const done = [type, endpoint, message, delivered].filter(Boolean).length;
  const current = !type ? 1 : !endpoint ? 2 : !message ? 3 : 4;
  const base = `/v1/services/${svc}`;
  const manage = access.can("manage");
  const payload = type?.example ?? { card: "crd_1" };
  return (
    <div className="grid min-h-0 flex-1 grid-cols-[minmax(0,1fr)_340px] max-xl:grid-cols-1">
      <div className="min-w-0 px-6 py-6 max-md:px-4">
        <h1 className="text-sentence font-semibold">{delivered ? "Your first webhook is delivered." : "Send your first webhook."}</h1>
        <p className="mt-1.5 text-text-2">{numbers[done]} of four steps {done === 1 ? "is" : "are"} done. Each one ticks by itself when it happens, from here, the API or the command line.</p>
        {message && (
          <p className="mt-3">
            <Button variant={delivered ? "primary" : "outline"} onClick={steps.leave}>
              Go to the overview
            </Button>
          </p>
        )}
        <ol className="mt-6">
          <Step n={1} current={current} done={Boolean(type)} title="An event type" note={type ? <><span className="font-mono text-mono">{type.name}</span>, created <Ago at={type.created_at} suffix=" ago" /></> : "What happens in your application that customers want to hear of."}>
            <Curl method="POST" path={`${base}/event-types`} body={{ name: "card_issued", example: { card: "crd_1" } }} />
            {manage && <Or button="Create an event type" onClick={() => setOpen("type")} primary />}
          </Step>
          <Step n={2} current={current} done={Boolean(endpoint)} title="An endpoint that wants it" note={endpoint ? <><span className="font-mono text-mono wrap-anywhere">{endpoint.url}</span> of {owner?.name ?? "a user"}</> : "A user, who is a customer of yours, and the URL where it takes webhooks."}>
            {!user ? <Curl method="POST" path={`${base}/users`} body={{ name: "Demo shop" }} /> : <Curl method="POST" path={`${base}/endpoints`} body={{ user_id: user.id, url: "http://127.0.0.1:9999/hook", event_types: [type?.name ?? "card_issued"] }} />}
            {manage && <Or button={!user ? "Register a user" : "Add an endpoint"} onClick={() => setOpen(!user ? "user" : "endpoint")} primary />}
          </Step>
          <Step n={3} current={current} done={Boolean(message)} title="A message" note={message ? <>published <Ago at={message.created_at} suffix=" ago" /></> : "Publish one. The endpoint above gets it, signed with its own secret."}>
            <Curl method="POST" path={`${base}/messages`} body={{ event_type: type?.name ?? "card_issued", user_id: endpoint?.user_id, payload }} />
            {access.can("publish") && <Or button="Send a test message" icon={<Send />} onClick={() => setOpen("publish")} primary />}
          </Step>
          <Step
            n={4}
            current={current}
            done={delivered}
            title="A delivery"
            last
            note={
              message ? (
                <span className="inline-flex flex-wrap items-center gap-3">
                  <StateWord state={message.status} />
                  <Link to={`/services/${svc}/messages/${message.id}`} className="text-accent hover:underline">
                    Its story
                  </Link>
                </span>
              ) : (
                "Its story appears here, live."
              )
            }
          />
        </ol>
      </div>
      <aside aria-label="What to expect" className="border-l border-border bg-bg px-6 py-7 max-xl:border-t max-xl:border-l-0 max-md:px-4">
        <h2 className="font-semibold">{message ? "On its way" : "Waiting for the first message"}</h2>
        <p className="text-text-2">This is what you will see, in order:</p>
        <ul className="mt-4 grid gap-4">
          {["MessageAccepted", "an attempt", "DeliverySucceeded"].map((name, i) => (
            <li key={name} className={cn("flex items-center gap-3", message && i === 0 ? "text-text" : "text-muted")}>
              <Mark state={message && i === 0 ? "delivered" : "pending"} className={message && i === 0 ? "" : "text-muted!"} /> {name}
            </li>
          ))}
        </ul>
        <p className="mt-4 flex items-center gap-2 text-small font-[550] text-accent">
          <LiveProngs state={state === "reconnecting" ? "reconnecting" : state === "paused" ? "paused" : "live"} /> {state === "reconnecting" ? "reconnecting" : "listening"}
        </p>
        <div className="mt-6 border-t border-border pt-6">
          <h2 className="font-semibold">No endpoint at hand?</h2>
          <p className="mt-1 mb-3 text-text-2">WebPlug has a receiver built in that shows what it gets.</p>
          <Code text="webplug receive --addr 127.0.0.1:9999" label="command" />
        </div>
      </aside>
      <EventTypeForm svc={svc} open={open === "type"} type={null} onClose={close} />
      <UserForm svc={svc} open={open === "user"} user={null} onClose={close} />
      <EndpointForm svc={svc} open={open === "endpoint"} endpoint={null} userId={user?.id} onClose={close} />
      <PublishForm svc={svc} open={open === "publish"} onClose={close} eventType={type?.name} test />
    </div>
  );
}

function Or({ button, icon, onClick, primary }: { button: string; icon?: ReactNode; onClick: () => void; primary?: boolean }) {
  return (
    <p className="flex flex-wrap items-center gap-3">
      <Button variant={primary ? "primary" : "outline"} onClick={onClick}>
        {icon} {button}
      </Button>
      <span className="text-text-2">or run the line above; both do the same</span>
    </p>
  );
}

function Step({ n, current, done, title, note, children, last }: { n: number; current: number; done: boolean; title: string; note: ReactNode; children?: ReactNode; last?: boolean }) {
  const now = n === current;
  return (
    <li className="flex gap-3.5">
      <div className="flex flex-col items-center">
        <span className={cn("flex size-7 shrink-0 items-center justify-center rounded-full font-semibold", done ? "bg-success-soft text-success" : now ? "bg-ink text-on-ink" : "border border-control text-text-2")}>
          {done ? <Check size={16} strokeWidth={2.1} aria-label="done" /> : n}
        </span>
        {!last && <span aria-hidden className="w-px flex-1 bg-border-strong" />}
      </div>
      <div className="min-w-0 flex-1 pb-7">
        <h2 className={cn("text-[14px] leading-7 font-semibold", !done && !now && "text-text-2")}>{title}</h2>
        <div className="text-text-2">{note}</div>
        {now && children && <div className="mt-3 grid max-w-[700px] gap-3.5">{children}</div>}
      </div>
    </li>
  );
}
