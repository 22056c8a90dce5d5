import { type PointerEvent, useId, useRef, useState } from "react";
import type { Stats } from "@/api/types";
import { useZone } from "@/app/preferences";
import { count } from "@/lib/format";
import { clock, day, dayAndClock } from "@/lib/time";
import { useWidth } from "@/lib/use-width";
import { niceTop } from "./scale";

/** Something that was done to the service and may explain a change. */
export interface Flag {
  at: string;
  said: string;
}

interface OverTimeProps {
  stats: Stats;
  flags: readonly Flag[];
  onRange: (since: string, until: string) => void;
}

const left = 42;
const top = 26;
const upper = 160;
const lower = 56;
const height = top + upper + lower + 24;

/** Deliveries that the messages accepted in a bucket were to make; for one user, who gets a part of each, its messages. */
export function acceptedOf(b: Stats["buckets"][number]): number {
  return b.deliveries ?? b.accepted ?? 0;
}

/**
 * Deliveries that arrived grow up, with those on their way standing on them, under the line of what was accepted; what did not
 * arrive grows down, on a scale of its own, so that a few can be seen.
 */
export function OverTime({ stats, flags, onRange }: OverTimeProps) {
  const [zone] = useZone();
  const area = useRef<HTMLDivElement>(null);
  const width = useWidth(area);
  const hatch = useId();
  const [at, setAt] = useState<number | null>(null);
  const [drag, setDrag] = useState<[number, number] | null>(null);
  const { buckets } = stats;
  const plot = Math.max(width - left, 10);
  const step = plot / Math.max(1, buckets.length);
  const retried = (b: Stats["buckets"][number]) => Math.max(0, b.attempts_failed - b.failed);
  const most = niceTop(Math.max(1, ...buckets.map((b) => Math.max(b.delivered + b.open, acceptedOf(b)))));
  const worst = niceTop(Math.max(1, ...buckets.map((b) => b.failed + retried(b))));
  const zero = top + upper;
  const x = (time: number) => left + ((time - new Date(stats.since).getTime()) / (new Date(stats.until).getTime() - new Date(stats.since).getTime())) * plot;

  const cell = (e: PointerEvent) => {
    const box = e.currentTarget.getBoundingClientRect();
    return Math.max(0, Math.min(buckets.length - 1, Math.floor((e.clientX - box.left - left) / step)));
  };
  const choose = ([a, b]: [number, number]) => {
    const first = buckets[Math.min(a, b)];
    const last = buckets[Math.max(a, b) + 1];
    if (first && a !== b) onRange(first.start, last?.start ?? stats.until);
  };
  const shown = at === null ? null : buckets[at];
  const total = stats.total;
  return (
    <div ref={area} className="relative min-w-0">
      {width > 0 && (
        <svg
          width={width}
          height={height}
          role="slider"
          tabIndex={0}
          aria-label={`Deliveries over time: ${count(total.deliveries ?? total.accepted ?? 0)} accepted, ${count(total.delivered)} delivered, ${count(total.failed)} failed for good. Arrows go through it; the table has every number.`}
          aria-valuemin={0}
          aria-valuemax={buckets.length - 1}
          aria-valuenow={at ?? buckets.length - 1}
          aria-valuetext={shown ? `${dayAndClock(new Date(shown.start), zone)}: ${acceptedOf(shown)} accepted, ${shown.delivered} delivered, ${shown.open} pending, ${shown.failed} failed, ${retried(shown)} tried again` : "all of it"}
          className="block touch-pan-y rounded-mark select-none"
          onKeyDown={(e) => {
            const to = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity }[e.key];
            if (e.key === "Escape") setAt(null);
            if (to === undefined) return;
            e.preventDefault();
            setAt((i) => Math.max(0, Math.min(buckets.length - 1, (i ?? buckets.length) + to)));
          }}
          onBlur={() => setAt(null)}
          onPointerMove={(e) => {
            const i = cell(e);
            setAt(i);
            if (drag) setDrag([drag[0], i]);
          }}
          onPointerLeave={() => setAt(null)}
          onPointerDown={(e) => {
            e.currentTarget.setPointerCapture(e.pointerId);
            setDrag([cell(e), cell(e)]);
          }}
          onPointerUp={() => {
            if (drag) choose(drag);
            setDrag(null);
          }}
          onPointerCancel={() => setDrag(null)}
        >
          <defs>
            <pattern id={hatch} width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
              <rect width="2.2" height="5" className="fill-warning-mark" />
            </pattern>
          </defs>
          {[most, most / 2].map((n) => (
            <g key={n}>
              <line x1={left} x2={width} y1={zero - (n / most) * upper} y2={zero - (n / most) * upper} className="stroke-border" />
              <Axis y={zero - (n / most) * upper} text={count(n)} />
            </g>
          ))}
          <Axis y={zero} text="0" />
          {[worst / 2, worst].map((n) => (
            <g key={n}>
              <line x1={left} x2={width} y1={zero + (n / worst) * lower} y2={zero + (n / worst) * lower} className="stroke-border" strokeDasharray="2 3" />
              {(worst > 1 || n === worst) && <Axis y={zero + (n / worst) * lower} text={count(n)} />}
            </g>
          ))}
          {drag && drag[0] !== drag[1] && <rect x={left + Math.min(...drag) * step} y={top} width={(Math.abs(drag[1] - drag[0]) + 1) * step} height={upper + lower} className="fill-selected" />}
          {buckets.map((b, i) => {
            const bx = left + i * step;
            const bw = Math.max(1, step - Math.min(1.5, step * 0.2));
            const tall = (b.delivered / most) * upper;
            const open = b.open === 0 ? 0 : Math.max(3, (b.open / most) * upper);
            const failed = b.failed === 0 ? 0 : Math.max(2, (b.failed / worst) * lower);
            const again = retried(b) === 0 ? 0 : Math.max(2, (retried(b) / worst) * lower);
            return (
              <g key={b.start} opacity={at === null || at === i ? 1 : 0.75}>
                {b.delivered > 0 && (
                  <>
                    <rect x={bx} y={zero - tall} width={bw} height={tall} className="fill-success-mark" opacity=".2" />
                    <rect x={bx} y={zero - tall} width={bw} height={Math.min(2.5, Math.max(1, tall))} className="fill-success-mark" />
                  </>
                )}
                {open > 0 && <rect x={bx + 0.5} y={zero - tall - open + 0.5} width={Math.max(1, bw - 1)} height={open - 1} fill="none" strokeWidth="1" strokeDasharray="2 1.6" className="stroke-info-mark" />}
                {failed > 0 && <rect x={bx} y={zero + 1} width={bw} height={failed} className="fill-danger-mark" />}
                {again > 0 && <rect x={bx + 0.5} y={zero + 1 + failed} width={Math.max(1, bw - 1)} height={again} fill={`url(#${hatch})`} className="stroke-warning-mark" strokeWidth="1" />}
              </g>
            );
          })}
          <path d={stepLine(buckets.map((b) => zero - (acceptedOf(b) / most) * upper), left, step)} fill="none" strokeWidth="1.2" className="stroke-text-2" />
          <line x1={left} x2={width} y1={zero + 0.5} y2={zero + 0.5} className="stroke-muted" />
          {ticksOf(stats, plot).map((t) => (
            <text key={t} x={x(t)} y={height - 6} textAnchor="middle" className="fill-muted text-axis">
              {stats.bucket === "1d" || stats.bucket === "6h" ? day(new Date(t), zone) : clock(new Date(t), zone)}
            </text>
          ))}
          {placeFlags(flags, x, width).map((f) => (
            <g key={f.at + f.said}>
              <line x1={f.x} x2={f.x} y1={top - 8} y2={zero + lower} strokeDasharray="2 2" className="stroke-text-2" />
              <g>
                <title>{`${dayAndClock(new Date(f.at), zone)} ${f.said}`}</title>
                <rect x={f.left} y="1" width={f.width} height="18" rx="3" className="fill-surface stroke-border-strong" />
                <text x={f.left + 6} y="13.5" className="fill-text text-axis">
                  {f.text}
                </text>
              </g>
            </g>
          ))}
        </svg>
      )}
      {shown && !drag && (
        <div className="border-(--wp-float-edge) pointer-events-none absolute top-7 z-10 rounded-chip border bg-raised px-2.5 py-1.5 text-small shadow-float" style={{ left: Math.min(left + ((at ?? 0) + 1) * step + 8, width - 190) }}>
          <p className="font-semibold">{dayAndClock(new Date(shown.start), zone)}</p>
          <p className="text-text-2">{count(acceptedOf(shown))} accepted</p>
          <p>{count(shown.delivered)} delivered</p>
          {shown.open > 0 && <p className="text-info">{count(shown.open)} pending</p>}
          {shown.failed > 0 && <p className="text-danger">{count(shown.failed)} failed for good</p>}
          {retried(shown) > 0 && <p className="text-warning">{count(retried(shown))} attempts failed, to be tried again</p>}
          {shown.skipped > 0 && <p className="text-text-2">{count(shown.skipped)} skipped</p>}
        </div>
      )}
    </div>
  );
}

/** A line that stays level over each bucket: counts have no slopes. */
function stepLine(heights: readonly number[], from: number, step: number): string {
  return heights.map((y, i) => `${i === 0 ? "M" : "L"}${(from + i * step).toFixed(1)} ${y.toFixed(1)}h${step.toFixed(1)}`).join("");
}

function Axis({ y, text }: { y: number; text: string }) {
  return (
    <text x={left - 8} y={y + 4} textAnchor="end" className="fill-muted text-axis">
      {text}
    </text>
  );
}

const hour = 3_600_000;

/** Round moments, as many as have room. */
function ticksOf(stats: Stats, plot: number): number[] {
  const from = new Date(stats.since).getTime();
  const to = new Date(stats.until).getTime();
  const room = Math.max(2, Math.floor(plot / 90));
  const every = [hour / 12, hour / 6, hour / 4, hour / 2, hour, 3 * hour, 6 * hour, 12 * hour, 24 * hour, 48 * hour, 5 * 24 * hour, 10 * 24 * hour].find((s) => (to - from) / s <= room) ?? 30 * 24 * hour;
  const out: number[] = [];
  for (let t = Math.ceil(from / every) * every; t < to; t += every) if (t - from > every * 0.12) out.push(t);
  return out;
}

/** Flags with their texts side by side; those that would cover the one before are joined to it. */
function placeFlags(flags: readonly Flag[], x: (time: number) => number, width: number) {
  const out: { at: string; said: string; text: string; x: number; left: number; width: number }[] = [];
  for (const f of flags.toSorted((a, b) => a.at.localeCompare(b.at))) {
    const fx = x(new Date(f.at).getTime());
    if (fx < left || fx > width) continue;
    const text = f.said.length > 34 ? `${f.said.slice(0, 33)}…` : f.said;
    const wide = Math.min(text.length * 6.2 + 12, 230);
    const at = Math.min(fx, width - wide - 1);
    const before = out.at(-1);
    if (before && at < before.left + before.width + 6) continue;
    out.push({ ...f, text, x: fx, left: at, width: wide });
  }
  return out;
}
