/** What the product is about, as it will be seen: attempts, waits, and a hand that came. */
export function SignInPicture() {
  return (
    <figure className="w-full max-w-2xl">
      <svg viewBox="0 0 660 250" role="img" aria-label="Four deliveries of one webhook on a time axis, with attempts, waits and a retry by hand" className="w-full overflow-visible">
        <defs>
          <pattern id="thread" width="6" height="4" patternUnits="userSpaceOnUse" patternTransform="skewX(-35)">
            <rect width="2.4" height="4" className="fill-muted" opacity=".75" />
          </pattern>
        </defs>
        {[60, 118, 176, 232].map((y) => (
          <line key={y} x1="0" x2="660" y1={y} y2={y} className="stroke-border-strong" />
        ))}
        <Lane y={26} bars={[[44, 50, "503"], [188, 22, "timeout"], [364, 24, "200"]]} ok />
        <Lane y={84} bars={[[44, 30, "200"]]} ok />
        <Lane y={142} bars={[[44, 88, "503"], [232, 20, "503"], [330, 20, "503"], [490, 20, "200"]]} ok dead={2} />
        <circle cx="476" cy="150" r="9.5" className="fill-surface stroke-text" strokeWidth="1.4" />
        <text x="476" y="153" textAnchor="middle" className="fill-text text-[8px] font-bold">
          AO
        </text>
        <Lane y={198} bars={[[44, 22, "429"], [286, 20, "429"]]} to={556} />
        {[574, 618].map((x) => (
          <rect key={x} x={x} y="199" width="15" height="15" rx="3" fill="none" className="stroke-warning-mark" strokeWidth="1.4" strokeDasharray="3 2.5" />
        ))}
        <line x1="562" x2="562" y1="0" y2="246" className="stroke-accent-mark" strokeWidth="2" />
      </svg>
      <figcaption className="mt-9">
        <p className="text-[14px] leading-6 font-semibold">One webhook, from accepted to delivered.</p>
        <p className="text-[14px] leading-6 text-text-2">Each attempt, each wait, each hand that touched it.</p>
      </figcaption>
    </figure>
  );
}

function Lane({ y, bars, ok, dead, to }: { y: number; bars: [x: number, width: number, code: string][]; ok?: boolean; dead?: number; to?: number }) {
  return (
    <g>
      {bars.map(([x, width, code], i) => {
        const last = i === bars.length - 1;
        const good = ok && last;
        const from = x + width + 3;
        const until = bars[i + 1]?.[0] ?? to;
        const cx = x + width / 2;
        return (
          <g key={x}>
            {until !== undefined &&
              (dead === i ? (
                <line x1={from + 6} x2={until - 30} y1={y + 8.5} y2={y + 8.5} className="stroke-muted" strokeWidth="1.6" strokeDasharray="1.6 3" />
              ) : (
                <rect x={from} y={y + 6.5} width={until - from - 3} height="4" fill="url(#thread)" />
              ))}
            <rect x={x} y={y} width={width} height="17" rx="3" className={good ? "fill-success-mark" : dead === i ? "fill-danger-mark" : "fill-warning-mark"} />
            <path d={good ? `M${cx - 4} ${y + 9}l2.8 2.8 5-5.6` : `M${cx - 3.2} ${y + 5.3}l6.4 6.4m0-6.4l-6.4 6.4`} className="stroke-surface" strokeWidth="1.8" fill="none" strokeLinecap="round" strokeLinejoin="round" />
            <text x={x} y={y - 6} className="fill-text-2 text-[11px] font-semibold">
              {code}
            </text>
          </g>
        );
      })}
    </g>
  );
}
