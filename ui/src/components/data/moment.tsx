import { useSyncExternalStore } from "react";
import { useZone } from "@/app/preferences";
import { roughly } from "@/lib/format";
import { clockMillis, dayAndClock, exact } from "@/lib/time";

// One clock for the whole page: everything relative is told anew each second, together.
let now = Date.now();
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(tell: () => void): () => void {
  listeners.add(tell);
  timer ??= setInterval(() => {
    now = Date.now();
    for (const each of listeners) each();
  }, 1000);
  return () => {
    listeners.delete(tell);
    if (listeners.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

/** The time, told anew every step milliseconds at most. */
export function useNow(step = 1000): number {
  return useSyncExternalStore(subscribe, () => Math.floor(now / step) * step);
}

/** A time relative to now, with the exact one on hover. */
export function Ago({ at, suffix = "", className }: { at: string; suffix?: string; className?: string }) {
  const [zone] = useZone();
  useNow();
  const span = Date.now() - new Date(at).getTime();
  const said = roughly(span);
  return (
    <time dateTime={at} title={exact(new Date(at), zone)} className={className}>
      {said}
      {said !== "now" && suffix}
    </time>
  );
}

/** A time to come. */
export function In({ at, className }: { at: string; className?: string }) {
  const [zone] = useZone();
  useNow();
  const left = new Date(at).getTime() - Date.now();
  return (
    <time dateTime={at} title={exact(new Date(at), zone)} className={className}>
      {left <= 0 ? "now" : `in ${roughly(left)}`}
    </time>
  );
}

/** A day and time; the exact one on hover. */
export function When({ at, millis, className }: { at: string; millis?: boolean; className?: string }) {
  const [zone] = useZone();
  const date = new Date(at);
  return (
    <time dateTime={at} title={exact(date, zone)} className={className}>
      {millis ? clockMillis(date, zone) : dayAndClock(date, zone)}
    </time>
  );
}
