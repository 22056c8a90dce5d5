import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";

const dist = path.resolve(import.meta.dirname, "../dist");
const built = existsSync(path.join(dist, "index.html"));

// What the first page loads, of what was built: scripts compressed, and the fonts of latin letters.
describe.skipIf(!built)("the first load", () => {
  it("is under 200 KB of compressed script", () => {
    const first = new Set<string>();
    const follow = (name: string) => {
      if (first.has(name)) return;
      first.add(name);
      const text = readFileSync(path.join(dist, "assets", name), "utf8");
      for (const [, imported = ""] of text.matchAll(/(?:from|import)\s*["']\.\/([\w.-]+\.js)["']/g)) follow(imported);
    };
    const page = readFileSync(path.join(dist, "index.html"), "utf8");
    for (const [, entry = ""] of page.matchAll(/(?:src|href)="\/assets\/([\w.-]+\.js)"/g)) follow(entry);
    // The page itself: the largest of those that may be opened first.
    const entry = [...first];
    let most = 0;
    for (const name of readdirSync(path.join(dist, "assets")).filter((n) => /^(overview|messages|webhook|endpoint)-/.test(n) && n.endsWith(".js"))) {
      first.clear();
      for (const e of entry) first.add(e);
      follow(name);
      const size = [...first].reduce((sum, n) => sum + gzipSync(readFileSync(path.join(dist, "assets", n)), { level: 9 }).length, 0);
      most = Math.max(most, size);
    }
    expect(most).toBeGreaterThan(20_000);
    expect(most).toBeLessThan(200_000);
  });
  it("is under 60 KB of fonts", () => {
    const fonts = readdirSync(path.join(dist, "assets")).filter((n) => n.endsWith(".woff2") && !n.includes("latin-ext"));
    expect(fonts).toHaveLength(2);
    expect(fonts.reduce((sum, n) => sum + statSync(path.join(dist, "assets", n)).size, 0)).toBeLessThan(60_000);
  });
  it("has no script and no style in the page itself", () => {
    const page = readFileSync(path.join(dist, "index.html"), "utf8");
    expect(page).not.toMatch(/<script(?![^>]*src=)[^>]*>|<style|\son\w+=|style=|https?:\/\//);
  });
});
