import type { Event } from "@/api/types";
import { endpointOf } from "./data";

/** A node of the causation graph: one event, or several that are folded. */
export interface Cause {
  id: string;
  events: Event[];
  /** Several lanes that went well, as one. */
  folded: boolean;
  children: Cause[];
}

const most = 9;
const abreast = 3; // lanes side by side that can still be read

/**
 * What led to what. Each event names its cause; where the cause is a request, an event stands at the top. Attempts of one lane
 * are folded; lanes but the chosen one are folded too when there would be more than nine nodes.
 */
export function causesOf(history: readonly Event[], chosenEndpoint: string | null): Cause[] {
  const known = new Map(history.map((e) => [e.id, e]));
  const nodes = new Map<string, Cause>();
  const roots: Cause[] = [];
  const lastOf = new Map<string, Cause>(); // by stream: what a leaf's event follows
  for (const e of history) {
    const before = lastOf.get(e.stream);
    if (before && e.type === "AttemptFailed" && before.events.at(-1)?.type === "AttemptFailed") {
      before.events.push(e);
      nodes.set(e.id, before);
      continue;
    }
    const node: Cause = { id: e.id, events: [e], folded: false, children: [] };
    nodes.set(e.id, node);
    const parent = (known.has(e.causation_id) && nodes.get(e.causation_id)) || before || rootOf(e, nodes, history);
    if (parent && parent !== node) parent.children.push(node);
    else roots.push(node);
    lastOf.set(e.stream, node);
  }
  if (nodes.size > most || roots.some((r) => r.children.length > abreast)) for (const root of roots) foldLanes(root, chosenEndpoint ?? worst(history));
  return roots;
}

/** A delivery's first event follows the message's. */
function rootOf(e: Event, nodes: Map<string, Cause>, history: readonly Event[]): Cause | undefined {
  const accepted = history.find((other) => other.type === "MessageAccepted");
  return accepted && accepted.id !== e.id ? nodes.get(accepted.id) : undefined;
}

/** The lane that needs somebody, else that with most to tell. */
function worst(history: readonly Event[]): string | undefined {
  const failed = history.findLast((e) => e.type === "DeliveryFailed") ?? history.findLast((e) => e.type === "AttemptFailed");
  return failed && endpointOf(failed.stream);
}

function foldLanes(node: Cause, keep: string | undefined): void {
  const lanes = node.children.filter((c) => laneOf(c) !== undefined && laneOf(c) !== keep);
  if (lanes.length > 1) {
    const first = lanes[0];
    if (first) {
      node.children = node.children.filter((c) => !lanes.includes(c));
      node.children.push({ id: `fold-${first.id}`, events: lanes.flatMap(everything), folded: true, children: [] });
    }
  }
  for (const child of node.children) if (!child.folded) foldLanes(child, keep);
}

const laneOf = (c: Cause): string | undefined => {
  const stream = c.events[0]?.stream ?? "";
  return stream.includes("/ep_") ? endpointOf(stream) : undefined;
};

function everything(c: Cause): Event[] {
  return [...c.events, ...c.children.flatMap(everything)];
}

/** Places of the nodes, top to bottom. */
export interface Placed {
  cause: Cause;
  x: number;
  y: number;
  parent: Placed | null;
}

/** Lays the graph out: each row a generation, children beneath the middle of their parent where there is room. */
export function place(roots: readonly Cause[], width: number, rowHeight: number): { nodes: Placed[]; height: number } {
  const rows: Placed[][] = [];
  const visit = (causes: readonly Cause[], parent: Placed | null, depth: number) => {
    for (const cause of causes) {
      const placed: Placed = { cause, x: 0, y: depth * rowHeight, parent };
      (rows[depth] ??= []).push(placed);
      visit(cause.children, placed, depth + 1);
    }
  };
  visit(roots, null, 0);
  for (const row of rows) {
    const gap = width / row.length;
    for (const [i, p] of row.entries()) p.x = row.length === 1 && p.parent ? p.parent.x : gap * (i + 0.5);
  }
  return { nodes: rows.flat(), height: rows.length * rowHeight };
}
