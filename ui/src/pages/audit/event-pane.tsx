import { Link2, X } from "lucide-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { api, ask } from "@/api/client";
import type { Event } from "@/api/types";
import { serviceKey } from "@/app/service-key";
import { CopyButton } from "@/components/data/copy";
import { Json } from "@/components/data/json";
import { Ago, When } from "@/components/data/moment";
import { Fact, Facts } from "@/components/layout/page";
import { Button } from "@/components/ui/button";
import { messageOf } from "@/story/data";
import { type Names, sentenceOf } from "@/story/sentence";
import { cn } from "@/lib/classes";
import { shortStream } from "./event-rows";

/** One event: its sentence, its place in the log, and itself. */
export function EventPane({ svc, event: e, names, onClose }: { svc: string; event: Event; names: Names; onClose: () => void }) {
  const told = sentenceOf(e, names);
  const message = messageOf(e.stream);
  return (
    <aside aria-label="The chosen event" className="border-l border-border bg-bg px-5 py-4 max-xl:fixed max-xl:inset-y-0 max-xl:right-0 max-xl:z-30 max-xl:w-[min(380px,100vw)] max-xl:overflow-y-auto max-xl:shadow-float">
      <div className="flex items-start gap-2">
        <div className="min-w-0 flex-1">
          <h2 className="font-mono text-[14px] leading-6 font-semibold">{e.type}</h2>
          <p className="text-small text-muted">
            <When at={e.time} millis /> · <Ago at={e.time} suffix=" ago" />
          </p>
        </div>
        <Button variant="ghost" size="icon" aria-label="Close" onClick={onClose} className="-mt-1 -mr-2">
          <X />
        </Button>
      </div>
      <p className="mt-3 text-[14px] leading-6 wrap-anywhere">{told.said}.</p>
      {told.more && <p className="text-text-2 wrap-anywhere">{told.more}</p>}
      <div className="mt-4">
        <Facts>
          <Fact name="Stream">
            <span className="inline-flex items-center gap-1 font-mono text-mono" title={e.stream}>
              {shortStream(e.stream)}
              <CopyButton text={e.stream} what="stream" />
            </span>
          </Fact>
          <Fact name="Version">{e.version}</Fact>
          <Fact name="Actor">
            {e.actor_name} {e.actor !== e.actor_name && <span className="font-mono text-mono text-muted">{e.actor.slice(-6)}</span>}
          </Fact>
          <Fact name="Correlation">
            <span className="font-mono text-mono wrap-anywhere">{e.correlation_id}</span>
          </Fact>
          <Fact name="Caused by">
            <span className="font-mono text-mono wrap-anywhere">{e.causation_id || "–"}</span>
          </Fact>
        </Facts>
        <p className="mt-3 flex flex-wrap gap-x-4 gap-y-1">
          {message && (
            <Link to={`/services/${svc}/messages/${message}?event=${e.id}`} className="text-accent hover:underline">
              Open the webhook
            </Link>
          )}
          <Link to={`/services/${svc}/audit?stream=${encodeURIComponent(e.stream)}`} className="text-accent hover:underline">
            All of this stream
          </Link>
        </p>
      </div>
      <h3 className="mt-5 mb-2 font-semibold">Raw event</h3>
      <Json value={e} label="raw event" />
      <Chain svc={svc} event={e} />
    </aside>
  );
}

const shown = 9;

/** The chain of hashes in which the event stands. */
function Chain({ svc, event }: { svc: string; event: Event }) {
  const { data } = useQuery({
    queryKey: serviceKey(svc, "audit", "chain", event.stream),
    queryFn: () => ask(api.GET("/v1/services/{svc}/history", { params: { path: { svc }, query: { stream: event.stream, order: "newest", limit: 100 } } })),
    staleTime: 30_000,
  });
  const of = (data?.data ?? []).filter((e) => e.stream === event.stream);
  const newest = Math.max(event.version, ...of.map((e) => e.version));
  const from = Math.max(1, Math.min(event.version - 4, newest - shown + 1));
  const versions = Array.from({ length: Math.min(shown, newest - from + 1) }, (_, i) => from + i);
  return (
    <div className="mt-5">
      <ol aria-label="Versions of the stream" className="flex items-center">
        {versions.map((v, i) => (
          <li key={v} className="flex items-center">
            {i > 0 && <span aria-hidden className="h-px w-3 bg-border-strong" />}
            <span className={cn("flex h-4 min-w-4 items-center justify-center rounded-mark px-1 text-[9px]", v === event.version ? "bg-accent font-semibold text-on-accent" : "border border-border-strong text-text-2")}>{v}</span>
          </li>
        ))}
      </ol>
      <p className="mt-2 flex items-start gap-1.5 text-small text-muted">
        <Link2 size={14} strokeWidth={2.1} aria-hidden className="mt-px shrink-0 text-accent" />
        <span className="min-w-0 wrap-anywhere">
          hash <span className="font-mono">{event.hash.slice(0, 8)}…{event.hash.slice(-6)}</span> holds the one before; the whole chain is checked on the System page
        </span>
      </p>
    </div>
  );
}
