import { type KeyboardEvent, type PointerEvent, useRef, useState } from "react";
import type { Stats } from "@/api/types";
import { useZone } from "@/app/preferences";
import { dayAndClock } from "@/lib/time";
import { useWidth } from "@/lib/use-width";

interface BrushProps {
  stats: Stats;
  /** The chosen part, if any; both in milliseconds since 1970. */
  from: number | null;
  to: number | null;
  onChange: (from: number | null, to: number | null) => void;
}

const up = 40;
const down = 14;
const height = up + down + 2;

/** Messages over time, failures below the line; dragging chooses a part, the arrow keys too. */
export function BrushStrip({ stats, from, to, onChange }: BrushProps) {
  const [zone] = useZone();
  const area = useRef<HTMLDivElement>(null);
  const width = useWidth(area);
  const [drag, setDrag] = useState<[number, number] | null>(null);
  const n = stats.buckets.length;
  const starts = stats.buckets.map((b) => new Date(b.start).getTime());
  const end = new Date(stats.until).getTime();
  const at = (i: number) => starts[i] ?? end;
  const step = width / Math.max(1, n);
  const most = Math.max(1, ...stats.buckets.map((b) => b.accepted ?? b.delivered + b.failed));
  const worst = Math.max(1, ...stats.buckets.map((b) => b.failed));
  const chosen: [number, number] | null = drag ?? (from === null ? null : [index(starts, from), to === null ? n : index(starts, to)]);
  const inside = (i: number) => !chosen || (i >= chosen[0] && i < Math.max(chosen[1], chosen[0] + 1));

  const cell = (e: PointerEvent) => {
    const box = e.currentTarget.getBoundingClientRect();
    return Math.max(0, Math.min(n - 1, Math.floor(((e.clientX - box.left) / box.width) * n)));
  };
  const take = (range: [number, number]) => onChange(at(range[0]), range[1] >= n ? null : at(range[1]));
  function onKey(e: KeyboardEvent) {
    const [a, b] = chosen ?? [0, n];
    const moves: Record<string, [number, number]> = { ArrowLeft: [Math.max(0, a - 1), b], ArrowRight: [Math.min(b - 1, a + 1), b] };
    const shifted: Record<string, [number, number]> = { ArrowLeft: [a, Math.max(a + 1, b - 1)], ArrowRight: [a, Math.min(n, b + 1)] };
    const moved = (e.shiftKey ? shifted : moves)[e.key];
    if (moved) {
      e.preventDefault();
      take(moved);
    } else if (e.key === "Escape" && chosen) onChange(null, null);
  }
  const said = chosen ? `chosen from ${dayAndClock(new Date(at(chosen[0])), zone)} ${chosen[1] >= n ? "until now" : `until ${dayAndClock(new Date(at(chosen[1])), zone)}`}` : "all of it";
  return (
    <div
      ref={area}
      role="slider"
      tabIndex={0}
      aria-label="Time range of the list: arrows move its beginning, shift and arrows its end, Escape takes it away"
      aria-valuemin={0}
      aria-valuemax={n}
      aria-valuenow={chosen?.[0] ?? 0}
      aria-valuetext={said}
      className="cursor-crosshair touch-pan-y select-none"
      onKeyDown={onKey}
      onPointerDown={(e) => {
        e.currentTarget.setPointerCapture(e.pointerId);
        const i = cell(e);
        setDrag([i, i + 1]);
      }}
      onPointerMove={(e) => drag && setDrag([drag[0], cell(e) + 1])}
      onPointerUp={() => {
        if (!drag) return;
        const range: [number, number] = drag[0] < drag[1] ? drag : [drag[1] - 1, drag[0] + 1];
        setDrag(null);
        if (range[1] - range[0] <= 1 && chosen && from !== null) onChange(null, null);
        else take(range);
      }}
      onPointerCancel={() => setDrag(null)}
    >
      {width > 0 && (
        <svg width={width} height={height} aria-hidden className="block">
          {chosen && <rect x={Math.min(...chosen) * step} width={Math.max(step, Math.abs(chosen[1] - chosen[0]) * step)} height={height} className="fill-selected" />}
          {stats.buckets.map((b, i) => {
            const count = b.accepted ?? b.delivered + b.failed;
            const tall = count === 0 ? 0 : Math.max(1.5, (count / most) * up);
            const deep = b.failed === 0 ? 0 : Math.max(2, (b.failed / worst) * down);
            return (
              <g key={b.start} opacity={inside(i) ? 1 : 0.45}>
                <rect x={i * step} y={up - tall} width={Math.max(1, step - 1)} height={tall} className={chosen && inside(i) ? "fill-muted" : "fill-border-strong"} />
                <rect x={i * step} y={up + 1} width={Math.max(1, step - 1)} height={deep} className="fill-danger-mark" />
              </g>
            );
          })}
          <line x1="0" x2={width} y1={up + 0.5} y2={up + 0.5} className="stroke-border" />
          {chosen && from !== null && (
            <>
              <rect x={chosen[0] * step - 1.5} y="12" width="3" height="24" rx="1.5" className="fill-accent" />
              <rect x={Math.min(width - 3, chosen[1] * step - 1.5)} y="12" width="3" height="24" rx="1.5" className="fill-accent" />
            </>
          )}
        </svg>
      )}
      <div aria-hidden className="flex justify-between pt-0.5 text-axis text-muted">
        <span>{dayAndClock(new Date(stats.since), zone)}</span>
        <span>now</span>
      </div>
    </div>
  );
}

function index(starts: number[], at: number): number {
  const i = starts.findIndex((s) => s >= at);
  return i < 0 ? starts.length : i;
}
