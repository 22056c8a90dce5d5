import { useRef } from "react";
import type { Stats } from "@/api/types";
import { count, milliseconds } from "@/lib/format";
import { useWidth } from "@/lib/use-width";

const top = 44;
const plot = 158;
const height = top + plot + 26;
const timeLimit = 15_000; // ms; a slower answer is none

/** How long a delivery took, on cells that grow; the marks are the median and the slowest parts. */
export function Latency({ stats }: { stats: Stats }) {
  const area = useRef<HTMLDivElement>(null);
  const width = useWidth(area);
  const bounds = stats.latency_bounds_ms;
  const counts = stats.latency_counts;
  const used = trim(counts);
  const n = Math.max(1, used.to - used.from);
  const step = width / n;
  const most = Math.max(1, ...counts);
  const { p50, p95, p99 } = stats.total.latency_ms;
  const pins = [
    ["p50", p50],
    ["p95", p95],
    ["p99", p99],
  ] as const;
  const xOf = (ms: number) => {
    const i = bounds.findIndex((b) => ms <= b);
    const cell = i < 0 ? counts.length - 1 : i;
    const low = cell === 0 ? 0 : (bounds[cell - 1] ?? 0);
    const high = bounds[cell] ?? low * 2;
    return (cell - used.from + (high > low ? Math.min(1, (ms - low) / (high - low)) : 0.5)) * step;
  };
  const label = p50 === null ? "Nothing was delivered" : `Half was delivered within ${milliseconds(p50)}, 95 % within ${milliseconds(p95 ?? p50)}, 99 % within ${milliseconds(p99 ?? p50)}`;
  return (
    <div ref={area} className="min-w-0">
      {width > 0 && (
        <svg width={width} height={height} role="img" aria-label={`${label}. The table has every number.`} className="block overflow-visible">
          {counts.slice(used.from, used.to).map((c, i) => {
            const cell = used.from + i;
            const low = cell === 0 ? 0 : (bounds[cell - 1] ?? 0);
            const tall = c === 0 ? 0 : Math.max(2.5, (c / most) * plot);
            const slow = low >= timeLimit;
            return (
              <g key={cell}>
                <title>{`${milliseconds(low)} to ${bounds[cell] === undefined ? "more" : milliseconds(bounds[cell])}: ${count(c)}`}</title>
                <rect x={i * step} y={top + plot - tall} width={Math.max(1, step - 1.5)} height={tall} className={slow ? "fill-warning-mark" : "fill-accent-mark"} opacity=".22" />
                {c > 0 && <rect x={i * step} y={top + plot - tall} width={Math.max(1, step - 1.5)} height="2.5" className={slow ? "fill-warning-mark" : "fill-accent-mark"} />}
              </g>
            );
          })}
          <line x1="0" x2={width} y1={top + plot + 0.5} y2={top + plot + 0.5} className="stroke-text-2" />
          {boundsShown(bounds, used, step).map(([ms, x]) => (
            <text key={ms} x={x} y={height - 6} textAnchor={x < 16 ? "start" : x > width - 16 ? "end" : "middle"} className="fill-muted text-axis">
              {milliseconds(ms)}
            </text>
          ))}
          {pins.map(([name, ms], i) => {
            if (ms === null) return null;
            const x = Math.min(xOf(ms), width - 2);
            const right = x > width - 92;
            const y = 8 + i * 15;
            return (
              <g key={name}>
                <line x1={x} x2={x} y1={y + 1} y2={top + plot} className="stroke-text" strokeWidth="1.3" />
                <circle cx={x} cy={y} r="2.6" className="fill-text" />
                <text x={right ? x - 7 : x + 7} y={y + 4} textAnchor={right ? "end" : "start"} strokeWidth="4" strokeLinejoin="round" paintOrder="stroke" className="fill-muted stroke-surface text-axis">
                  {name} <tspan className="fill-text font-[550]">{milliseconds(ms)}</tspan>
                </text>
              </g>
            );
          })}
        </svg>
      )}
    </div>
  );
}

/** Without the empty cells at both ends, but never fewer than eight. */
function trim(counts: readonly number[]): { from: number; to: number } {
  const first = counts.findIndex((c) => c > 0);
  if (first < 0) return { from: 0, to: counts.length };
  let from = Math.max(0, first - 1);
  let to = Math.min(counts.length, counts.findLastIndex((c) => c > 0) + 2);
  while (to - from < 8 && (from > 0 || to < counts.length)) {
    if (to < counts.length) to++;
    if (to - from < 8 && from > 0) from--;
  }
  return { from, to };
}

function boundsShown(bounds: readonly number[], used: { from: number; to: number }, step: number): [ms: number, x: number][] {
  const out: [number, number][] = [];
  for (let cell = used.from; cell < used.to - 1; cell++) {
    const ms = bounds[cell];
    const x = (cell - used.from + 1) * step;
    if (ms !== undefined && (out.length === 0 || x - (out.at(-1)?.[1] ?? 0) > 58)) out.push([ms, x]);
  }
  return out;
}
