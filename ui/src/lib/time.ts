/** Which clock the page shows. */
export type Zone = "UTC" | "local";

function parts(at: Date, zone: Zone): { y: number; mo: number; d: number; h: number; mi: number; s: number; ms: number } {
  return zone === "UTC"
    ? { y: at.getUTCFullYear(), mo: at.getUTCMonth(), d: at.getUTCDate(), h: at.getUTCHours(), mi: at.getUTCMinutes(), s: at.getUTCSeconds(), ms: at.getUTCMilliseconds() }
    : { y: at.getFullYear(), mo: at.getMonth(), d: at.getDate(), h: at.getHours(), mi: at.getMinutes(), s: at.getSeconds(), ms: at.getMilliseconds() };
}

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const two = (n: number): string => String(n).padStart(2, "0");

/** "09:41" */
export function clock(at: Date, zone: Zone): string {
  const p = parts(at, zone);
  return `${two(p.h)}:${two(p.mi)}`;
}

/** "09:41:07" */
export function clockSeconds(at: Date, zone: Zone): string {
  return `${clock(at, zone)}:${two(parts(at, zone).s)}`;
}

/** "09:41:07.214" */
export function clockMillis(at: Date, zone: Zone): string {
  return `${clockSeconds(at, zone)}.${String(parts(at, zone).ms).padStart(3, "0")}`;
}

/** "24 Nov" */
export function day(at: Date, zone: Zone): string {
  const p = parts(at, zone);
  return `${p.d} ${months[p.mo]}`;
}

/** "24 Nov, 09:41", with the year if it is not this one. */
export function dayAndClock(at: Date, zone: Zone, now = new Date()): string {
  const year = parts(at, zone).y === parts(now, zone).y ? "" : ` ${parts(at, zone).y}`;
  return `${day(at, zone)}${year}, ${clock(at, zone)}`;
}

/** "24 Nov 2026, 09:41:07.214 UTC": what stands behind a relative time. */
export function exact(at: Date, zone: Zone): string {
  const p = parts(at, zone);
  const suffix = zone === "UTC" ? "UTC" : (/\(([^)]+)\)/.exec(at.toString())?.[1] ?? "local time");
  return `${p.d} ${months[p.mo]} ${p.y}, ${clockMillis(at, zone)} ${suffix}`;
}

/** What an <input type="datetime-local"> takes. */
export function inputValue(at: Date, zone: Zone): string {
  const p = parts(at, zone);
  return `${p.y}-${two(p.mo + 1)}-${two(p.d)}T${two(p.h)}:${two(p.mi)}:${two(p.s)}`;
}

/** What an <input type="datetime-local"> gives, as RFC 3339; undefined where it is empty. */
export function fromInput(value: string, zone: Zone): string | undefined {
  if (!value) return undefined;
  const at = new Date(zone === "UTC" ? `${value}Z` : value);
  return Number.isNaN(at.getTime()) ? undefined : at.toISOString();
}
