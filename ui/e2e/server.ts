import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";

const root = path.resolve(import.meta.dirname, "../..");
const binary = process.env.WEBPLUG_BIN ?? path.join(root, "bin/webplug");

export const adminKey = "admin-key-of-the-ui-tests";

/** The real binary with an empty data folder, on a port of its own. */
export interface Server {
  url: string;
  stop: () => Promise<void>;
}

async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => (address && typeof address === "object" ? resolve(address.port) : reject(new Error("no port"))));
    });
  });
}

export async function startServer(...flags: string[]): Promise<Server> {
  if (!existsSync(binary)) throw new Error(`${binary} is missing: run make build`);
  const data = mkdtempSync(path.join(tmpdir(), "webplug-ui-"));
  const port = process.env.WEBPLUG_PORT ? Number(process.env.WEBPLUG_PORT) : await freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(binary, ["serve", "--addr", `127.0.0.1:${port}`, "--data", data, "--allow-private-endpoints", "--grace", "2s", "--log-level", "error", ...flags], {
    env: { ...process.env, WEBPLUG_API_KEY: adminKey },
    stdio: ["ignore", "inherit", "inherit"],
  });
  await ready(url, child);
  return {
    url,
    stop: async () => {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      await ended;
      rmSync(data, { recursive: true, force: true });
    },
  };
}

async function ready(url: string, child: ChildProcess): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (Date.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`webplug ended with ${child.exitCode}`);
    const answer = await fetch(`${url}/readyz`).catch(() => null);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("webplug is not ready after 30 s");
}
