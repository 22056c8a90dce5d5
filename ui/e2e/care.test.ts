import { describe, expect, it } from "vitest";
import { must, until } from "./api";
import { chromiumPath } from "./browser";
import { button, useScene } from "./scene";

// Nothing happens to more than was meant, nothing is promised that is not so, and nothing moves away under the pointer.
describe.skipIf(!chromiumPath)("a person who acts", () => {
  const scene = useScene();
  const { visit, furnish } = scene;

  it("sends a test of a type to one endpoint, with the type's example, and to all only by choosing so", async () => {
    const s = await furnish("Safe tests");
    await s.endpoint("/safe/one");
    await s.endpoint("/safe/two", undefined, await s.user({ name: "Somebody else" }));
    const { data: types } = await must(scene.api().GET("/v1/services/{svc}/event-types", { params: { path: { svc: s.svc } } }));
    const page = await visit(`${s.base}/event-types/${types[0]?.id}`);
    await button(page, "Send a test message").click();
    const sheet = page.getByRole("dialog");
    await sheet.getByText("This endpoint alone gets it").waitFor();
    await sheet.getByRole("region", { name: /example/ }).getByText("crd_1").waitFor();
    await sheet.getByRole("radio", { name: "One user" }).check({ force: true });
    await sheet.getByRole("button", { name: "Publish" }).click();
    await sheet.getByText("Choose the user who gets it, or all users.").waitFor();
    await sheet.getByRole("radio", { name: "All users" }).check({ force: true });
    await sheet.getByText("2 endpoints of all your users are subscribed and get it, now").waitFor();
    await sheet.getByRole("button", { name: "Publish to 2 endpoints" }).waitFor();
    await sheet.getByRole("radio", { name: "One endpoint" }).check({ force: true });
    await sheet.getByRole("button", { name: "Send the test" }).click();
    await page.getByText("1 delivered").waitFor();
    expect(scene.receiver().received.filter((r) => r.path.startsWith("/safe/")).length).toBe(1);
  });

  it("begins with what was sent last where a type has no example, and with nothing made up", async () => {
    const s = await furnish("No example");
    await must(scene.api().POST("/v1/services/{svc}/event-types", { params: { path: { svc: s.svc } }, body: { name: "bare" } }));
    const page = await visit(`${s.base}/messages?event_type=bare&user_id=${s.usr}`);
    await button(page, "Publish").first().click();
    const payload = page.getByLabel("Payload");
    await page.getByText("No active endpoint of this user is subscribed").waitFor();
    expect(await payload.inputValue()).toBe("");
    await payload.fill('{"real": 1}');
    await page.getByRole("dialog").getByRole("button", { name: "Publish" }).click();
    await page.getByText("1 skipped").waitFor();
    await page.goto(`${s.base}/messages?event_type=bare&user_id=${s.usr}`);
    await button(page, "Publish").first().click();
    await expect.poll(() => page.getByLabel("Payload").inputValue()).toContain('"real": 1');
  });

  it("discards one dead letter after saying why", async () => {
    const s = await furnish("Discards");
    scene.receiver().answer("/discard", { status: 410 });
    await s.endpoint("/discard");
    const msg = await s.publish();
    await until("it failed", () => must(scene.api().GET("/v1/services/{svc}/dead-letters", { params: { path: { svc: s.svc } } })), (p) => p.data.length === 1);
    const page = await visit(`${s.base}/dead-letters?by=one`);
    await button(page, "Discard…").click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("Discard this dead letter?").waitFor();
    await dialog.getByRole("button", { name: "Cancel" }).click();
    await button(page, "Discard…").click();
    await page.getByLabel(/Why/).fill("the shop is closed");
    await button(page, "Discard it").click();
    await page.getByRole("heading", { name: "No dead letters." }).waitFor();
    const history = await must(scene.api().GET("/v1/services/{svc}/messages/{msg}/history", { params: { path: { svc: s.svc, msg } } }));
    expect(history.data.find((e) => e.type === "DeliveryDiscarded")?.data).toMatchObject({ reason: "the shop is closed" });
  });

  it("goes on seeing the overview when the newest message was skipped or waits", async () => {
    const s = await furnish("Not empty");
    const ep = await s.endpoint("/not-empty");
    await s.publish();
    await until("it arrived", () => must(scene.api().GET("/v1/services/{svc}/stats", { params: { path: { svc: s.svc } } })), (f) => f.total.delivered === 1);
    await must(scene.api().POST("/v1/services/{svc}/endpoints/{ep}/pause", { params: { path: { svc: s.svc, ep } }, body: {} }));
    await s.publish();
    const page = await visit(s.base);
    await page.getByRole("heading", { name: "100 % of 1 delivery arrived." }).waitFor();
    const first = await furnish("Only skipped");
    await first.publish();
    await page.goto(first.base);
    await page.getByRole("heading", { name: "Nothing was delivered in this time." }).waitFor();
    expect(await page.getByText("Send your first webhook").count()).toBe(0);
  });

  it("sees the first steps tick, whoever does them, up to the delivery", async () => {
    const { id: svc } = await must(scene.api().POST("/v1/services", { body: { name: "By others" } }));
    const params = { path: { svc } };
    const page = await visit(`/services/${svc}`);
    await page.getByText("None of four steps are done.").waitFor();
    await page.getByRole("status").getByText("Live").waitFor();
    await must(scene.api().POST("/v1/services/{svc}/event-types", { params, body: { name: "tick" } }));
    await page.getByText("One of four steps is done.").waitFor();
    const { id: user_id } = await must(scene.api().POST("/v1/services/{svc}/users", { params, body: { name: "Ada" } }));
    await must(scene.api().POST("/v1/services/{svc}/endpoints", { params, body: { user_id, url: scene.receiver().url("/ticks"), event_types: ["tick"] } }));
    await page.getByText("Two of four steps are done.").waitFor();
    await must(scene.api().POST("/v1/services/{svc}/messages", { params, body: { event_type: "tick", user_id, payload: 1 as never } }));
    await page.getByRole("heading", { name: "Your first webhook is delivered." }).waitFor();
    await page.getByText("Four of four steps are done.").waitFor();
    await button(page, "Go to the overview").click();
    await page.getByRole("heading", { name: "100 % of 1 delivery arrived." }).waitFor();
  });

  it("has endpoints stay in their order while aiming at one", async () => {
    const s = await furnish("Order");
    scene.receiver().answer("/order/a", { status: 410 });
    const a = await s.endpoint("/order/a");
    const b = await s.endpoint("/order/b", undefined, await s.user({ name: "B" }));
    const page = await visit(`${s.base}/endpoints`);
    const order = () => page.locator("[data-row]").evaluateAll((rows) => rows.map((r) => r.getAttribute("data-row")));
    await expect.poll(order).toEqual([b, a]);
    await page.getByRole("status").getByText("Live").waitFor();
    await page.locator(`[data-row="${b}"]`).hover();
    await s.publish(); // a fails, and needs somebody
    await page.locator(`[data-row="${a}"]`).getByText("Paused after a 410").waitFor();
    expect(await order()).toEqual([b, a]);
    await page.mouse.move(2, 2);
    await expect.poll(order).toEqual([a, b]);
  });

  it("with a key of one user is offered nothing that it may not do", async () => {
    const s = await furnish("Own part");
    const keyOf = async (scopes: ("read" | "publish" | "manage")[]) => (await must(scene.api().POST("/v1/keys", { body: { name: "portal", scopes, service_id: s.svc, user_id: s.usr } }))).key;
    const reads = await keyOf(["read"]);
    const acts = await keyOf(["read", "publish", "manage"]);
    for (const at of ["", "/messages", "/endpoints", "/dead-letters"]) {
      const page = await visit(s.base + at, reads);
      await page.locator("h1").first().waitFor({ state: "attached" });
      await expect.poll(() => page.locator("[aria-busy=true], .skeleton").count()).toBe(0);
      await page.getByText(/No messages yet|No endpoints yet|No dead letters|Nothing was sent to you/).first().waitFor();
      expect(await page.getByText(/curl|Create an event type|Add one here|Publish one/).count()).toBe(0);
    }
    const page = await visit(`${s.base}/messages`, acts);
    await page.getByRole("region", { name: "curl line" }).getByText(s.usr).waitFor();
    await page.goto(`${s.base}/endpoints`);
    await page.getByRole("region", { name: "curl line" }).getByText(s.usr).waitFor();
    await button(page, "Add an endpoint").click();
    await page.getByRole("checkbox", { name: "card_issued" }).waitFor();
    expect(await page.getByLabel("User", { exact: true }).count()).toBe(0);
  });
});
