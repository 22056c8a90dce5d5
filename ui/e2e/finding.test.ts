import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { must, until } from "./api";
import { chromiumPath } from "./browser";
import { button, useScene } from "./scene";

// Of a service with more users than one page has, each can be found; and lists keep what was asked of them.
describe.skipIf(!chromiumPath)("a person who looks for something", () => {
  const scene = useScene();
  const { visit, furnish } = scene;

  const find = async (page: Page, name: string | RegExp, text: string) => {
    const box = page.getByRole("combobox", { name });
    await box.click();
    await box.fill(text);
    await page.getByRole("option", { name: new RegExp(text, "i") }).first().click();
  };

  /** The first of 120 users, who is on no newest page, with an endpoint and a message. */
  async function crowd(name: string) {
    const s = await furnish(name);
    const old = await s.user({ name: "Bluefin Payroll", external_id: "kc-440" });
    const ep = await s.endpoint("http://127.0.0.1:1/bluefin/ledger", undefined, old);
    for (let at = 0; at < 120; at += 20) await Promise.all(Array.from({ length: 20 }, (_, n) => s.user({ name: `Crowd ${at + n}` })));
    return { ...s, old, ep };
  }

  it("chooses a user who is not among the newest, by name or external id", async () => {
    const s = await crowd("Crowded");
    const page = await visit(`${s.base}/messages`);
    await button(page, "Publish").first().click();
    const sheet = page.getByRole("dialog");
    await find(page, "Event type", "card");
    await find(page, "User", "kc-440");
    await sheet.getByText("1 endpoint of this user gets it, now.").waitFor();
    await sheet.getByRole("button", { name: "Publish" }).click();
    await page.getByText("to Bluefin Payroll").waitFor();

    await page.goto(`${s.base}/messages`);
    await page.getByRole("combobox", { name: "Filter" }).fill("blue");
    await page.getByRole("option", { name: /user.*Bluefin/ }).click();
    await expect.poll(() => page.url()).toContain(`user_id=${s.old}`);
    await page.getByText("Bluefin Payroll").first().waitFor();

    await page.goto(`${s.base}/users`);
    await page.getByRole("searchbox", { name: "Find a user" }).fill("payroll");
    await expect.poll(() => page.getByRole("table", { name: "Users" }).locator("tbody tr").count()).toBe(1);
    await expect.poll(() => page.url()).toContain("q=payroll");

    await page.goto("/keys");
    await button(page, "New key").click();
    await page.getByLabel("Sees").selectOption({ label: "Crowded alone" });
    await find(page, "Of it", "bluefin");
    await expect.poll(() => page.getByRole("combobox", { name: "Of it" }).inputValue()).toBe("Bluefin Payroll");
    await page.goto(`${s.base}/endpoints`);
    await button(page, "Add an endpoint").click();
    await find(page, "User", "bluefin pay");
    await page.getByRole("checkbox", { name: "card_issued" }).waitFor();
  });

  it("jumps by a host without its scheme, a part of a name, and a job", async () => {
    const s = await crowd("Jumps");
    const page = await visit(s.base);
    await page.getByRole("heading", { level: 1 }).first().waitFor();
    const jump = async (text: string, hint: RegExp, to: RegExp) => {
      await page.keyboard.press("ControlOrMeta+k");
      await page.getByRole("combobox", { name: /Jump/ }).fill(text);
      await page.getByRole("option", { name: hint }).first().waitFor();
      await page.keyboard.press("Enter");
      await page.waitForURL(to);
    };
    await jump("127.0.0.1:1/bluefin", /endpoint/, new RegExp(`/endpoints/${s.ep}`));
    await jump("bluefin/ledger", /endpoint/, new RegExp(`/endpoints/${s.ep}`));
    await jump("payroll", /user/, new RegExp(`/users/${s.old}`));
    await jump("kc-440", /user/, new RegExp(`/users/${s.old}`));
    const { job_id } = (await must(scene.api().POST("/v1/services/{svc}/dead-letters/retry", { params: { path: { svc: s.svc } }, body: { filter: {} } }))) as { job_id: string };
    await jump(job_id, /job/, new RegExp(`job=${job_id}`));
    await page.getByText(/nothing to do|0 asked for|none|tried again/i).first().waitFor();
  });

  it("keeps every filter while changing the view, and is told how many there are of what is shown", async () => {
    const s = await furnish("Views");
    scene.receiver().answer("/views", { status: 200 });
    scene.receiver().answer("/views/gone", { status: 410 });
    await s.endpoint("/views");
    await s.endpoint("/views/gone");
    await s.publish();
    await until("the endpoint is gone", () => must(scene.api().GET("/v1/services/{svc}/dead-letters", { params: { path: { svc: s.svc } } })), (p) => p.data.length === 1);
    await s.publish();
    await until("the other has both", () => must(scene.api().GET("/v1/services/{svc}/stats", { params: { path: { svc: s.svc } } })), (f) => f.total.failed === 1 && f.total.delivered === 2);
    const page = await visit(`${s.base}/messages?event_type=card_issued&user_id=${s.usr}&range=1h`);
    await page.getByText("2 accepted in the last hour").waitFor();
    await page.getByRole("navigation", { name: "Views" }).getByRole("link", { name: "Failed" }).click();
    for (const kept of ["status=failed", "event_type=card_issued", `user_id=${s.usr}`, "range=1h"]) expect(page.url()).toContain(kept);
    await page.getByText("1 delivery in the last hour").waitFor();
    await page.getByRole("navigation", { name: "Views" }).getByRole("link", { name: "Delivered" }).click();
    await page.getByText("2 deliveries in the last hour").waitFor();
  });

  it("chooses a time on every list, and the link says which", async () => {
    const s = await furnish("Times");
    scene.receiver().answer("/times", { status: 410 });
    await s.endpoint("/times");
    await s.publish();
    await until("it failed", () => must(scene.api().GET("/v1/services/{svc}/dead-letters", { params: { path: { svc: s.svc } } })), (p) => p.data.length === 1);
    for (const [at, row, none] of [
      ["messages", page => page.getByRole("table", { name: "Messages" }), "Nothing matches."],
      ["dead-letters", page => page.getByText("410 Gone"), "No dead letter matches the filter."],
      ["audit", page => page.getByRole("table", { name: "Events" }), "No event matches."],
    ] as const satisfies [string, (page: Page) => unknown, string][]) {
      const page = await visit(`${s.base}/${at}`);
      await row(page).first().waitFor();
      await page.getByRole("radio", { name: "7 d" }).click({ force: true });
      await expect.poll(() => page.url()).toContain("range=7d");
      await row(page).first().waitFor();
      await page.getByRole("radio", { name: "Custom" }).click({ force: true });
      await page.getByRole("textbox", { name: "From" }).fill("2020-01-01T00:00:00");
      await page.getByRole("textbox", { name: "Until" }).fill("2019-01-01T00:00:00");
      await page.getByText("It must be after the beginning.").waitFor();
      await page.getByRole("textbox", { name: "Until" }).fill("2020-01-02T00:00:00");
      await button(page, "Show it").click();
      await page.getByText(none).waitFor();
      expect(page.url()).toContain("since=2020-01-01T00%3A00%3A00.000Z&until=2020-01-02T00%3A00%3A00.000Z");
      await page.reload();
      await page.getByText(none).waitFor();
      await page.getByRole("radio", { name: "Any time" }).click({ force: true });
      await row(page).first().waitFor();
      expect(page.url()).not.toContain("since");
    }
  });

  it("is told by the UI that a path leads nowhere", async () => {
    const page = await visit("/nowhere/at-all");
    await page.getByText("There is nothing at this address.").waitFor();
    await page.getByRole("link", { name: "overview", exact: true }).click();
    await page.waitForURL(/services/);
  });
});
