import { describe, expect, it } from "vitest";
import { must, until } from "./api";
import { chromiumPath } from "./browser";
import { button, useScene } from "./scene";
import { adminKey } from "./server";

// From an empty database, as a person does it, in a real browser against the real binary and a real endpoint.
describe.skipIf(!chromiumPath)("a person", () => {
  const scene = useScene();
  const { visit, furnish } = scene;

  it("signs in, is told what is wrong with a key, and signs out", async () => {
    const page = await visit("/", null);
    await page.getByLabel("API key").fill("wpk_nonsense");
    await button(page, "Sign in").click();
    await page.getByRole("alert").getByText("There is no such key").waitFor();
    await page.getByLabel("API key").fill(adminKey);
    await button(page, "Sign in").click();
    await page.getByRole("heading", { name: "Services" }).waitFor();
    await button(page, "Sign out").click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
  });

  it("comes from an empty service to the first delivery by the steps, which tick by themselves", async () => {
    scene.receiver().answer("/first", { status: 200, body: '{"ok":true}' });
    const page = await visit("/services");
    await button(page, /new service|create a service/i).first().click();
    await page.getByLabel("Name").fill("First steps");
    await button(page, "Create the service").click();
    await page.getByRole("heading", { name: "Send your first webhook." }).waitFor();
    await button(page, "Create an event type").click();
    await page.getByLabel("Name").fill("bad name!");
    await button(page, "Create the event type").last().click();
    await page.getByLabel("Name").and(page.locator("[aria-invalid=true]")).waitFor();
    await page.getByLabel("Name").fill("card_issued");
    await page.getByLabel(/^Example/).fill('{"card": "crd_1"}');
    await button(page, "Create the event type").last().click();
    await button(page, "Register a user").click();
    await page.getByLabel("Name", { exact: true }).fill("Demo shop");
    await button(page, "Register the user").click();
    await button(page, "Add an endpoint").click();
    await page.getByRole("textbox", { name: "URL" }).fill(scene.receiver().url("/first"));
    await page.getByLabel("card_issued").check();
    await button(page, "Add the endpoint").click();
    await button(page, "Send a test message").click();
    // It goes to the one endpoint there is, not to everybody, and says so.
    await page.getByText("This endpoint alone gets it").waitFor();
    await expect.poll(() => page.getByRole("combobox", { name: "Endpoint" }).inputValue()).toContain("/first");
    await button(page, "Send the test").click();
    await page.getByText("1 delivered").waitFor();
    await button(page, /DeliverySucceeded/).waitFor();
    const [got] = await scene.receiver().came("/first", 1);
    expect(JSON.parse(got?.body ?? "{}")).toMatchObject({ type: "card_issued", data: { card: "crd_1" } });
    await page.getByRole("link", { name: "Overview" }).first().click();
    await page.getByRole("heading", { name: "100 % of 1 delivery arrived." }).waitFor();
  });

  it("sees why a delivery failed, retries it, and is not told it is delivered before it is", async () => {
    const s = await furnish("Failing");
    scene.receiver().answer("/failing", { status: 410, body: '{"error":"moved"}' }, { status: 200, wait: 2500 });
    const ep = await s.endpoint("/failing");
    const msg = await s.publish();
    await until("it failed", () => must(scene.api().GET("/v1/services/{svc}/messages/{msg}", { params: { path: { svc: s.svc, msg } } })), (m) => m.status === "failed");
    const page = await visit(`${s.base}/messages/${msg}`);
    await page.getByText("1 failed").waitFor();
    await button(page, /DeliveryFailed/).click();
    await page.getByRole("tab", { name: /Attempt/ }).waitFor();
    await page.getByText('"error": "moved"').waitFor();
    await page.getByRole("tab", { name: "Raw event" }).click();
    await page.getByRole("region", { name: "raw event" }).getByText('"DeliveryFailed"').waitFor();
    await must(scene.api().POST("/v1/services/{svc}/endpoints/{ep}/resume", { params: { path: { svc: s.svc, ep } }, body: {} }));
    await button(page, "Retry").click();
    await page.getByText(/Retry accepted\. .* has not answered yet/).waitFor();
    expect(await page.getByText("1 delivered").count()).toBe(0);
    await page.getByText(/^Delivered\. .* answered 200/).waitFor();
    await page.getByText("1 delivered").waitFor();
    await button(page, /asked for a retry/).waitFor();
  });

  it("sees who was skipped, and why", async () => {
    const s = await furnish("Skipping");
    const ep = await s.endpoint("/paused");
    await must(scene.api().POST("/v1/services/{svc}/endpoints/{ep}/pause", { params: { path: { svc: s.svc, ep } }, body: {} }));
    const msg = await s.publish();
    const page = await visit(`${s.base}/messages/${msg}`);
    await page.getByText("1 skipped").waitFor();
    await page.getByText("Skipped: paused").waitFor();
    await page.getByText("nobody gets it").waitFor();
  });

  it("retries one dead letter, and a group of them by a job", async () => {
    const s = await furnish("Dead letters");
    const endpoints = await Promise.all(["/dead/a", "/dead/b", "/dead/c"].map(async (at) => (scene.receiver().answer(at, { status: 410 }, { status: 200 }), s.endpoint(at))));
    await s.publish();
    await until("they failed", () => must(scene.api().GET("/v1/services/{svc}/dead-letters", { params: { path: { svc: s.svc } } })), (p) => p.data.length === 3);
    for (const ep of endpoints) await must(scene.api().POST("/v1/services/{svc}/endpoints/{ep}/resume", { params: { path: { svc: s.svc, ep } }, body: {} }));
    const page = await visit(`${s.base}/dead-letters?by=one`);
    await page.getByRole("heading", { name: /3 dead letters/ }).waitFor();
    await page.getByRole("button", { name: "Retry", exact: true }).first().click();
    await page.getByRole("heading", { name: /2 dead letters/ }).waitFor();
    await button(page, /Retry all 2/).click();
    await page.getByRole("dialog").getByText("Retry 2 dead letters?").waitFor();
    await page.getByLabel(/Why/).fill("they say it is mended");
    await button(page, "Retry 2").click();
    await page.getByText("2 asked for: 2 tried again.").waitFor();
    await page.getByRole("heading", { name: "No dead letters." }).waitFor();
    await until("all came", () => must(scene.api().GET("/v1/services/{svc}/messages", { params: { path: { svc: s.svc } } })), (p) => p.data[0]?.status === "delivered");
  });

  it("reveals and rotates a secret, pauses and resumes", async () => {
    const s = await furnish("Secrets");
    const ep = await s.endpoint("/secret");
    const page = await visit(`${s.base}/endpoints/${ep}?tab=secret`);
    await button(page, "Reveal").click();
    await expect.poll(() => page.getByLabel("Signing secret").textContent()).toMatch(/^whsec_[A-Za-z0-9+/]{20,}/);
    const before = await page.getByLabel("Signing secret").textContent();
    await button(page, /Rotate/).click();
    await button(page, "Rotate the secret").click();
    await page.getByText(/former secret signs too for 2[34] h/).waitFor();
    await button(page, "Reveal").click();
    await expect.poll(() => page.getByLabel("Signing secret").textContent()).toMatch(/^whsec_[A-Za-z0-9+/]/);
    expect(await page.getByLabel("Signing secret").textContent()).not.toBe(before);
    await button(page, "Pause").click();
    await button(page, "Pause it").click();
    await button(page, "Resume").click();
    await button(page, "Send a test").click();
    await page.getByText("1 delivered").waitFor();
  });

  it("makes a key, which is shown once, and is refused at once when it is revoked", async () => {
    const page = await visit("/keys");
    await button(page, "New key").click();
    await page.getByLabel("Name").fill("ci-smoke");
    await page.getByRole("checkbox", { name: /read/ }).check();
    await button(page, "Make the key").click();
    const key = (await page.getByRole("region", { name: "API key" }).textContent()) ?? "";
    expect(key).toMatch(/^wpk_/);
    await button(page, "I have copied it").click();
    const other = await visit("/services", key);
    await other.getByRole("heading", { name: "Services" }).waitFor();
    expect(await other.getByRole("link", { name: "API keys" }).count()).toBe(0);
    await button(page, "Revoke…").first().click();
    await button(page, "Revoke ci-smoke").click();
    await page.getByText("Revoked").waitFor();
    await other.reload();
    await other.getByRole("heading", { name: "Sign in" }).waitFor();
    await other.getByText("The server refuses the key that was in use").waitFor();
    await other.getByLabel("API key").fill(key);
    await button(other, "Sign in").click();
    await other.getByText("This key was revoked.").waitFor();
  });

  it("with a key of one user sees that user's part alone", async () => {
    const s = await furnish("One user");
    await s.endpoint("/mine");
    const { id: stranger } = await must(scene.api().POST("/v1/services/{svc}/users", { params: { path: { svc: s.svc } }, body: { name: "Stranger" } }));
    await must(scene.api().POST("/v1/services/{svc}/endpoints", { params: { path: { svc: s.svc } }, body: { user_id: stranger, url: scene.receiver().url("/theirs"), event_types: ["card_issued"] } }));
    const mine = await s.publish({ card: "mine" });
    const theirs = (await must(scene.api().POST("/v1/services/{svc}/messages", { params: { path: { svc: s.svc } }, body: { event_type: "card_issued", user_id: stranger, payload: { card: "theirs" } as never } }))).id;
    const { key } = await must(scene.api().POST("/v1/keys", { body: { name: "portal", scopes: ["read", "manage"], service_id: s.svc, user_id: s.usr } }));
    const page = await visit(`${s.base}/messages`, key);
    await page.getByRole("row", { name: /card_issued/ }).first().waitFor();
    expect(await page.getByRole("table", { name: "Messages" }).getByRole("link").count()).toBe(1);
    for (const hidden of ["Users", "Event types", "API keys", "System"]) expect(await page.getByRole("link", { name: hidden, exact: true }).count()).toBe(0);
    await page.goto(`${s.base}/endpoints`);
    await page.getByRole("table", { name: "Endpoints" }).getByRole("link").first().waitFor();
    expect(await page.getByText("/theirs").count()).toBe(0);
    await page.goto(`${s.base}/messages/${theirs}`);
    await page.getByText("There is no such message.").waitFor();
    await page.goto(`${s.base}/messages/${mine}`);
    await page.getByText("1 delivered").waitFor();
  });

  it("jumps to an id by ⌘K, filters by the URL, and pages through a list", async () => {
    const s = await furnish("Many");
    await s.endpoint("/many");
    const first = await s.publish({ n: 0 });
    for (let i = 0; i < 60; i++) await s.publish({ n: i });
    const page = await visit(`${s.base}/messages`);
    const rows = page.getByRole("table", { name: "Messages" }).locator("tbody tr");
    await expect.poll(() => rows.count()).toBe(50);
    await button(page, "Older").click();
    await expect.poll(() => rows.count()).toBe(11);
    expect(page.url()).toContain("cursor=");
    await button(page, "Newer").click();
    await expect.poll(() => rows.count()).toBe(50);
    await page.getByRole("combobox", { name: "Filter" }).fill("failed");
    await page.getByRole("option", { name: /failed/ }).first().click();
    await page.getByText("Nothing is failed here.").waitFor();
    expect(page.url()).toContain("status=failed");
    await page.keyboard.press("ControlOrMeta+k");
    await page.getByRole("combobox", { name: /Jump/ }).fill(`webhook-id: ${first}`);
    await page.getByRole("option", { name: /message/ }).first().waitFor();
    await page.keyboard.press("Enter");
    await page.waitForURL(`**/messages/${first}*`);
  });

  it("sees new messages without reloading, and rows stay under the pointer", async () => {
    const s = await furnish("Live");
    await s.endpoint("/live");
    await s.publish({ n: 1 });
    const page = await visit(`${s.base}/messages`);
    const rows = page.getByRole("table", { name: "Messages" }).locator("tbody tr");
    await expect.poll(() => rows.count()).toBe(1);
    await page.getByRole("status").getByText("Live").waitFor();
    await page.mouse.move(2, 2);
    const second = await s.publish({ n: 2 });
    await page.locator(`[data-row="${second}"]`).waitFor();
    await rows.first().hover();
    const third = await s.publish({ n: 3 });
    await page.getByText("1 new").waitFor();
    expect(await rows.first().getAttribute("data-row")).toBe(second);
    await button(page, /1 new/).click();
    await page.locator(`[data-row="${third}"]`).waitFor();
  });

  it("is shown hostile payloads, answers and names as text", async () => {
    const evil = `</script><img src=x onerror="window.hacked=1"><svg onload="window.hacked=1">`;
    const { id: svc } = await must(scene.api().POST("/v1/services", { body: { name: evil.slice(0, 120) } }));
    const path = { svc };
    const { id: usr } = await must(scene.api().POST("/v1/services/{svc}/users", { params: { path }, body: { name: evil, external_id: "javascript:alert(1)", metadata: { "<b>": evil } } }));
    await must(scene.api().POST("/v1/services/{svc}/event-types", { params: { path }, body: { name: "x", description: evil } }));
    scene.receiver().answer(`/${encodeURIComponent("<img>")}?a=%22onload%3D1`, { status: 410, body: evil, type: "text/html" });
    const { id: ep } = await must(scene.api().POST("/v1/services/{svc}/endpoints", { params: { path }, body: { user_id: usr, url: scene.receiver().url(`/${encodeURIComponent("<img>")}?a=%22onload%3D1`), description: evil, event_types: ["x"] } }));
    const { id: msg } = await must(scene.api().POST("/v1/services/{svc}/messages", { params: { path }, body: { event_type: "x", user_id: usr, payload: { html: evil, __proto__: { x: 1 } } as never } }));
    await until("it failed", () => must(scene.api().GET("/v1/services/{svc}/messages/{msg}", { params: { path: { svc, msg } } })), (m) => m.status === "failed");
    const history = await must(scene.api().GET("/v1/services/{svc}/messages/{msg}/history", { params: { path: { svc, msg } } }));
    const failed = history.data.find((e) => e.type === "DeliveryFailed")?.id ?? "";
    const base = `/services/${svc}`;
    for (const at of [base, `${base}/messages?peek=${msg}`, `${base}/messages/${msg}?event=${failed}`, `${base}/users`, `${base}/users/${usr}`, `${base}/endpoints`, `${base}/endpoints/${ep}`, `${base}/event-types`, `${base}/dead-letters`, `${base}/audit?event=${failed}`, "/services"]) {
      const page = await visit(at);
      await page.locator("h1").first().waitFor({ state: "attached" });
      await page.getByRole("status").first().waitFor({ state: "attached" });
      await page.waitForLoadState("load");
      await expect.poll(() => page.locator("[aria-busy=true], .skeleton").count()).toBe(0);
      expect(await page.evaluate(() => [(globalThis as { hacked?: number }).hacked, document.querySelectorAll("main img, main [onerror], main [onload], a[href^='javascript']").length])).toEqual([undefined, 0]);
    }
  });
});
