import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";

// What the colours promise, recomputed from the CSS: WCAG 2 contrast of each text and mark on every ground it may stand on.

type RGB = [number, number, number];
const css = readFileSync(path.resolve(import.meta.dirname, "tokens.css"), "utf8");
const pair = /--wp-([a-z0-9-]+):\s*light-dark\(oklch\(([^)]+)\),\s*oklch\(([^)]+)\)\)/g;

/** OKLCH to linear sRGB, by Björn Ottosson's matrices. */
function linear([l, c, h]: number[]): RGB {
  const [L = 0, C = 0, H = 0] = [l, c, h];
  const a = C * Math.cos((H * Math.PI) / 180);
  const b = C * Math.sin((H * Math.PI) / 180);
  const [x, y, z] = [L + 0.3963377774 * a + 0.2158037573 * b, L - 0.1055613458 * a - 0.0638541728 * b, L - 0.0894841775 * a - 1.291485548 * b].map((v) => v ** 3) as RGB;
  return [4.0767416621 * x - 3.3077115913 * y + 0.2309699292 * z, -1.2684380046 * x + 2.6097574011 * y - 0.3413193965 * z, -0.0041960863 * x - 0.7034186147 * y + 1.707614701 * z];
}

const luminance = ([r, g, b]: RGB): number => 0.2126 * Math.min(1, Math.max(0, r)) + 0.7152 * Math.min(1, Math.max(0, g)) + 0.0722 * Math.min(1, Math.max(0, b));

function contrast(a: RGB, b: RGB): number {
  const [x, y] = [luminance(a), luminance(b)];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}

const colours: Record<"light" | "dark", Map<string, RGB>> = { light: new Map(), dark: new Map() };
for (const [, name = "", light = "", dark = ""] of css.matchAll(pair)) {
  colours.light.set(name, linear(light.split(/[\s/]+/).map(Number)));
  colours.dark.set(name, linear(dark.split(/[\s/]+/).map(Number)));
}

const grounds = ["bg", "surface", "raised", "sunken", "hover", "selected"];
const tones = ["info", "warning", "success", "danger", "skip"];

describe.each(["light", "dark"] as const)("in %s", (theme) => {
  const of = (name: string): RGB => {
    const found = colours[theme].get(name);
    if (!found) throw new Error(`tokens.css has no --wp-${name}`);
    return found;
  };
  const lowest = (name: string, on: string[]) => Math.min(...on.map((ground) => contrast(of(name), of(ground))));

  it.each(["text", "text-2", "muted", "accent"])("%s can be read on every ground", (name) => expect(lowest(name, grounds)).toBeGreaterThanOrEqual(4.5));
  it.each(tones)("%s can be read on every ground and on its own soft fill", (tone) => expect(lowest(tone, [...grounds, `${tone}-soft`])).toBeGreaterThanOrEqual(4.5));
  it.each([...tones.map((t) => `${t}-mark`), "accent-mark"])("%s can be seen in pictures", (mark) => expect(lowest(mark, ["bg", "surface", "hover", "selected"])).toBeGreaterThanOrEqual(3));
  it("the edge of a field can be seen", () => expect(lowest("control", ["surface"])).toBeGreaterThanOrEqual(3));
  it.each([
    ["on-ink", "ink"],
    ["on-accent", "accent"],
  ])("%s can be read on %s", (text, ground) => expect(contrast(of(text), of(ground))).toBeGreaterThanOrEqual(4.5));
  it("every colour can be shown by sRGB", () => {
    for (const [name, rgb] of colours[theme]) for (const part of rgb) expect({ name, in: part > -0.002 && part < 1.002 }).toEqual({ name, in: true });
  });
});
