import { initials } from "@/lib/format";
import { skipText } from "@/components/state/cause";
import type { Axis } from "./axis";
import type { Lane, Segment } from "./lanes";

const least = 16; // px: a bar of a few milliseconds can still be seen and hit
const barHeight = 15;

const fills = { delivered: "fill-success-mark", retrying: "fill-warning-mark", failed: "fill-danger-mark", discarded: "fill-skip-mark" };

interface Bar {
  segment: Extract<Segment, { kind: "attempt" }>;
  x: number;
  width: number;
}

/** Places attempts so that none covers the one before: short ones are drawn wider than they were. */
export function placeBars(lane: Lane, axis: Axis): Map<Segment, Bar> {
  const out = new Map<Segment, Bar>();
  let free = -Infinity;
  for (const s of lane.segments) {
    if (s.kind === "person") free = Math.max(free, axis.x(s.at) + 24);
    if (s.kind !== "attempt") continue;
    const x = Math.max(axis.x(s.from), free);
    const width = Math.max(least, axis.x(s.to) - axis.x(s.from));
    out.set(s, { segment: s, x, width });
    free = x + width + 3;
  }
  return out;
}

export function LaneBars({ lane, axis, height, hatch, labels, onEvent }: { lane: Lane; axis: Axis; height: number; hatch: string; labels: boolean; onEvent: (id: string) => void }) {
  const bars = placeBars(lane, axis);
  const y = labels ? 21 : (height - barHeight) / 2;
  const middle = y + barHeight / 2;
  const ordered = [...bars.values()];
  const endBefore = (at: number) => ordered.findLast((b) => b.segment.to <= at + 1)?.x;
  return (
    <svg width={axis.width} height={height} className="block shrink-0 overflow-visible" role="group" aria-label="Attempts">
      {axis.now !== undefined && axis.now < axis.width - 8 && <rect x={axis.now} width={axis.width - axis.now} height={height} className="fill-sunken" opacity=".7" />}
      {axis.ticks.map((t) => (
        <line key={t.label + t.x} x1={t.x} x2={t.x} y1="0" y2={height} className="stroke-border" />
      ))}
      {lane.delivery.status === "skipped" && (
        <g>
          <circle cx="15" cy={middle} r="6.2" fill="none" strokeWidth="1.5" className="stroke-skip-mark" />
          <path d={`M${15 - 4.2} ${middle + 4.2}L${15 + 4.2} ${middle - 4.2}`} strokeWidth="1.5" className="stroke-skip-mark" />
          <text x="28" y={middle + 4} className="fill-text-2 text-small">
            never sent{labels ? "" : `: ${skipText(lane.delivery.reason)}`}
          </text>
        </g>
      )}
      {lane.segments.map((s, i) => (s.kind === "attempt" || s.kind === "person" ? null : <Thread key={i} segment={s} axis={axis} y={middle} hatch={hatch} from={threadStart(ordered, s, endBefore)} to={threadEnd(lane, bars, s, i)} />))}
      {ordered.map((b, i) => (
        <AttemptBar key={b.segment.event} bar={b} y={y} room={(ordered[i + 1]?.x ?? axis.width) - b.x} labels={labels} onEvent={onEvent} />
      ))}
      {lane.segments.map((s) => s.kind === "person" && <Person key={s.event} x={axis.x(s.at) + 10} y={middle} name={s.name} onOpen={() => onEvent(s.event)} />)}
      {axis.now !== undefined && <line x1={axis.now} x2={axis.now} y1="0" y2={height} strokeWidth="2" className="stroke-accent-mark" />}
    </svg>
  );
}

/** A thread begins where the bar before it is drawn to end. */
function threadStart(bars: Bar[], s: Segment, endBefore: (at: number) => number | undefined): number | undefined {
  if (s.kind === "planned" || s.kind === "person" || s.kind === "attempt") return undefined;
  const x = endBefore(s.from);
  const bar = bars.find((b) => b.x === x);
  return bar ? bar.x + bar.width + 2 : undefined;
}

function threadEnd(lane: Lane, bars: Map<Segment, Bar>, s: Segment, i: number): number | undefined {
  if (s.kind === "planned") return undefined;
  const next = lane.segments[i + 1];
  const bar = next && bars.get(next);
  return bar ? bar.x - 2 : undefined;
}

function Thread({ segment, axis, y, hatch, from, to }: { segment: Segment; axis: Axis; y: number; hatch: string; from: number | undefined; to: number | undefined }) {
  if (segment.kind === "planned") {
    return <rect x={axis.x(segment.at)} y={y - 7} width="14" height="14" rx="3" fill="none" strokeWidth="1.3" strokeDasharray="2.8 2.2" className="stroke-warning-mark" />;
  }
  if (segment.kind === "person" || segment.kind === "attempt") return null;
  const x1 = Math.max(from ?? 0, axis.x(segment.from));
  const x2 = to ?? axis.x(segment.to);
  if (x2 - x1 < 3) return null;
  if (segment.kind === "waiting") return <line x1={x1 + 3} x2={x2 - 2} y1={y} y2={y} strokeWidth="1.8" strokeDasharray="1.8 3" className="stroke-muted" />;
  if (segment.kind === "unreported") {
    return (
      <g>
        <rect x={x1} y={y - 5} width={x2 - x1} height="10" rx="3" fill="none" strokeWidth="1.2" strokeDasharray="4 3" className="stroke-skip-mark" />
        {x2 - x1 > 150 && (
          <text x={x1 + 8} y={y + 3.5} className="fill-muted text-axis">
            SNS tries; not each is reported
          </text>
        )}
      </g>
    );
  }
  return <rect x={x1} y={y - 2} width={x2 - x1} height="4" fill={`url(#${hatch})`} />;
}

function AttemptBar({ bar, y, room, labels, onEvent }: { bar: Bar; y: number; room: number; labels: boolean; onEvent: (id: string) => void }) {
  const { segment: s, x, width } = bar;
  const cx = x + width / 2;
  const cy = y + barHeight / 2;
  const open = () => onEvent(s.event);
  const said = `${s.outcome === "delivered" ? "Delivered" : s.outcome === "failed" ? "Failed for good" : "Failed"}, ${s.code}${s.took && `, after ${s.took}`}`;
  return (
    <>
      <g
      role="button"
      tabIndex={0}
      aria-label={said}
      className="focus-visible:outline-2 focus-visible:outline-accent-mark"
      onClick={open}
      onKeyDown={(e) => {
        if (e.key !== "Enter" && e.key !== " ") return;
        e.preventDefault();
        open();
      }}
    >
      <rect x={x} y={y} width={width} height={barHeight} rx="3" className={fills[s.outcome]} />
      <path
        d={s.outcome === "delivered" ? `M${cx - 3.8} ${cy + 0.2}l2.7 2.7 4.8-5.4` : `M${cx - 3} ${cy - 3}l6 6m0-6l-6 6`}
        strokeWidth="1.8"
        fill="none"
        strokeLinecap="round"
        strokeLinejoin="round"
        className="stroke-surface"
      />
    </g>
      {labels && (
        <text aria-hidden x={x} y={y - 5} className="fill-text text-axis">
          <tspan className="font-semibold">{s.code}</tspan>
          {s.took && room > 84 && <tspan className="fill-text-2"> {s.took}</tspan>}
        </text>
      )}
    </>
  );
}

function Person({ x, y, name, onOpen }: { x: number; y: number; name: string; onOpen: () => void }) {
  return (
    <>
      <g
      role="button"
      tabIndex={0}
      aria-label={`By hand: ${name}`}
      onClick={onOpen}
      onKeyDown={(e) => {
        if (e.key === "Enter" || e.key === " ") onOpen();
      }}
    >
      <circle cx={x} cy={y} r="9" strokeWidth="1.3" className="fill-surface stroke-text" />
    </g>
      <text aria-hidden x={x} y={y + 2.8} textAnchor="middle" className="pointer-events-none fill-text text-[7.5px] font-bold">
        {initials(name)}
      </text>
    </>
  );
}
