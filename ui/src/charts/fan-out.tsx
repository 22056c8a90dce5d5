import type { Message } from "@/api/types";
import { count } from "@/lib/format";

type Counts = Message["deliveries"];
const order = ["delivered", "retrying", "pending", "failed", "discarded", "skipped"] as const;
type Kind = (typeof order)[number];

const most = 12; // marks; above it a bar
const step = 11;
const height = 14;

/** How a message went, as one mark a delivery; above twelve as a bar and "81 of 86", "81 of 500+" while more are decided on. */
export function FanOut({ counts, more = false }: { counts: Counts; more?: boolean | undefined }) {
  const known = order.map((kind) => [kind, counts[kind] ?? 0] as const).filter(([, n]) => n > 0);
  const total = known.reduce((sum, [, n]) => sum + n, 0);
  const said = known.map(([kind, n]) => `${count(n)} ${kind}`).join(", ").concat(more ? ", and more that are decided on now" : "") || "no delivery";
  if (total > most) {
    const sent = total - (counts["skipped"] ?? 0);
    return (
      <span className="inline-flex items-center gap-2" title={said}>
        <Bar known={known} total={total} said={said} />
        <span className="text-small text-text-2">
          {count(counts["delivered"] ?? 0)} of {count(sent)}
          {more && "+"}
        </span>
      </span>
    );
  }
  const marks = known.flatMap(([kind, n]) => Array.from({ length: n }, () => kind));
  return (
    <svg viewBox={`0 0 ${Math.max(1, marks.length) * step} ${height}`} width={Math.max(1, marks.length) * step} height={height} role="img" aria-label={said} className="block">
      <title>{said}</title>
      {marks.map((kind, i) => (
        <One key={i} kind={kind} x={i * step} />
      ))}
    </svg>
  );
}

function One({ kind, x }: { kind: Kind; x: number }) {
  switch (kind) {
    case "delivered":
      return <rect x={x} y="5" width="9" height="4.5" rx="1" className="fill-success-mark" />;
    case "retrying":
      return (
        <g>
          <rect x={x + 0.6} y="1.6" width="7.8" height="10.8" rx="1" fill="none" strokeWidth="1.2" className="stroke-warning-mark" />
          <rect x={x + 0.6} y="7" width="7.8" height="5.4" className="fill-warning-mark" />
        </g>
      );
    case "failed":
      return <rect x={x} y="1" width="9" height="12" rx="1" className="fill-danger-mark" />;
    case "discarded":
      return <rect x={x + 0.6} y="1.6" width="7.8" height="10.8" rx="1" fill="none" strokeWidth="1.2" className="stroke-skip-mark" />;
    case "pending":
      return <rect x={x + 0.6} y="1.6" width="7.8" height="10.8" rx="1" fill="none" strokeWidth="1.2" strokeDasharray="2 1.6" className="stroke-info-mark" />;
    case "skipped":
      return <rect x={x} y="6.4" width="9" height="1.4" className="fill-skip-mark" />;
  }
}

const fills: Record<Kind, string> = {
  delivered: "fill-success-mark",
  retrying: "fill-warning-mark",
  pending: "fill-info-mark",
  failed: "fill-danger-mark",
  discarded: "fill-skip-mark",
  skipped: "fill-skip-mark",
};
const tall = new Set<Kind>(["failed", "retrying", "pending", "discarded"]);

function Bar({ known, total, said }: { known: (readonly [Kind, number])[]; total: number; said: string }) {
  const width = 92;
  const least = 8; // so that one of many can be seen
  const extra = known.map(([kind, n]) => [kind, Math.max(least, (n / total) * width)] as const);
  const sum = extra.reduce((s, [, w]) => s + w, 0);
  const starts = extra.map((_, i) => extra.slice(0, i).reduce((s, [, w]) => s + (w / sum) * width, 0));
  return (
    <svg viewBox={`0 0 ${width} ${height}`} width={width} height={height} role="img" aria-label={said}>
      {extra.map(([kind, w], i) => {
        const wide = (w / sum) * width;
        return <rect key={kind} x={starts[i]} y={tall.has(kind) ? 1 : kind === "skipped" ? 6.4 : 5} width={Math.max(2, wide - 1.5)} height={tall.has(kind) ? 12 : kind === "skipped" ? 1.4 : 4.5} rx="1" className={fills[kind]} />;
      })}
    </svg>
  );
}
