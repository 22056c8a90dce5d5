const numbers = new Intl.NumberFormat("en-US");

/** 12940 is "12,940". */
export function count(n: number): string {
  return numbers.format(n);
}

/** A share of 0 to 1 in per cent with a space before the sign: 0.9907 is "99.07 %". It never rounds up to 100. */
export function percent(share: number, digits = 1): string {
  const factor = 10 ** digits;
  const down = Math.floor(share * 100 * factor + 1e-9) / factor;
  return `${down === 100 || down === 0 ? down : down.toFixed(digits)} %`;
}

/** Says a number with its noun: plural(1, "endpoint") is "1 endpoint", plural(4, "endpoint") "4 endpoints". */
export function plural(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}

/** Milliseconds as a person says them: 84 is "84 ms", 5100 "5.1 s". */
export function milliseconds(ms: number): string {
  if (ms < 1) return "< 1 ms";
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${trim(ms / 1000)} s`;
  return duration(ms);
}

function trim(n: number): string {
  return n >= 10 ? String(Math.round(n)) : String(Math.round(n * 10) / 10);
}

const units: [name: string, ms: number][] = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["min", 60_000],
  ["s", 1000],
];

/** A time span with its two or three largest units: "1 h 15 min 47 s". */
export function duration(ms: number, parts = 3): string {
  let left = Math.max(0, Math.round(ms / 1000) * 1000);
  if (left < 1000) return milliseconds(Math.max(0, ms));
  const said: string[] = [];
  for (const [name, size] of units) {
    const n = Math.floor(left / size);
    left -= n * size;
    if (n > 0 && said.length < parts) said.push(`${n} ${name}`);
    else if (said.length > 0 && n > 0) break;
  }
  return said.join(" ");
}

/** A time span with one unit: "12 s", "5 min", "2 h", "3 d". */
export function roughly(ms: number): string {
  const span = Math.abs(ms);
  if (span < 1000) return "now";
  for (const [name, size] of units) if (span >= size) return `${Math.floor(span / size)} ${name}`;
  return "now";
}

/** Bytes: 1100 is "1.1 KB". */
export function bytes(n: number): string {
  if (n < 1000) return `${n} bytes`;
  if (n < 1_000_000) return `${trim(n / 1000)} KB`;
  return `${trim(n / 1_000_000)} MB`;
}

/** An id by its prefix and its last six characters: ULIDs of one day share their head. */
export function shortId(id: string): { prefix: string; tail: string } {
  const at = id.indexOf("_");
  if (at < 0 || id.length - at <= 10) return { prefix: "", tail: id };
  return { prefix: `${id.slice(0, at + 1)}…`, tail: id.slice(-6) };
}

/** Host and path of a URL, without https:// and without a bare slash at the end. */
export function hostAndPath(url: string): string {
  return url.replace(/^https?:\/\//i, "").replace(/\/$/, "");
}

/** The first letters of the first two words: "Ada Obi" is "AO". */
export function initials(name: string): string {
  const words = name.split(/[\s_.-]+/).filter(Boolean);
  const first = words[0]?.[0] ?? "?";
  return (words.length > 1 ? first + (words[1]?.[0] ?? "") : first).toUpperCase();
}
