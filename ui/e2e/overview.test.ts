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
    const person = async (name: string, at: string) => {
      const { id } = await must(api.POST("/v1/services/{svc}/users", { params: { path }, body: { name } }));
      const endpoint = await must(api.POST("/v1/services/{svc}/endpoints", { params: { path }, body: { user_id: id, url: receiver.url(at), event_types: ["tick"] } }));
      return { id, endpoint: endpoint.id };
    };
    const publish = async (to: string[]) => {
      for (let at = 0; at < to.length; at += 100) await must(api.POST("/v1/services/{svc}/messages/batch", { params: { path }, body: { messages: to.slice(at, at + 100).map((user_id, n) => ({ event_type: "tick", user_id, payload: { n: at + n } as never })) } }));
    };
    const well = await person("Well", "/well");
    const paused = await person("Paused", "/paused");
    await must(api.POST("/v1/services/{svc}/endpoints/{ep}/pause", { params: { path: { svc, ep: paused.endpoint } }, body: {} }));
    // A 410 ends a delivery for good, and its endpoint: each of these gets one.
    const gone: string[] = [];
    for (let at = 0; at < 300; at += 20) gone.push(...(await Promise.all(Array.from({ length: 20 }, (_, n) => (receiver.answer(`/gone/${at + n}`, { status: 410 }), person(`Gone ${at + n}`, `/gone/${at + n}`))))).map((p) => p.id));
    await publish([...Array.from({ length: 400 }, () => well.id), ...gone, ...Array.from({ length: 300 }, () => paused.id)]);
    await receiver.came("/well", 400);
    const stats = await until("everything has its outcome", () => must(api.GET("/v1/services/{svc}/stats", { params: { path } })), (s) => s.now.pending === 0 && s.total.delivered + s.total.failed >= 700);
    const delivered = receiver.received.filter((r) => r.path === "/well").length;
    const failed = receiver.received.filter((r) => r.path.startsWith("/gone/")).length;
    expect({ delivered, failed, toPaused: receiver.received.filter((r) => r.path === "/paused").length }).toEqual({ delivered: 400, failed: 300, toPaused: 0 });
    expect(stats.total).toMatchObject({ accepted: 1000, deliveries: delivered + failed, delivered, failed, skipped: 300, attempts: receiver.received.length });

    const page = await open(browser, server.url, `/services/${svc}?range=1h`, adminKey);
    const number = (n: number) => n.toLocaleString("en-US");
    await page.getByRole("heading", { level: 1, name: new RegExp(`of ${number(delivered + failed)} deliveries arrived`) }).waitFor();
    const figure = (name: string) => page.locator("dl > div", { has: page.getByText(name, { exact: true }) }).locator("dd > span").first().textContent();
    expect([await figure("Messages accepted"), await figure("Delivered"), await figure("Skipped")]).toEqual([number(1000), number(delivered), number(300)]);
    await page.getByText(`${number(failed)} failed for good`).first().waitFor();
    await page.getByRole("button", { name: "Table" }).first().click();
    const table = page.getByRole("region", { name: /Deliveries per .*, as a table/ });
    const column = async (i: number) => (await table.locator(`tbody tr td:nth-child(${i})`).allTextContents()).reduce((n, t) => n + Number(t.replaceAll(",", "")), 0);
    expect([await column(2), await column(3), await column(4)]).toEqual([1000, delivered, failed]);
    expect(page.complaints).toEqual([]);
  });
});
