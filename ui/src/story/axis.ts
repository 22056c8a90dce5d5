import type { Zone } from "@/lib/time";
import { clock, clockSeconds } from "@/lib/time";

/** Where times stand in the picture, in pixels. */
export interface Axis {
  x: (at: number) => number;
  ticks: { x: number; label: string }[];
  /** Where now stands; undefined where the picture ended before. */
  now: number | undefined;
  width: number;
}

interface AxisOptions {
  start: number;
  end: number;
  /** The last planned moment after the end, if any. */
  until?: number | undefined;
  showNow: boolean;
  width: number;
  pad: number;
}

// Waits grow exponentially: on a linear axis the first seconds would be one pixel.
const unit = 200; // ms
/** Room at the right edge for a bar that is drawn wider than it was, and its label. */
const lastBar = 36; // px
const elapsedTicks: [ms: number, label: string][] = [
  [0, "0"],
  [1000, "1 s"],
  [10_000, "10 s"],
  [60_000, "1 min"],
  [600_000, "10 min"],
  [3_600_000, "1 h"],
  [6 * 3_600_000, "6 h"],
  [86_400_000, "1 d"],
  [7 * 86_400_000, "7 d"],
  [30 * 86_400_000, "30 d"],
];
const futureTicks: [ms: number, label: string][] = [
  [5000, "+5 s"],
  [60_000, "+1 min"],
  [600_000, "+10 min"],
  [3_600_000, "+1 h"],
  [3 * 3_600_000, "+3 h"],
  [10 * 3_600_000, "+10 h"],
];

/** Right of now the future has a scale of its own. */
function future(o: AxisOptions): { from: number; x: (at: number) => number; ticks: Axis["ticks"] } {
  const { end, until, width, pad } = o;
  const edge = width - pad - lastBar;
  if (until === undefined || until <= end) return { from: edge, x: () => edge, ticks: [] };
  const room = Math.min(160, width * 0.16);
  const from = width - pad - room;
  const log = (d: number) => Math.log1p(Math.max(0, d) / 5000);
  const x = (at: number) => from + 14 + (log(at - end) / log(until - end)) * (room - 36);
  return { from, x, ticks: thin(futureTicks.filter(([d]) => end + d <= until).map(([d, label]) => ({ x: x(end + d), label }))) };
}

/** Elapsed time on a logarithmic scale. */
export function elapsedAxis(o: AxisOptions): Axis {
  const after = future(o);
  const span = Math.max(o.end - o.start, 1000);
  const room = after.from - o.pad - (o.showNow ? 8 : 0);
  const log = (d: number) => Math.log1p(Math.max(0, d) / unit);
  const x = (at: number) => (at > o.end ? after.x(at) : o.pad + (log(at - o.start) / log(span)) * room);
  const ticks = thin(elapsedTicks.filter(([d]) => d <= span).map(([d, label]) => ({ x: x(o.start + d), label })));
  return { x, ticks: [...ticks, ...after.ticks], now: o.showNow ? after.from : undefined, width: o.width };
}

/** The time of day, linear. */
export function clockAxis(o: AxisOptions, zone: Zone): Axis {
  const after = future(o);
  const span = Math.max(o.end - o.start, 1000);
  const room = after.from - o.pad - (o.showNow ? 8 : 0);
  const x = (at: number) => (at > o.end ? after.x(at) : o.pad + ((at - o.start) / span) * room);
  const n = Math.max(2, Math.floor(room / 130));
  const say = span < 10 * 60_000 ? clockSeconds : clock;
  const ticks = Array.from({ length: n }, (_, i) => {
    const at = o.start + (span * i) / n;
    return { x: x(at), label: say(new Date(at), zone) };
  });
  return { x, ticks: [...ticks, ...after.ticks], now: o.showNow ? after.from : undefined, width: o.width };
}

/** Leaves out ticks that would touch the one before. */
function thin(ticks: Axis["ticks"]): Axis["ticks"] {
  const out: Axis["ticks"] = [];
  for (const t of ticks) {
    const before = out.at(-1);
    if (!before || t.x - before.x > 34) out.push(t);
  }
  return out;
}
