import { existsSync } from "node:fs";
import { type Browser, chromium, type Page } from "playwright-core";
import { adminKey } from "./server";

/** Where Chromium lies, or undefined: then these tests are left out. */
export const chromiumPath = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((p) => p && existsSync(p));

export function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: chromiumPath, args: ["--no-sandbox", "--font-render-hinting=none", "--disable-gpu"] });
}

export interface Look {
  theme?: "light" | "dark";
  width?: number;
  height?: number;
  touch?: boolean;
}

/** A page signed in with a key, which fails the test on any error of a script or of the page's policy. */
export async function open(browser: Browser, url: string, path: string, key: string | null = adminKey, look: Look = {}): Promise<Page & { complaints: string[] }> {
  const context = await browser.newContext({
    baseURL: url,
    viewport: { width: look.width ?? 1440, height: look.height ?? 900 },
    colorScheme: look.theme ?? "light",
    timezoneId: "UTC",
    locale: "en-GB",
    hasTouch: look.touch ?? false,
    reducedMotion: "reduce",
  });
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  if (key !== null) await context.addInitScript((k) => sessionStorage.getItem("webplug.key") ?? sessionStorage.setItem("webplug.key", k), key);
  const page = Object.assign(await context.newPage(), { complaints: [] as string[] });
  page.setDefaultTimeout(15_000);
  page.on("pageerror", (e) => page.complaints.push(`script: ${e.message}`));
  page.on("console", (m) => {
    if (m.type() === "error" && !/Failed to load resource/.test(m.text())) page.complaints.push(`console: ${m.text()}`);
  });
  await page.goto(path);
  return page;
}
