import { Link2 } from "lucide-react";
import { useState } from "react";
import type { ReadMessage } from "@/api/message";
import type { Event } from "@/api/types";
import { CopyButton } from "@/components/data/copy";
import { Id } from "@/components/data/id";
import { Code, Json } from "@/components/data/json";
import { When } from "@/components/data/moment";
import { Fact, Facts } from "@/components/layout/page";
import { causeText, statusText } from "@/components/state/cause";
import { Mark } from "@/components/state/marks";
import { Tab, TabPanel, Tabs, TabsList } from "@/components/ui/tabs";
import { bytes, milliseconds } from "@/lib/format";
import { CausesGraph } from "@/story/causes-graph";
import { number, text } from "@/story/data";
import type { Names } from "@/story/sentence";

interface DetailProps {
  message: ReadMessage;
  history: readonly Event[];
  event: Event | undefined;
  endpoint: string | null;
  names: Names;
  sns: boolean;
  onChoose: (event: string) => void;
}

const isAttempt = (e: Event | undefined): e is Event => e !== undefined && /^(AttemptFailed|DeliverySucceeded|DeliveryFailed)$/.test(e.type);

/** What stands behind the chosen entry: the attempt, the payload, the event itself, and what led to it. */
export function Detail({ message, history, event, endpoint, names, sns, onChoose }: DetailProps) {
  const [tab, setTab] = useState(event ? "attempt" : "payload");
  const attempt = isAttempt(event) ? event : undefined;
  const shown = tab === "attempt" && !attempt ? "raw" : tab;
  return (
    <Tabs value={shown} onValueChange={setTab} className="min-w-0">
      <TabsList aria-label="Behind the story" className="px-5 max-md:px-0">
        {attempt && <Tab value="attempt">Attempt {number(attempt.data, "attempt") ?? ""}</Tab>}
        <Tab value="payload">Payload</Tab>
        <Tab value="raw">Raw event</Tab>
        <Tab value="causes">Causes</Tab>
      </TabsList>
      <div className="px-5 py-4 max-md:px-0">
        {attempt && (
          <TabPanel value="attempt">
            <Attempt event={attempt} sns={sns} />
          </TabPanel>
        )}
        <TabPanel value="payload">
          <Payload message={message} />
        </TabPanel>
        <TabPanel value="raw">{event ? <Raw event={event} history={history} /> : <p className="text-text-2">Choose an entry of the story to see the event behind it.</p>}</TabPanel>
        <TabPanel value="causes">
          <CausesGraph history={history} endpoint={endpoint} names={names} chosen={event?.id ?? null} onChoose={onChoose} />
        </TabPanel>
      </div>
    </Tabs>
  );
}

function Payload({ message }: { message: ReadMessage }) {
  return (
    <>
      <div className="mb-2 flex items-center gap-2">
        <h3 className="font-semibold">Payload</h3>
        <span className="text-small text-muted">{bytes(new Blob([message.raw]).size)}, formatted for reading</span>
      </div>
      {message.payload === "sealed" ? <p className="text-text-2">It cannot be opened any more: its key is gone. The story of this message is still here.</p> : <Code json text={message.pretty} label="payload" />}
    </>
  );
}

function Attempt({ event, sns }: { event: Event; sns: boolean }) {
  const d = event.data;
  const code = number(d, "status_code");
  const took = number(d, "duration_ms");
  const answer = text(d, "answer");
  const url = text(d, "url");
  const state = event.type === "DeliverySucceeded" ? "delivered" : event.type === "DeliveryFailed" ? "failed" : "retrying";
  const retryAfter = number(d, "retry_after_s");
  return (
    <div className="grid gap-4">
      {url && (
        <p className="font-mono text-mono wrap-anywhere">
          <b>POST</b> {url}
        </p>
      )}
      <Facts>
        <Fact name="Answer">
          <span className="inline-flex items-center gap-2">
            <Mark state={state} />
            {code ? (
              <span>
                <b>{code}</b> {statusText(code)}
              </span>
            ) : text(d, "cause") ? (
              causeText(text(d, "cause"))
            ) : (
              "none"
            )}
          </span>
        </Fact>
        <Fact name="Took">{took === undefined ? (sns ? "not reported by SNS" : "–") : milliseconds(took)}</Fact>
        {text(d, "at") && (
          <Fact name="Made">
            <When at={text(d, "at") ?? ""} millis />
          </Fact>
        )}
        {retryAfter !== undefined && retryAfter > 0 && <Fact name="Retry-After">{retryAfter} s, asked for by the endpoint</Fact>}
        {text(d, "next") && (
          <Fact name="Next">
            <When at={text(d, "next") ?? ""} />
          </Fact>
        )}
        {text(d, "attempt_id") && (
          <Fact name="Attempt">
            <Id id={text(d, "attempt_id") ?? ""} copy />
          </Fact>
        )}
      </Facts>
      <div>
        <div className="mb-2 flex items-center justify-between">
          <h3 className="font-semibold">Endpoint’s answer</h3>
          <span className="text-small text-muted">{answer ? `shown as text · ${bytes(new Blob([answer]).size)}` : ""}</span>
        </div>
        {answer ? <Code text={pretty(answer)} json label="endpoint's answer" /> : <p className="text-text-2">{sns ? "Not reported by SNS." : "It had no body."}</p>}
      </div>
    </div>
  );
}

/** JSON is formatted; anything else stays as it came. */
function pretty(answer: string): string {
  try {
    return JSON.stringify(JSON.parse(answer), null, 2);
  } catch {
    return answer;
  }
}

function Raw({ event, history }: { event: Event; history: readonly Event[] }) {
  const before = history.find((e) => e.stream === event.stream && e.version === event.version - 1);
  return (
    <div className="grid gap-3">
      <Json value={event} label="raw event" />
      <div className="flex items-start gap-2 text-text-2">
        <Link2 size={16} strokeWidth={1.75} aria-hidden className="mt-0.5 shrink-0 text-accent" />
        <div className="min-w-0 text-small">
          <p>
            Event {event.version} of <span className="font-mono wrap-anywhere">{event.stream}</span>
          </p>
          <p className="font-mono wrap-anywhere text-muted">
            {event.hash.slice(0, 6)}…{event.hash.slice(-4)} {before ? `follows ${before.hash.slice(0, 6)}…${before.hash.slice(-4)}` : "is the first of its stream"}
            <CopyButton text={event.hash} what="hash" />
          </p>
        </div>
      </div>
    </div>
  );
}
