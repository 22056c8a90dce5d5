import type { Stats } from "@/api/types";
import { useZone } from "@/app/preferences";
import { plural } from "@/lib/format";
import { dayAndClock } from "@/lib/time";

export type StripCell = Stats["endpoints"][number]["strip"][number];

const bars = 48;
const most = 192; // px
const height = 16;

/** Joins neighbours until there are at most 48 bars. */
export function fold(strip: readonly StripCell[]): StripCell[] {
  const per = Math.max(1, Math.ceil(strip.length / bars));
  const out: StripCell[] = [];
  for (let end = strip.length; end > 0; end -= per) {
    const cells = strip.slice(Math.max(0, end - per), end);
    const sum = (of: "delivered" | "failed" | "attempts_failed" | "skipped") => cells.reduce((n, c) => n + c[of], 0);
    out.unshift({ start: cells[0]?.start ?? "", delivered: sum("delivered"), failed: sum("failed"), attempts_failed: sum("attempts_failed"), skipped: sum("skipped") });
  }
  return out;
}

type Health = "none" | "ok" | "some" | "bad";

/** How a bar looks: its height and its colour say the same. */
export function healthOf(c: StripCell): Health {
  const ended = c.delivered + c.failed;
  if (ended === 0 && c.attempts_failed === 0) return "none";
  if (c.failed > c.delivered || (ended === 0 && c.attempts_failed > 0)) return "bad";
  return c.failed > 0 || c.attempts_failed > c.delivered * 0.1 ? "some" : "ok";
}

const looks: Record<Health, { height: number; fill: string }> = {
  none: { height: 2, fill: "fill-skip-mark" },
  ok: { height: 7, fill: "fill-success-mark" },
  some: { height: 11, fill: "fill-warning-mark" },
  bad: { height: 16, fill: "fill-danger-mark" },
};

/** 48 bars of an endpoint's time: the taller, the worse. */
export function HealthStrip({ strip, className }: { strip: readonly StripCell[]; className?: string }) {
  const [zone] = useZone();
  const cells = fold(strip);
  const delivered = cells.reduce((n, c) => n + c.delivered, 0);
  const failed = cells.reduce((n, c) => n + c.failed, 0);
  const step = Math.min(8, Math.max(4, Math.floor(most / Math.max(1, cells.length))));
  const width = Math.max(1, cells.length) * step;
  return (
    <svg viewBox={`0 0 ${width} ${height}`} width={width} height={height} role="img" aria-label={`${plural(delivered, "delivery", "deliveries")} arrived, ${failed} failed`} className={className}>
      {cells.map((c, i) => {
        const look = looks[healthOf(c)];
        return (
          <rect key={c.start} x={i * step} y={height - look.height} width={step - 1} height={look.height} rx=".8" className={look.fill}>
            <title>{`${dayAndClock(new Date(c.start), zone)}: ${c.delivered} delivered, ${c.failed} failed, ${c.attempts_failed} failed attempts`}</title>
          </rect>
        );
      })}
    </svg>
  );
}
