import { describe, expect, it } from "vitest";
import { must } from "./api";
import { chromiumPath } from "./browser";
import { button, useScene } from "./scene";

/** How many messages the list has; WEBPLUG_UI_MESSAGES=100000 takes some minutes. */
const many = Number(process.env.WEBPLUG_UI_MESSAGES ?? 5000);
const perPage = 50;

// A very long list is read a page at a time: what the browser holds does not grow with it.
describe.skipIf(!chromiumPath)(`a list of ${many} messages`, () => {
  const scene = useScene();

  it("stays smooth: one page of rows at a time, forwards and back", { timeout: 1_200_000 }, async () => {
    const api = scene.api();
    const { svc, base } = await scene.furnish("Very many");
    const params = { path: { svc } };
    const batch = (from: number) => must(api.POST("/v1/services/{svc}/messages/batch", { params, body: { messages: Array.from({ length: 100 }, (_, n) => ({ event_type: "card_issued", payload: { n: from + n } as never })) } }));
    for (let at = 0; at < many; at += 800) await Promise.all(Array.from({ length: Math.min(8, (many - at) / 100) }, (_, n) => batch(at + n * 100)));

    const page = await scene.visit(`${base}/messages`);
    const rows = page.getByRole("table", { name: "Messages" }).locator("tbody tr");
    await expect.poll(() => rows.count()).toBe(perPage);
    await page.getByText(`${many.toLocaleString("en-US")} accepted in the last hour`).waitFor();
    const elements = () => page.evaluate(() => document.querySelectorAll("*").length);
    const first = await elements();
    const top = await rows.first().getAttribute("data-row");
    const ids = new Set<string | null>();
    const began = Date.now();
    for (let n = 0; n < 10; n++) {
      const before = await rows.first().getAttribute("data-row");
      ids.add(before);
      await button(page, "Older").click();
      await expect.poll(() => rows.first().getAttribute("data-row")).not.toBe(before);
      expect(await rows.count()).toBe(perPage);
    }
    const perTurn = (Date.now() - began) / 10;
    expect(ids.size).toBe(10);
    expect(await elements()).toBeLessThan(first * 1.2);
    for (let n = 0; n < 10; n++) {
      const before = await rows.first().getAttribute("data-row");
      await button(page, "Newer").click();
      await expect.poll(() => rows.first().getAttribute("data-row")).not.toBe(before);
    }
    expect(await rows.first().getAttribute("data-row")).toBe(top);
    // While it scrolls, the page draws on: the longest pause between two frames is asked of the browser.
    const worst = await page.evaluate(async () => {
      let longest = 0;
      let last = performance.now();
      for (let y = 0; y < 60; y++) {
        window.scrollBy(0, y < 30 ? 60 : -60);
        await new Promise((resolve) => requestAnimationFrame(resolve));
        const now = performance.now();
        longest = Math.max(longest, now - last);
        last = now;
      }
      return longest;
    });
    if (process.env.WEBPLUG_UI_MESSAGES) process.stdout.write(`${many} messages: ${Math.round(perTurn)} ms a page, longest frame ${Math.round(worst)} ms\n`);
    expect(worst).toBeLessThan(1000);
  });
});
