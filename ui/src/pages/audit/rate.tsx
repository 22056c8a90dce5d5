/** Events in each of the last sixty seconds. */
export function Rate({ rate }: { rate: readonly number[] }) {
  const most = Math.max(4, ...rate);
  return (
    <svg width={rate.length * 4} height="18" role="img" aria-label={`Events a second over the last minute, at most ${Math.max(...rate)}`} className="max-md:hidden">
      {rate.map((n, i) => {
        const tall = n === 0 ? 1.5 : Math.max(2.5, (n / most) * 18);
        return <rect key={i} x={i * 4} y={18 - tall} width="3" height={tall} rx=".6" className="fill-accent-mark" opacity={0.35 + (i / rate.length) * 0.65} />;
      })}
    </svg>
  );
}
