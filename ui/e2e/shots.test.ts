import { mkdirSync } from "node:fs";
import path from "node:path";
import type { Browser, Page } from "playwright-core";
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

  async function shoot(name: string, at: string, look: Look, key: string | null, act?: (page: Page) => Promise<void>): Promise<string[]> {
    const page = await open(browser, process.env.WEBPLUG_UI ?? server.url, at, key, look);
    await page.locator("h1").first().waitFor({ state: "attached" });
    // The page's own questions are answered; the live feed stays open.
    await expect.poll(() => page.locator("[aria-busy=true], .skeleton").count()).toBe(0);
    await act?.(page);
    await page.waitForTimeout(Number(process.env.SHOT_WAIT ?? 150));
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

  /** What floats, opens or turns over, each as a person gets there. */
  const opened = (): Record<string, [at: string, open: (page: Page) => Promise<void>]> => {
    const base = `/services/${seeded.svc}`;
    const click = (name: string | RegExp, n = 0) => async (page: Page) => {
      await page.getByRole("button", { name }).nth(n).click();
    };
    const then = (...steps: ((page: Page) => Promise<void>)[]) => async (page: Page) => {
      for (const step of steps) await step(page);
    };
    const see = (text: string | RegExp) => (page: Page) => page.getByText(text).first().waitFor();
    const ep = `${base}/endpoints/${seeded.endpoints["ledger"]}`;
    return {
      palette: [base, async (page) => {
        await page.keyboard.press("ControlOrMeta+k");
        await page.getByRole("combobox", { name: /Jump/ }).fill("blue");
        await page.getByRole("option", { name: /user/ }).first().waitFor();
      }],
      filters: [`${base}/messages`, async (page) => {
        await page.getByRole("combobox", { name: "Filter" }).fill("b");
        await page.getByRole("option", { name: /Bluefin/ }).first().waitFor();
      }],
      "time-dialog": [`${base}/messages`, async (page) => page.getByRole("radio", { name: "Custom" }).click({ force: true })],
      publish: [`${base}/messages?event_type=card_debited&user_id=${seeded.users["Bluefin Payroll"]}`, then(click("Publish"), see("of this user get it, now"))],
      picker: [`${base}/messages`, then(click("Publish"), async (page) => {
        await page.getByRole("combobox", { name: "User" }).fill("ku");
        await page.getByRole("option", { name: /Kudi/ }).waitFor();
      })],
      "endpoint-form": [`${base}/endpoints`, then(click("Add an endpoint"), async (page) => page.getByRole("checkbox", { name: "card_issued" }).waitFor())],
      "user-form": [`${base}/users`, then(click("New user"), async (page) => page.getByLabel("External id").waitFor())],
      "type-form": [`${base}/event-types`, then(click("New event type"), async (page) => page.getByLabel(/^Schema/).waitFor())],
      "type-page": [`${base}/event-types`, async (page) => {
        await page.getByRole("link", { name: "card_debited" }).click();
        await page.getByRole("region", { name: "schema" }).waitFor();
      }],
      "type-test": [`${base}/event-types`, async (page) => {
        await page.getByRole("link", { name: "card_debited" }).click();
        await page.getByRole("button", { name: "Send a test message" }).click();
        await page.getByText("This endpoint alone gets it").waitFor();
      }],
      "key-form": ["/keys", then(click("New key"), async (page) => page.getByLabel("Sees").waitFor())],
      "service-form": ["/services?new=1", async (page) => page.getByLabel("Format of new endpoints").waitFor()],
      "discard-typed": [`${base}/users`, then(click("New user"), async (page) => page.getByLabel("Name", { exact: true }).fill("x"), click("Cancel"), see("Discard what you typed?"))],
      pause: [ep, click("Pause")],
      recover: [ep, then(click("More actions"), async (page) => page.getByRole("menuitem", { name: /Recover/ }).click(), see(/Failed since/))],
      rotate: [`${ep}?tab=secret`, then(click(/Rotate/), see("Make a new secret?"))],
      deliveries: [`${base}/endpoints/${seeded.endpoints["mercato"]}?tab=messages`, async (page) => page.getByRole("table", { name: "Deliveries to this endpoint" }).waitFor()],
      history: [`${ep}?tab=history`, see("EndpointAdded")],
      "dead-letters-open": [`${base}/dead-letters`, then(click(/show the newest/), see("If you retry"), async (page) => page.getByRole("table", { name: "Dead letters" }).waitFor())],
      "dead-letters-one": [`${base}/dead-letters?by=one`, then(click("Discard…"), see("Discard this dead letter?"))],
      "dead-letters-retry": [`${base}/dead-letters`, then(click(/^Retry \d/), see(/dead letters?\?/))],
      "webhook-attempt": [`${base}/messages/${seeded.rich}?endpoint=${seeded.endpoints["etl"]}`, then(click(/AttemptFailed/), see("Endpoint’s answer"))],
      "webhook-causes": [`${base}/messages/${seeded.rich}`, async (page) => {
        await page.getByRole("tab", { name: "Causes" }).click();
        await page.getByRole("radio", { name: "Table" }).first().click({ force: true });
      }],
      "webhook-retry": [`${base}/messages/${seeded.rich}`, click("Retry endpoints")],
      "overview-tables": [base, then(click("Table"), click("Table"))],
      "audit-event": [`${base}/audit`, async (page) => {
        await page.getByRole("link", { name: /show the event/ }).first().click();
        await page.getByRole("region", { name: "raw event" }).waitFor();
      }],
      services: [base, then(click(/switch the service/), see("All services"))],
    };
  };

  for (const theme of ["light", "dark"] as const) {
    it(`is fit to be used where something is opened, ${theme}`, { timeout: 300_000 }, async () => {
      const flaws: string[] = [];
      for (const [name, [at, act]] of Object.entries(opened())) flaws.push(...(await shoot(`open-${name}-${theme}`, at, { theme }, adminKey, act)));
      for (const [name, [at, act]] of theme === "light" ? Object.entries(opened()) : []) {
        if (["dead-letters-open", "audit-event", "filters", "type-page"].includes(name)) flaws.push(...(await shoot(`phone-open-${name}-${theme}`, at, { theme, width: 380, height: 820, touch: true }, adminKey, act)));
      }
      expect(flaws).toEqual([]);
    });
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
