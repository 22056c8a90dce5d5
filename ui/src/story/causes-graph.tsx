import { useRef, useState } from "react";
import type { Event } from "@/api/types";
import { Segmented } from "@/components/ui/segmented";
import { cn } from "@/lib/classes";
import { milliseconds, plural } from "@/lib/format";
import { groupBy } from "@/lib/group";
import { useWidth } from "@/lib/use-width";
import { type Cause, causesOf, place } from "./causes";
import { endpointOf, number } from "./data";
import { EntryMark } from "./entry-mark";
import { type Names, sentenceOf } from "./sentence";

interface CausesProps {
  history: readonly Event[];
  endpoint: string | null;
  names: Names;
  chosen: string | null;
  onChoose: (event: string) => void;
}

const rowHeight = 68;
const nodeHeight = 44;

/** What caused what, from the publish to the outcome. Its twin is an indented list. */
export function CausesGraph({ history, endpoint, names, chosen, onChoose }: CausesProps) {
  const area = useRef<HTMLDivElement>(null);
  const width = useWidth(area);
  const [list, setList] = useState(false);
  const roots = causesOf(history, endpoint);
  const { nodes, height } = place(roots, Math.max(width, 240), rowHeight);
  const perRow = Math.max(1, ...[...groupBy(nodes, (n) => n.y).values()].map((row) => row.length));
  const nodeWidth = Math.max(88, Math.min(184, width / perRow - 10));
  return (
    <div>
      <div className="mb-3 flex justify-end">
        <Segmented
          label="Causes as"
          value={list ? "list" : "graph"}
          onChange={(v) => setList(v === "list")}
          choices={[
            { value: "graph", label: "Graph" },
            { value: "list", label: "List" },
          ]}
        />
      </div>
      <div ref={area} className="relative" style={list ? undefined : { height: height - rowHeight + nodeHeight + 8 }}>
        {list ? (
          <Tree causes={roots} names={names} onChoose={onChoose} />
        ) : (
          width > 0 && (
            <>
              <svg width={width} height={height} aria-hidden className="absolute inset-0">
                {nodes.map(
                  (n) =>
                    n.parent && (
                      <g key={n.cause.id} className="stroke-border-strong" fill="none" strokeWidth="1.3">
                        <path d={`M${n.parent.x} ${n.parent.y + nodeHeight}C${n.parent.x} ${n.y - 8} ${n.x} ${n.parent.y + nodeHeight + 8} ${n.x} ${n.y - 2}`} />
                        <path d={`M${n.x - 3.5} ${n.y - 6}l3.5 4 3.5-4`} />
                      </g>
                    ),
                )}
              </svg>
              {nodes.map((n) => {
                const { mark, title, note, id } = label(n.cause, names);
                const lit = n.cause.events.some((e) => e.id === chosen);
                const wide = n.parent === null ? Math.min(230, width) : nodeWidth;
                return (
                  <button
                    key={n.cause.id}
                    type="button"
                    aria-pressed={lit}
                    onClick={() => onChoose(id)}
                    style={{ left: n.x - wide / 2, top: n.y, width: wide, height: nodeHeight }}
                    className={cn("absolute flex items-center gap-2 rounded-field border px-2 text-left text-small leading-4", lit ? "border-accent-mark bg-selected" : "border-border-strong bg-surface hover:bg-hover")}
                  >
                    <EntryMark mark={mark} actor={n.cause.events[0]?.actor_name ?? ""} />
                    <span className="min-w-0">
                      <span className="block truncate font-semibold">{title}</span>
                      <span className="block truncate text-muted">{note}</span>
                    </span>
                  </button>
                );
              })}
            </>
          )
        )}
      </div>
    </div>
  );
}

/** Names that fit into a node; the entry beside it has the event's own. */
const short: Partial<Record<Event["type"], string>> = {
  MessageRouted: "Routed on",
  DeliverySucceeded: "Succeeded",
  DeliveryFailed: "Failed",
  DeliveryUnreported: "No report",
  DeliveryDiscarded: "Discarded",
  AttemptFailed: "Attempt",
  RetryRequested: "Retry",
};

function label(cause: Cause, names: Names) {
  const first = cause.events[0];
  const last = cause.events.at(-1);
  if (!first || !last) return { mark: "dot" as const, title: "", note: "", id: cause.id };
  if (cause.folded) {
    const lanes = new Set(cause.events.map((e) => endpointOf(e.stream)));
    const bad = cause.events.some((e) => e.type === "DeliveryFailed");
    return { mark: bad ? ("failed" as const) : ("delivered" as const), title: plural(lanes.size, "more lane"), note: plural(cause.events.length, "event"), id: last.id };
  }
  const told = sentenceOf(last, names);
  const where = first.stream.includes("/ep_") ? (names.endpoint(endpointOf(first.stream))?.split("/").at(-1) ?? "") : "";
  const code = number(last.data, "status_code");
  const took = number(last.data, "duration_ms");
  const note = [where, code, took === undefined ? "" : milliseconds(took)].filter(Boolean).join(" · ") || first.actor_name;
  return { mark: told.mark, title: cause.events.length > 1 ? plural(cause.events.length, "attempt") : (short[last.type] ?? last.type), note, id: last.id };
}

function Tree({ causes, names, onChoose, depth = 0 }: { causes: readonly Cause[]; names: Names; onChoose: (id: string) => void; depth?: number }) {
  return (
    <ul className={cn(depth > 0 && "ml-3 border-l border-border pl-3")}>
      {causes.map((c) => {
        const { mark, title, note, id } = label(c, names);
        return (
          <li key={c.id}>
            <button type="button" onClick={() => onChoose(id)} className="flex w-full items-center gap-2 rounded-chip px-1 py-1 text-left hover:bg-hover max-md:min-h-11">
              <EntryMark mark={mark} actor={c.events[0]?.actor_name ?? ""} />
              <span className="font-[550]">{title}</span>
              <span className="truncate text-small text-muted">{note}</span>
            </button>
            {c.children.length > 0 && <Tree causes={c.children} names={names} onChoose={onChoose} depth={depth + 1} />}
          </li>
        );
      })}
    </ul>
  );
}
