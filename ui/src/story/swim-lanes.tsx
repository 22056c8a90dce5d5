import { useId, useMemo, useRef, useState } from "react";
import { useZone } from "@/app/preferences";
import { skipText } from "@/components/state/cause";
import { Mark, type State, wordOf } from "@/components/state/marks";
import { Segmented } from "@/components/ui/segmented";
import { cn } from "@/lib/classes";
import { hostAndPath, plural, roughly } from "@/lib/format";
import { groupBy } from "@/lib/group";
import { useWidth } from "@/lib/use-width";
import { type Axis, clockAxis, elapsedAxis } from "./axis";
import { isOpen, type Lane, lastMoment } from "./lanes";
import { LaneBars } from "./lane-bars";
import { LanesTable } from "./lanes-table";

interface SwimLanesProps {
  lanes: readonly Lane[];
  accepted: number;
  now: number;
  urlOf: (endpoint: string) => string | undefined;
  chosen: string | null;
  onChoose: (lane: string | null) => void;
  onEvent: (id: string) => void;
}

const most = 8; // lanes; of more, those that went well are folded
const trouble = new Set<State>(["failed", "retrying", "pending"]);
const rank = (l: Lane): number => (trouble.has(l.delivery.status) ? 0 : 1);

/** The life of one webhook: a lane an endpoint, on one axis of time. */
export function SwimLanes({ lanes, accepted, now, urlOf, chosen, onChoose, onEvent }: SwimLanesProps) {
  const [zone] = useZone();
  const [scale, setScale] = useState<"elapsed" | "clock">("elapsed");
  const [table, setTable] = useState(false);
  const [all, setAll] = useState(false);
  const area = useRef<HTMLDivElement>(null);
  const width = useWidth(area);
  const hatch = useId();
  const sorted = useMemo(() => lanes.toSorted((a, b) => rank(a) - rank(b)), [lanes]);
  const shown = all || lanes.length <= most ? lanes : sorted.slice(0, most - 1);
  const folded = lanes.length - shown.length;

  const narrow = width > 0 && width < 640;
  const nameWidth = narrow ? 0 : Math.min(264, width * 0.26);
  const axis = useMemo<Axis>(() => {
    const open = isOpen(lanes);
    const last = lastMoment(lanes);
    const planned = lanes.flatMap((l) => l.segments.flatMap((s) => (s.kind === "planned" ? [s.at] : [])));
    const end = open ? Math.max(now, last) : Math.max(accepted + 1000, accepted + (last - accepted) * 1.15);
    const options = { start: accepted, end, until: planned.length > 0 ? Math.max(...planned) : undefined, showNow: open, width: Math.max(width - nameWidth, 200), pad: narrow ? 4 : 8 };
    return scale === "elapsed" ? elapsedAxis(options) : clockAxis(options, zone);
  }, [lanes, accepted, now, width, nameWidth, narrow, scale, zone]);

  return (
    <section aria-label="Deliveries over time">
      <div className="mb-1 flex flex-wrap items-center gap-x-4 gap-y-2">
        <h2 className="font-semibold">{plural(lanes.length, "endpoint")}</h2>
        <Legend hatch={hatch} />
        <div className="ml-auto flex items-center gap-2">
          {!table && (
            <Segmented
              label="Scale of time"
              value={scale}
              onChange={setScale}
              choices={[
                { value: "elapsed", label: "Elapsed" },
                { value: "clock", label: "Clock" },
              ]}
            />
          )}
          <Segmented
            label="Shown as"
            value={table ? "table" : "picture"}
            onChange={(v) => setTable(v === "table")}
            choices={[
              { value: "picture", label: "Picture" },
              { value: "table", label: "Table" },
            ]}
          />
        </div>
      </div>
      <div ref={area} className="min-w-0">
        {table ? (
          <LanesTable lanes={lanes} urlOf={urlOf} />
        ) : width > 0 ? (
          <>
            <AxisHead axis={axis} nameWidth={nameWidth} narrow={narrow} />
            <ul>
              {shown.map((lane) => (
                <LaneRow key={lane.id} lane={lane} url={urlOf(lane.id)} axis={axis} nameWidth={nameWidth} narrow={narrow} now={now} hatch={hatch} chosen={chosen === lane.id} onChoose={() => onChoose(chosen === lane.id ? null : lane.id)} onEvent={onEvent} />
              ))}
            </ul>
            {folded > 0 && (
              <button type="button" onClick={() => setAll(true)} className="flex h-9 w-full items-center gap-2 border-b border-border px-3 text-left text-text-2 hover:bg-hover">
                <Mark state="delivered" /> {plural(folded, "more endpoint")}, by state: {foldedText(sorted.slice(most - 1))}. Show them
              </button>
            )}
          </>
        ) : null}
      </div>
    </section>
  );
}

function foldedText(lanes: readonly Lane[]): string {
  const counts = groupBy(lanes, (l) => l.delivery.status);
  return [...counts].map(([status, of]) => `${of.length} ${status}`).join(", ");
}

function AxisHead({ axis, nameWidth, narrow }: { axis: Axis; nameWidth: number; narrow: boolean }) {
  return (
    <div className="flex border-b border-border" aria-hidden>
      {!narrow && (
        <div style={{ width: nameWidth }} className="flex h-7 items-center px-3 text-small text-muted">
          Endpoint
        </div>
      )}
      <svg width={axis.width} height="28" className="block overflow-visible">
        {axis.ticks.map((t) => (
          <text key={t.label + t.x} x={t.x} y="18" textAnchor={t.x < 12 ? "start" : "middle"} className="fill-muted text-axis">
            {axis.now !== undefined && Math.abs(t.x - axis.now) < 34 ? "" : t.label}
          </text>
        ))}
        {axis.now !== undefined && (
          <g>
            <rect x={axis.now - 18} y="5" width="36" height="18" rx="4" className="fill-accent" />
            <text x={axis.now} y="18" textAnchor="middle" className="fill-on-accent text-axis font-semibold">
              now
            </text>
          </g>
        )}
      </svg>
    </div>
  );
}

interface RowProps {
  lane: Lane;
  url: string | undefined;
  axis: Axis;
  nameWidth: number;
  narrow: boolean;
  now: number;
  hatch: string;
  chosen: boolean;
  onChoose: () => void;
  onEvent: (id: string) => void;
}

function LaneRow({ lane, url, axis, nameWidth, narrow, now, hatch, chosen, onChoose, onEvent }: RowProps) {
  const d = lane.delivery;
  const name = url ? hostAndPath(url) : d.endpoint_id ? "…" : "Nobody";
  const said = laneText(lane, now);
  const state: State = d.cause === "no_report" && d.status === "failed" ? "no_report" : d.status;
  return (
    <li className={cn("flex border-b border-border transition-colors duration-120", narrow && "flex-col pt-2", chosen ? "bg-selected" : "hover:bg-hover")}>
      <button type="button" aria-pressed={chosen} onClick={onChoose} style={narrow ? undefined : { width: nameWidth }} className={cn("flex min-w-0 shrink-0 items-start gap-2.5 text-left", narrow ? "items-center px-1" : "px-3 py-1.5", chosen && !narrow && "prongs")}>
        <Mark state={state} className="mt-0.5" />
        <span className="min-w-0 flex-1">
          <span className="block truncate font-[550]" title={url}>
            {name}
          </span>
          {!narrow && <span className="block truncate text-small text-muted">{said}</span>}
        </span>
        {narrow && <span className="shrink-0 text-small text-muted">{said}</span>}
      </button>
      <LaneBars lane={lane} axis={axis} height={narrow ? 34 : 46} hatch={hatch} labels={!narrow} onEvent={onEvent} />
    </li>
  );
}

/** What a lane says in a few words. */
export function laneText(lane: Lane, now: number): string {
  const d = lane.delivery;
  const tries = plural(d.attempts, "attempt");
  switch (d.status) {
    case "skipped":
      return `Skipped: ${skipText(d.reason)}`;
    case "retrying":
      return d.next_attempt_at ? `Retrying, next ${roughlyIn(new Date(d.next_attempt_at).getTime() - now)}` : "Retrying";
    case "pending":
      return d.attempts > 0 ? `Pending, ${tries} so far` : "Pending";
    default:
      return `${d.cause === "no_report" && d.status === "failed" ? wordOf("no_report") : wordOf(d.status)}, ${tries}`;
  }
}

function roughlyIn(ms: number): string {
  return ms <= 1000 ? "now" : `in ${roughly(ms)}`;
}

function Legend({ hatch }: { hatch: string }) {
  return (
    <div aria-hidden className="flex flex-wrap items-center gap-x-4 gap-y-1 text-small text-text-2">
      <svg width="0" height="0" className="absolute">
        <defs>
          <pattern id={hatch} width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="skewX(-35)">
            <rect width="2.4" height="6" className="fill-muted" opacity=".8" />
          </pattern>
        </defs>
      </svg>
      <span className="inline-flex items-center gap-1.5">
        <svg width="14" height="10">
          <rect width="14" height="10" rx="2" className="fill-muted" />
        </svg>
        attempt
      </span>
      <span className="inline-flex items-center gap-1.5">
        <svg width="18" height="10">
          <rect y="3" width="18" height="4" fill={`url(#${hatch})`} />
        </svg>
        back-off
      </span>
      <span className="inline-flex items-center gap-1.5">
        <svg width="12" height="12">
          <rect x="1" y="1" width="10" height="10" rx="2" fill="none" strokeDasharray="2.4 2" className="stroke-muted" />
        </svg>
        planned
      </span>
      <span className="inline-flex items-center gap-1.5">
        <svg width="18" height="10">
          <line x1="0" x2="18" y1="5" y2="5" strokeWidth="1.8" strokeDasharray="1.8 3" className="stroke-muted" />
        </svg>
        waits for a person
      </span>
      <span className="inline-flex items-center gap-1.5">
        <svg width="12" height="12">
          <circle cx="6" cy="6" r="4.6" fill="none" strokeWidth="1.3" className="stroke-text" />
        </svg>
        by hand
      </span>
    </div>
  );
}
