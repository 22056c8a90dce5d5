// A command answers where in the log it stands. A list asked with that position shows what was done, in both homes.

const keep = 10_000; // ms; older ones are in every list
let last: { position: string; at: number } | undefined;

export function notePosition(position: string | null): void {
  if (position) last = { position, at: Date.now() };
}

/** The position of the newest command, if it was made just now in this service. */
export function after(service: string): string | undefined {
  if (!last || Date.now() - last.at > keep || !last.position.startsWith(`${service}/`)) return undefined;
  return last.position;
}
