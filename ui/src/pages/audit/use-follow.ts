import { useEffect, useMemo, useRef, useState } from "react";
import type { Event, LiveEvent } from "@/api/types";
import { useLiveEvents } from "@/app/live/provider";

interface Filter {
  type?: string | undefined;
  actor?: string | undefined;
  stream?: string | undefined;
  since?: string | undefined;
  until?: string | undefined;
}

export interface Following {
  on: boolean;
  toggle: () => void;
  events: Event[];
  fresh: ReadonlySet<string>;
  /** Events in each of the last sixty seconds. */
  rate: number[];
  perSecond: number;
  peak: number;
  dropped: number;
}

const kept = 300; // rows; older ones are a page of the list
const seconds = 60;

function matches(e: LiveEvent, f: Filter): boolean {
  return (!f.type || e.type === f.type) && (!f.actor || e.actor === f.actor) && (!f.stream || e.stream === f.stream || e.stream.startsWith(`${f.stream}/`)) && (!f.until || e.time < f.until);
}

/** New events as they happen, as long as the first page of the list is looked at. */
export function useFollow(filter: Filter, atTop: boolean): Following {
  const [on, setOn] = useState(true);
  const [state, setState] = useState<{ events: Event[]; fresh: Set<string>; dropped: number }>({ events: [], fresh: new Set(), dropped: 0 });
  const [rate, setRate] = useState<number[]>(() => Array.from({ length: seconds }, () => 0));
  const counting = useRef(0);
  const scope = `${JSON.stringify(filter)} ${atTop}`;
  const [followed, setFollowed] = useState(scope);
  if (followed !== scope) {
    setFollowed(scope); // another list: what came for the one before is no part of it
    setState({ events: [], fresh: new Set(), dropped: 0 });
  }
  useEffect(() => {
    const timer = setInterval(() => {
      const n = counting.current;
      counting.current = 0;
      setRate((before) => (n === 0 && before.every((r) => r === 0) ? before : [...before.slice(1), n]));
    }, 1000);
    return () => clearInterval(timer);
  }, []);
  useLiveEvents((batch) => {
    counting.current += batch.length;
    if (!on || !atTop) return;
    const found = batch.filter((e) => matches(e, filter));
    if (found.length === 0) return;
    setState((before) => {
      const events = [...found.toReversed(), ...before.events];
      return { events: events.slice(0, kept), fresh: new Set(found.map((e) => e.id)), dropped: before.dropped + Math.max(0, events.length - kept) };
    });
  });
  return useMemo(
    () => ({ on: on && atTop, toggle: () => setOn((is) => !is), ...state, rate, perSecond: Math.round(rate.slice(-5).reduce((n, r) => n + r, 0) / 5), peak: Math.max(...rate) }),
    [on, atTop, state, rate],
  );
}
