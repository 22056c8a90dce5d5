import { readKey } from "@/app/session";
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

/**
 * Follows a service's events from now on. EventSource cannot send the key's header, so the stream is read with fetch. Where
 * the server streams nothing (behind a gateway), it asks again and again. The cursor makes both resume without a gap.
 */
export class Feed {
  private readonly options: FeedOptions;
  private stopping = new AbortController();
  private cursor: string | undefined;
  private waiting: LiveEvent[] = [];
  private flushing: ReturnType<typeof setTimeout> | undefined;
  private streams = true;

  constructor(options: FeedOptions) {
    this.options = options;
  }

  start(): void {
    this.stopping = new AbortController();
    void this.run(this.stopping.signal);
  }

  stop(): void {
    this.stopping.abort();
    clearTimeout(this.flushing);
    this.flushing = undefined;
  }

  private async run(signal: AbortSignal): Promise<void> {
    let failures = 0;
    this.options.onState("connecting");
    while (!signal.aborted && readKey()) {
      try {
        if (this.streams) await this.stream(signal);
        else await this.poll(signal);
        failures = 0;
      } catch {
        if (signal.aborted) return;
        failures++;
        this.options.onState("reconnecting");
        await pause(Math.min(1000 * 2 ** failures, 15_000), signal);
      }
    }
  }

  private request(accept: string, signal: AbortSignal): Promise<Response> {
    const url = new URL(`/v1/services/${this.options.service}/live`, location.origin);
    if (this.cursor) url.searchParams.set("cursor", this.cursor);
    return fetch(url, { headers: { Authorization: `Bearer ${readKey() ?? ""}`, Accept: accept }, signal, cache: "no-store" });
  }

  private async stream(signal: AbortSignal): Promise<void> {
    const watchdog = new AbortController();
    let timer = setTimeout(() => watchdog.abort(), silence);
    try {
      const response = await this.request("text/event-stream", AbortSignal.any([signal, watchdog.signal]));
      if (response.status === 429) this.streams = false;
      if (!response.ok || !response.body) throw new Error(`live: ${response.status}`);
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
        timer = setTimeout(() => watchdog.abort(), silence);
        const frames = (rest + value).split("\n\n");
        rest = frames.pop() ?? "";
        for (const frame of frames) this.take(frame);
      }
    } finally {
      clearTimeout(timer);
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
    if (!response.ok) throw new Error(`live: ${response.status}`);
    const page = (await response.json()) as { data: LiveEvent[]; next_cursor: string };
    this.cursor = page.next_cursor;
    this.options.onState("polling");
    this.queue(page.data);
    await pause(pollEvery, signal);
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
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
