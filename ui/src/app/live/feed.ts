import { forgetKey, readKey } from "@/app/session";
import type { LiveEvent } from "@/api/types";

/** How the page learns of what happens: a stream, or questions every few seconds; or it does not for now. */
export type FeedState = "connecting" | "live" | "polling" | "reconnecting" | "paused";

interface FeedOptions {
  service: string;
  onEvents: (events: LiveEvent[]) => void;
  onState: (state: FeedState) => void;
}

const pollEvery = 3000;
const silence = 40_000; // the server says something every 15 s; after two misses the stream is dead
const batch = 250;
const again = 500; // between a stream that ended well and the next
const lasting = 5000; // a stream that ended before that is counted as a failure, whatever it says
const patience = 15_000;

/** The server will not tell this key anything: asking again is of no use. */
class Forbidden extends Error {}

/**
 * Follows a service's events from now on. EventSource cannot send the key's header, so the stream is read with fetch. Where
 * the server streams nothing (behind a gateway), it asks again and again. The cursor makes both resume without a gap.
 */
export class Feed {
  private readonly options: FeedOptions;
  private stopping: AbortController | undefined;
  private cursor: string | undefined;
  private waiting: LiveEvent[] = [];
  private flushing: ReturnType<typeof setTimeout> | undefined;
  private streams = true;

  constructor(options: FeedOptions) {
    this.options = options;
  }

  start(): void {
    this.stop();
    this.stopping = new AbortController();
    void this.run(this.stopping.signal);
  }

  stop(): void {
    this.stopping?.abort();
    clearTimeout(this.flushing);
    this.flushing = undefined;
  }

  private async run(signal: AbortSignal): Promise<void> {
    let failures = 0;
    this.options.onState("connecting");
    while (!signal.aborted && readKey()) {
      const began = Date.now();
      try {
        if (this.streams) await this.stream(signal);
        else await this.poll(signal);
        failures = this.streams && Date.now() - began < lasting ? failures + 1 : 0;
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof Forbidden) break;
        failures++;
      }
      if (signal.aborted) return;
      if (failures > 1 || !this.streams) this.options.onState(failures > 0 ? "reconnecting" : "polling");
      await pause(failures > 0 ? Math.min(again * 2 ** failures, patience) : this.streams ? again : pollEvery, signal);
    }
    if (!signal.aborted) this.options.onState("paused");
  }

  private async request(accept: string, signal: AbortSignal): Promise<Response> {
    const url = new URL(`/v1/services/${this.options.service}/live`, location.origin);
    if (this.cursor) url.searchParams.set("cursor", this.cursor);
    const response = await fetch(url, { headers: { Authorization: `Bearer ${readKey() ?? ""}`, Accept: accept }, signal, cache: "no-store" });
    if (response.status === 401) forgetKey("refused");
    if (response.status === 401 || response.status === 403 || response.status === 404) throw new Forbidden(`live: ${response.status}`);
    if (response.status === 422) this.cursor = undefined; // of a log that is no more: it begins anew
    if (response.status === 429) this.streams = false;
    if (!response.ok) throw new Error(`live: ${response.status}`);
    return response;
  }

  private async stream(signal: AbortSignal): Promise<void> {
    const watchdog = new AbortController();
    const stop = () => watchdog.abort();
    signal.addEventListener("abort", stop, { once: true });
    let timer = setTimeout(stop, silence);
    try {
      const response = await this.request("text/event-stream", watchdog.signal);
      if (!response.body) throw new Error("live: no body");
      if (!response.headers.get("Content-Type")?.startsWith("text/event-stream")) {
        this.streams = false;
        await response.body.cancel();
        return;
      }
      this.options.onState("live");
      let rest = "";
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        const { value, done } = await reader.read();
        if (done) return;
        clearTimeout(timer);
        timer = setTimeout(stop, silence);
        const frames = (rest + value).split("\n\n");
        rest = frames.pop() ?? "";
        for (const frame of frames) this.take(frame);
      }
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
    }
  }

  /** One frame of text/event-stream. */
  private take(frame: string): void {
    let data = "";
    let kind = "";
    for (const line of frame.split("\n")) {
      if (line.startsWith("id:")) this.cursor = line.slice(3).trim();
      else if (line.startsWith("event:")) kind = line.slice(6).trim();
      else if (line.startsWith("data:")) data += line.slice(5).trimStart();
    }
    if (data && kind !== "end") this.queue([JSON.parse(data) as LiveEvent]);
  }

  private async poll(signal: AbortSignal): Promise<void> {
    const response = await this.request("application/json", signal);
    const page = (await response.json()) as { data: LiveEvent[]; next_cursor: string };
    this.cursor = page.next_cursor;
    this.options.onState("polling");
    this.queue(page.data);
  }

  private queue(events: LiveEvent[]): void {
    if (events.length === 0) return;
    this.waiting.push(...events);
    this.flushing ??= setTimeout(() => {
      this.flushing = undefined;
      const together = this.waiting;
      this.waiting = [];
      this.options.onEvents(together);
    }, batch);
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end);
  });
}
