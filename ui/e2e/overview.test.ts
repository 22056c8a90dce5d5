import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { apiOf, must, until } from "./api";
import { chromiumPath, launch, open } from "./browser";
import { type Receiver, startReceiver } from "./receiver";
import { adminKey, type Server, startServer } from "./server";

// A thousand mixed outcomes: every number on the overview is the receiver's own.
describe.skipIf(!chromiumPath)("the overview", () => {
  let server: Server;
  let receiver: Receiver;
  let browser: Browser;
  beforeAll(async () => {
    [server, receiver, browser] = await Promise.all([startServer(), startReceiver(), launch()]);
  });
  afterAll(async () => {
    await browser?.close();
    await Promise.all([server?.stop(), receiver?.stop()]);
  });

  it("counts what the receiver counted", { timeout: 300_000 }, async () => {
    const api = apiOf(server.url);
    const { id: svc } = await must(api.POST("/v1/services", { body: { name: "Counted" } }));
    const path = { svc };
    await must(api.POST("/v1/services/{svc}/event-types", { params: { path }, body: { name: "tick" } }));
    const { id: usr } = await must(api.POST("/v1/services/{svc}/users", { params: { path }, body: { name: "Ada" } }));
    const add = async (at: string) => (await must(api.POST("/v1/services/{svc}/endpoints", { params: { path }, body: { user_id: usr, url: receiver.url(at), event_types: ["tick"] } }))).id;
    await add("/well");
    const paused = await add("/paused");
    await must(api.POST("/v1/services/{svc}/endpoints/{ep}/pause", { params: { path: { svc, ep: paused } }, body: {} }));
    // A 410 ends a delivery for good and pauses the endpoint: each of these fails once, and is skipped from then on.
    const gone = Array.from({ length: 12 }, (_, i) => `/gone/${i}`);
    for (const at of gone) receiver.answer(at, { status: 410 });
    const messages = 334;
    for (let batch = 0; batch < messages; batch += 67) {
      for (const at of gone.slice((batch / 67) * 3, (batch / 67) * 3 + 3)) await add(at);
      await must(api.POST("/v1/services/{svc}/messages/batch", { params: { path }, body: { messages: Array.from({ length: Math.min(67, messages - batch) }, (_, i) => ({ event_type: "tick", user_id: usr, payload: { n: batch + i } as never })) } }));
      await receiver.came("/well", Math.min(messages, batch + 67));
      for (const at of gone.slice((batch / 67) * 3, (batch / 67) * 3 + 3)) await receiver.came(at, 1);
    }
    const stats = await until("everything has its outcome", () => must(api.GET("/v1/services/{svc}/stats", { params: { path } })), (s) => s.now.pending === 0 && s.now.retrying === 0);
    const well = receiver.received.filter((r) => r.path === "/well").length;
    const failed = receiver.received.filter((r) => r.path.startsWith("/gone/")).length;
    expect(well).toBe(messages);
    const skipped = stats.total.skipped;
    expect(well + failed + skipped).toBeGreaterThan(700);
    expect(stats.total.deliveries).toBe(well + failed);

    const page = await open(browser, server.url, `/services/${svc}?range=1h`, adminKey);
    const number = (n: number) => n.toLocaleString("en-US");
    await page.getByRole("heading", { level: 1, name: new RegExp(`of ${number(well + failed)} deliveries arrived`) }).waitFor();
    const figure = (name: string) => page.locator("dl > div", { has: page.getByText(name, { exact: true }) }).locator("dd > span").first().textContent();
    expect([await figure("Messages accepted"), await figure("Delivered"), await figure("Skipped")]).toEqual([number(messages), number(well), number(skipped)]);
    await page.getByText(`${number(failed)} failed for good`).first().waitFor();
    await page.getByRole("button", { name: "Table" }).first().click();
    const table = page.getByRole("region", { name: /Deliveries per .*, as a table/ });
    const column = async (i: number) => (await table.locator(`tbody tr td:nth-child(${i})`).allTextContents()).reduce((n, t) => n + Number(t.replaceAll(",", "")), 0);
    expect([await column(2), await column(3), await column(4)]).toEqual([messages, well, failed]);
    expect(page.complaints).toEqual([]);
  });
});
