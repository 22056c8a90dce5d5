import type { QueryClient } from "@tanstack/react-query";
import type { EventName, LiveEvent } from "@/api/types";

/** What an event may change, as the third part of a query's key. */
function touched(type: EventName): string[] {
  if (/^(Message|Delivery|Attempt|Retry)/.test(type)) return ["messages", "message", "stats", "dead-letters"];
  if (/^(Endpoint|Subscription|Secret|Handshake)/.test(type)) return ["endpoints", "endpoint", "subscriptions", "stats"];
  if (type.startsWith("User")) return ["users", "user"];
  if (type.startsWith("EventType") || type.startsWith("Topic")) return ["event-types", "event-type"];
  if (type.startsWith("Service")) return ["service"];
  if (type.startsWith("Job")) return ["jobs", "dead-letters"];
  return [];
}

const slowly: Record<string, number> = { stats: 3000, "dead-letters": 2000, messages: 1000 };
const quickly = 300; // ms

/** Marks what events have changed as stale, each kind of thing at most once in its time, so that a storm of events is no
 * storm of requests. */
export class Refresher {
  private readonly client: QueryClient;
  private readonly service: string;
  private readonly timers = new Map<string, ReturnType<typeof setTimeout>>();
  private readonly lastRun = new Map<string, number>();

  constructor(client: QueryClient, service: string) {
    this.client = client;
    this.service = service;
  }

  take(events: LiveEvent[]): void {
    const kinds = new Set(events.flatMap((e) => touched(e.type)));
    const messages = new Set(events.map((e) => e.message_id).filter((id) => id !== null));
    for (const kind of kinds) {
      if (kind === "message") for (const id of messages) this.schedule(`message/${id}`, ["message", id]);
      else this.schedule(kind, [kind]);
    }
  }

  stop(): void {
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
  }

  private schedule(name: string, key: string[]): void {
    if (this.timers.has(name)) return;
    const pause = slowly[name] ?? quickly;
    const since = Date.now() - (this.lastRun.get(name) ?? 0);
    const wait = since > pause ? quickly : pause - since;
    this.timers.set(
      name,
      setTimeout(() => {
        this.timers.delete(name);
        this.lastRun.set(name, Date.now());
        void this.client.invalidateQueries({ queryKey: ["service", this.service, ...key] });
      }, wait),
    );
    if (this.lastRun.size > 2000) this.lastRun.clear();
  }
}
