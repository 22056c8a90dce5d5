import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { must, until } from "./api";
import { chromiumPath } from "./browser";
import { useScene } from "./scene";

const number = (n: number) => n.toLocaleString("en-US");

// A thousand mixed outcomes: every number on the overview is the receiver's own. Second attempts come after some seconds.
describe.skipIf(!chromiumPath)("the overview", () => {
  const scene = useScene();

  it("counts what the receiver counted", { timeout: 300_000 }, async () => {
    const api = scene.api();
    const receiver = scene.receiver();
    const { id: svc } = await must(api.POST("/v1/services", { body: { name: "Counted" } }));
    const path = { svc };
    await must(api.POST("/v1/services/{svc}/event-types", { params: { path }, body: { name: "tick" } }));
    const user = async (name: string) => (await must(api.POST("/v1/services/{svc}/users", { params: { path }, body: { name } }))).id;
    const person = async (name: string, at: string) => {
      const id = await user(name);
      const endpoint = await must(api.POST("/v1/services/{svc}/endpoints", { params: { path }, body: { user_id: id, url: receiver.url(at), event_types: ["tick"] } }));
      return { id, endpoint: endpoint.id };
    };
    const publish = async (to: string[]) => {
      for (let at = 0; at < to.length; at += 100) await must(api.POST("/v1/services/{svc}/messages/batch", { params: { path }, body: { messages: to.slice(at, at + 100).map((user_id, n) => ({ event_type: "tick", user_id, payload: { n: at + n } as never })) } }));
    };
    const stats = () => must(api.GET("/v1/services/{svc}/stats", { params: { path, query: { bucket: "5m" } } }));
    const many = (n: number, id: string) => Array.from({ length: n }, () => id);
    const on = (ep: string) => ({ params: { path: { svc, ep } }, body: {} });

    receiver.answerEach("/flaky", { status: 503 }, { status: 200 });
    receiver.answer("/slow", { status: 200, wait: 3000 });
    receiver.answer("/closing", { status: 503 });
    const [well, flaky, slow, closing, paused, nobody] = [await person("Well", "/well"), await person("Flaky", "/flaky"), await person("Slow", "/slow"), await person("Closing", "/closing"), await person("Paused", "/paused"), await user("Nobody")];
    await must(api.POST("/v1/services/{svc}/endpoints/{ep}/pause", on(paused.endpoint)));
    // A 410 ends a delivery for good, and its endpoint: each of these gets one.
    const gone: { id: string; endpoint: string }[] = [];
    for (let at = 0; at < 100; at += 20) gone.push(...(await Promise.all(Array.from({ length: 20 }, (_, n) => (receiver.answer(`/gone/${at + n}`, { status: 410 }, { status: 200 }), person(`Gone ${at + n}`, `/gone/${at + n}`))))));
    await publish([...many(50, closing.id), ...many(48, slow.id), ...many(302, well.id), ...many(100, flaky.id), ...gone.map((p) => p.id), ...many(300, paused.id), ...many(100, nobody)]);
    await receiver.came("/closing", 50);
    await must(api.POST("/v1/services/{svc}/endpoints/{ep}/pause", on(closing.endpoint))); // what waits for it fails when it is due
    await until("everything has its outcome", stats, (s) => s.now.pending + s.now.retrying === 0 && s.total.delivered + s.total.failed >= 600, 90_000);
    // Ten of those that failed are tried again by hand, and arrive.
    const again = gone.slice(0, 10);
    for (const { endpoint } of again) {
      await must(api.POST("/v1/services/{svc}/endpoints/{ep}/resume", on(endpoint)));
      const { data } = await must(api.GET("/v1/services/{svc}/dead-letters", { params: { path, query: { endpoint_id: endpoint } } }));
      await must(api.POST("/v1/services/{svc}/messages/{msg}/deliveries/{ep}/retry", { params: { path: { svc, msg: data[0]?.message_id ?? "", ep: endpoint } }, body: {} }));
    }
    const figures = await until("the retries arrived", stats, (s) => s.now.pending + s.now.retrying === 0 && s.now.failed === 140);

    // The receiver's own count.
    const got = receiver.received;
    const answers = (status: number) => got.filter((r) => r.answered?.status === status).length;
    const delivered = answers(200);
    const failed = 100 + 50; // 410s, and those of the endpoint that was paused meanwhile
    expect(new Set(got.filter((r) => r.path === "/closing").map((r) => r.headers["webhook-id"])).size).toBe(50);
    expect([delivered, answers(410), got.filter((r) => r.path === "/paused").length]).toEqual([302 + 100 + 48 + 10, 100, 0]);
    expect(figures.total).toMatchObject({
      accepted: 1000,
      deliveries: 600,
      delivered,
      failed,
      retried: again.length,
      skipped: 400,
      skip_reasons: { paused: 300, no_subscription: 100 },
      causes: { http_410: 100, endpoint_paused: 50 },
      attempts: got.length,
      attempts_failed: answers(410) + answers(503),
    });
    expect(figures.latency_counts.reduce((n, c) => n + c, 0)).toBe(delivered);
    // From accepted to answered as the receiver saw it, of which WebPlug learns a little later.
    const took = got.flatMap((r) => (r.answered?.status === 200 ? [r.answered.at - Date.parse((JSON.parse(r.body) as { timestamp: string }).timestamp)] : []));
    for (const bound of [1000, 2000]) {
      const cell = figures.latency_bounds_ms.findIndex((b) => b >= bound);
      const above = figures.latency_counts.slice(cell + 1).reduce((n, c) => n + c, 0);
      const ms = figures.latency_bounds_ms[cell] ?? 0;
      expect(above).toBeGreaterThanOrEqual(took.filter((t) => t > ms + 1).length);
      expect(above).toBeLessThanOrEqual(took.filter((t) => t > ms - 1000).length);
    }

    const page = await scene.visit(`/services/${svc}?range=1h`);
    const rate = Math.floor((delivered / (delivered + failed)) * 10_000) / 100;
    await page.getByRole("heading", { level: 1, name: `${rate.toFixed(2)} % of ${number(delivered + failed)} deliveries arrived.` }).waitFor();
    const figure = (name: string) => page.locator("dl > div", { has: page.getByText(name, { exact: true }) }).locator("dd > span").first().textContent();
    expect([await figure("Messages accepted"), await figure("Delivered"), await figure("Skipped"), await figure("Endpoints")]).toEqual([number(1000), number(delivered), number(400), "100+"]);
    await page.getByText(`${number(failed)} failed for good in this time`).waitFor();
    await page.getByRole("link", { name: "140 dead letters", exact: true }).waitFor();
    await page.getByText("91 endpoints in trouble").waitFor(); // 90 of the gone ones, and the one that was paused
    await page.getByRole("link", { name: /Endpoint was paused.*50/ }).waitFor();

    await page.getByRole("button", { name: "Table" }).first().click();
    const rows = await tableOf(page, /Deliveries per .*, as a table/);
    const sum = (i: number) => rows.reduce((n, r) => n + Number(r[i]?.replaceAll(",", "")), 0);
    expect([1, 2, 3, 4, 5, 6, 7].map(sum)).toEqual([1000, 600, delivered, 0, failed, answers(410) + answers(503), 400]);
    await page.getByRole("button", { name: "Table" }).last().click();
    const latency = await tableOf(page, /Time from accepted to delivered, as a table/);
    expect(latency.reduce((n, r) => n + Number(r[1]?.replaceAll(",", "")), 0)).toBe(delivered);
    expect(latency.map((r) => Number(r[1]?.replaceAll(",", "")))).toEqual(figures.latency_counts.filter((c) => c > 0));
  });
});

async function tableOf(page: Page, name: RegExp): Promise<string[][]> {
  const rows = page.getByRole("region", { name }).locator("tbody tr");
  return rows.evaluateAll((all) => all.map((row) => [...row.querySelectorAll("td")].map((cell) => cell.textContent ?? "")));
}
