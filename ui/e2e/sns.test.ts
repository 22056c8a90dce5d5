import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { apiOf, must, until } from "./api";
import { chromiumPath, launch, open } from "./browser";
import { type Receiver, startReceiver } from "./receiver";
import { adminKey, type Server, startServer } from "./server";

// An endpoint of format sns gets a handshake; its owner hands the token over, and somebody pastes it.
describe.skipIf(!chromiumPath)("an endpoint of format sns", () => {
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

  it("is confirmed by the token that it was sent, and its life says what SNS does not report", async () => {
    const api = apiOf(server.url);
    const { id: svc } = await must(api.POST("/v1/services", { body: { name: "By SNS" } }));
    const path = { svc };
    await must(api.POST("/v1/services/{svc}/event-types", { params: { path }, body: { name: "card_issued" } }));
    const { id: usr } = await must(api.POST("/v1/services/{svc}/users", { params: { path }, body: { name: "Paperplane HR" } }));
    const { id: ep } = await must(api.POST("/v1/services/{svc}/endpoints", { params: { path }, body: { user_id: usr, url: receiver.url("/sns"), format: "sns", event_types: ["card_issued"] } }));
    const [handshake] = await receiver.came("/sns", 1);
    const { Type: kind, Token: token } = JSON.parse(handshake?.body ?? "{}") as { Type: string; Token: string };
    expect(kind).toBe("SubscriptionConfirmation");
    const skipped = await must(api.POST("/v1/services/{svc}/messages", { params: { path }, body: { event_type: "card_issued", user_id: usr, payload: { n: 1 } as never } }));
    expect(skipped.skipped.map((s) => s.reason)).toEqual(["unconfirmed"]);

    const page = await open(browser, server.url, `/services/${svc}/endpoints/${ep}`, adminKey);
    await page.getByText("1 of 1 unconfirmed").waitFor();
    const field = page.getByLabel(/SubscribeURL or token/);
    await field.fill("https://example.com/?Action=Other");
    await page.getByText("This link confirms no subscription.").waitFor();
    await field.fill(token);
    await page.getByText("This looks like a token.").waitFor();
    await page.getByRole("button", { name: "Confirm subscription" }).click();
    await page.getByRole("table", { name: "Event types of this endpoint" }).getByText("Active").waitFor();
    expect(await page.getByLabel(/SubscribeURL or token/).count()).toBe(0);

    const { id: msg } = await must(api.POST("/v1/services/{svc}/messages", { params: { path }, body: { event_type: "card_issued", user_id: usr, payload: { n: 2 } as never } }));
    await until("SNS delivered it", () => must(api.GET("/v1/services/{svc}/messages/{msg}", { params: { path: { svc, msg } } })), (m) => m.status === "delivered");
    await page.goto(`/services/${svc}/messages/${msg}`);
    await page.getByText("1 delivered").waitFor();
    await page.getByText("SNS makes the attempts and does not report each of them").waitFor();
    await page.getByText(/SNS took it/).waitFor();
    expect(page.complaints).toEqual([]);
  });
});
