import { mkdirSync } from "node:fs";
import path from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { apiOf, must } from "./api";
import { chromiumPath, launch, type Look, open } from "./browser";
import { type Receiver, startReceiver } from "./receiver";
import { seed, type Seeded } from "./seed";
import { adminKey, type Server, startServer } from "./server";
import { violations } from "./violations";

const folder = path.resolve(import.meta.dirname, "shots");

// Pictures of every page, to be looked at; and no page may be hard to use for somebody, or complain of its policy.
describe.skipIf(!chromiumPath)("every page", () => {
  let server: Server;
  let receiver: Receiver;
  let browser: Browser;
  let seeded: Seeded;
  let empty: string;

  beforeAll(async () => {
    mkdirSync(folder, { recursive: true });
    [server, receiver, browser] = await Promise.all([startServer(), startReceiver(), launch()]);
    const api = apiOf(server.url);
    seeded = await seed(api, receiver);
    empty = (await must(api.POST("/v1/services", { body: { name: "Northgate" } }))).id;
  });
  afterAll(async () => {
    await browser?.close();
    await Promise.all([server?.stop(), receiver?.stop()]);
  });

  const filled = (): Record<string, string> => {
    const base = `/services/${seeded.svc}`;
    return {
      overview: base,
      messages: `${base}/messages`,
      "messages-peek": `${base}/messages?peek=${seeded.rich}`,
      webhook: `${base}/messages/${seeded.rich}?endpoint=${seeded.endpoints["risk"]}`,
      "dead-letters": `${base}/dead-letters`,
      users: `${base}/users`,
      user: `${base}/users/${seeded.users["Bluefin Payroll"]}`,
      endpoints: `${base}/endpoints`,
      endpoint: `${base}/endpoints/${seeded.endpoints["etl"]}`,
      "endpoint-sns": `${base}/endpoints/${seeded.endpoints["sns"]}`,
      "event-types": `${base}/event-types`,
      audit: `${base}/audit`,
      services: "/services",
      keys: "/keys",
      system: "/system",
    };
  };
  const bare = (): Record<string, string> => {
    const base = `/services/${empty}`;
    return { overview: base, messages: `${base}/messages`, "dead-letters": `${base}/dead-letters`, users: `${base}/users`, endpoints: `${base}/endpoints`, "event-types": `${base}/event-types`, audit: `${base}/audit` };
  };

  async function shoot(name: string, at: string, look: Look, key: string | null): Promise<string[]> {
    const page = await open(browser, process.env.WEBPLUG_UI ?? server.url, at, key, look);
    await page.locator("h1").first().waitFor({ state: "attached" });
    // The page's own questions are answered; the live feed stays open.
    await expect.poll(() => page.locator("[aria-busy=true], .skeleton").count()).toBe(0);
    await page.waitForTimeout(Number(process.env.SHOT_WAIT ?? 400));
    await page.screenshot({ path: path.join(folder, `${name}.png`) });
    const found = await violations(page);
    const { complaints } = page;
    await page.context().close();
    return [...found, ...complaints].map((flaw) => `${name}: ${flaw}`);
  }

  /** Takes a picture of each, and tells what is wrong with all of them together. */
  async function shootAll(pages: Record<string, string>, prefix: string, look: Look & { theme: "light" | "dark" }, key: string | null = adminKey) {
    const flaws: string[] = [];
    for (const [name, at] of Object.entries(pages)) flaws.push(...(await shoot(`${prefix}${name}-${look.theme}`, at, look, key)));
    expect(flaws).toEqual([]);
  }

  for (const theme of ["light", "dark"] as const) {
    it(`is fit to be used, filled, ${theme}`, { timeout: 300_000 }, async () => {
      await shootAll(filled(), "", { theme });
    });
    it(`is fit to be used, empty, ${theme}`, { timeout: 300_000 }, async () => {
      await shootAll(bare(), "empty-", { theme });
      await shootAll({ "sign-in": "/" }, "", { theme }, null);
    });
    it(`is fit to be used on a phone, ${theme}`, { timeout: 300_000 }, async () => {
      await shootAll(filled(), "phone-", { theme, width: 380, height: 820, touch: true });
    });
  }
});
