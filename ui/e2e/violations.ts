import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import type { Page } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What axe finds wrong with a page, one line each. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const results = await page.evaluate(async () => (await (globalThis as unknown as { axe: { run: (on: Document, o: object) => Promise<AxeResults> } }).axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] })));
  // A menu lies behind the page's landmarks so that nothing cuts it off, and is reached from its button: no rule of WCAG.
  const menu = (rule: string, target: string) => rule === "region" && target.includes("data-radix-popper-content-wrapper");
  return results.violations.flatMap((v) => v.nodes.filter((n) => !menu(v.id, n.target.join(" "))).map((n) => `${v.id}: ${n.target.join(" ")}: ${n.failureSummary?.split("\n")[1]?.trim() ?? ""}`));
}
