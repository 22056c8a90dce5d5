import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { type Api, apiOf, must } from "./api";
import { launch, type Look, open } from "./browser";
import { type Receiver, startReceiver } from "./receiver";
import { adminKey, type Server, startServer } from "./server";

export type Visited = Page & { complaints: string[] };

/** The real binary, a real endpoint and a browser, for all tests of a file; pages are closed after each. */
export function useScene() {
  let server: Server;
  let receiver: Receiver;
  let browser: Browser;
  let api: Api;
  const pages: Visited[] = [];

  beforeAll(async () => {
    [server, receiver, browser] = await Promise.all([startServer(), startReceiver(), launch()]);
    api = apiOf(server.url);
  });
  afterEach(async ({ task }) => {
    // What the person saw when it went wrong.
    if (task.result?.state === "fail") await Promise.all(pages.map((p, n) => p.screenshot({ path: join(import.meta.dirname, "shots", `failed-${n}.png`) })));
    const complaints = pages.flatMap((p) => p.complaints);
    await Promise.all(pages.splice(0).map((p) => p.context().close()));
    expect(complaints).toEqual([]);
  });
  afterAll(async () => {
    await browser?.close();
    await Promise.all([server?.stop(), receiver?.stop()]);
  });

  /** A page signed in with a key; null for none. */
  async function visit(path: string, key: string | null = adminKey, look?: Look): Promise<Visited> {
    const page = await open(browser, server.url, path, key, look);
    pages.push(page);
    return page;
  }

  /** A service with one user, and what it needs to publish. */
  async function furnish(name: string) {
    const { id: svc } = await must(api.POST("/v1/services", { body: { name } }));
    const path = { svc };
    const user = async (body: { name: string; external_id?: string }) => (await must(api.POST("/v1/services/{svc}/users", { params: { path }, body }))).id;
    const usr = await user({ name: "Ada's shop" });
    await must(api.POST("/v1/services/{svc}/event-types", { params: { path }, body: { name: "card_issued", example: { card: "crd_1" } as never } }));
    const endpoint = async (at: string, format?: "sns", owner = usr) =>
      (await must(api.POST("/v1/services/{svc}/endpoints", { params: { path }, body: { user_id: owner, url: at.startsWith("http") ? at : receiver.url(at), event_types: ["card_issued"], format } }))).id;
    const publish = async (payload: object = { card: "crd_1" }, to: string | null = usr) =>
      (await must(api.POST("/v1/services/{svc}/messages", { params: { path }, body: { event_type: "card_issued", user_id: to ?? undefined, payload: payload as never } }))).id;
    return { svc, usr, user, endpoint, publish, base: `/services/${svc}` };
  }

  return {
    visit,
    furnish,
    api: () => api,
    receiver: () => receiver,
    url: () => server.url,
  };
}

export const button = (page: Page, name: string | RegExp) => page.getByRole("button", { name });
