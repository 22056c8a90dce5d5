import { cn } from "@/lib/classes";

/** The mark: a w that is a socket, with two prongs standing in its slots. */
export function Logo({ size = 20, className }: { size?: number; className?: string }) {
  return (
    <svg viewBox="0 0 24 24" width={size} height={size} aria-hidden className={cn("shrink-0", className)}>
      <path className="fill-ink" d="M2 8h4.5v7h3V8h5v7h3V8H22v7.5a6.5 6.5 0 0 1-6.5 6.5h-7A6.5 6.5 0 0 1 2 15.5z" />
      <path className="fill-accent-mark" d="M7.5 1.5h1a1 1 0 0 1 1 1V10h-3V2.5a1 1 0 0 1 1-1zM15.5 1.5h1a1 1 0 0 1 1 1V10h-3V2.5a1 1 0 0 1 1-1z" />
    </svg>
  );
}

/** The mark and the name. */
export function WordMark({ size = 20 }: { size?: number }) {
  return (
    <span className="inline-flex items-center font-[650] tracking-[-0.02em]" style={{ gap: size / 2, fontSize: size * 0.78 }}>
      <Logo size={size} />
      WebPlug
    </span>
  );
}

/** Two standing prongs: live. Still when paused, hollow when reconnecting. */
export function LiveProngs({ state }: { state: "live" | "paused" | "reconnecting" }) {
  const bar = cn("h-2.5 w-[3px] rounded-[1.5px]", state === "reconnecting" ? "border border-accent-mark" : state === "live" ? "bg-accent-mark" : "bg-muted");
  return (
    <span aria-hidden className="inline-flex gap-[3px]">
      <span className={bar} />
      <span className={bar} />
    </span>
  );
}
