import { milliseconds } from "@/lib/format";

const width = 240;
const height = 26;

/** How far behind a consumer was, as a line, with its worst. */
export function LagLine({ name, values }: { name: string; values: readonly number[] }) {
  const worst = Math.max(0, ...values);
  const top = Math.max(100, worst);
  const step = width / 59;
  const points = values.map((v, i) => `${(width - (values.length - 1 - i) * step).toFixed(1)},${(height - 2 - (v / top) * (height - 6)).toFixed(1)}`);
  return (
    <div className="flex items-center gap-3">
      <svg viewBox={`0 0 ${width} ${height}`} width={width} height={height} role="img" aria-label={`${name}: at worst ${milliseconds(worst)} behind`} className="max-w-full">
        <line x1="0" x2={width} y1={height - 1.5} y2={height - 1.5} className="stroke-border-strong" />
        {points.length > 1 && <polyline points={points.join(" ")} fill="none" strokeWidth="1.5" className="stroke-accent-mark" />}
      </svg>
      <span className="text-small whitespace-nowrap text-muted max-md:hidden">worst {milliseconds(worst)}</span>
    </div>
  );
}
