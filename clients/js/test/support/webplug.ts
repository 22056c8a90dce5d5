import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { connect, createServer as createTcpServer, type AddressInfo, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { Webplug } from "webplug";
import { expressHandler, type HandlerOptions, type Webhook } from "webplug/verify";

const repository = fileURLToPath(new URL("../../../..", import.meta.url));

/** A folder of this process's own, gone with it. */
export const folder = mkdtempSync(join(tmpdir(), "webplug-js-"));
process.on("exit", () => { rmSync(folder, { recursive: true, force: true }); });

let binary: string | undefined;

/** The real program, built once for each process. */
function built(): string {
  if (binary) return binary;
  const path = join(folder, "webplug");
  execFileSync("go", ["build", "-trimpath", "-ldflags", "-s -w", "-o", path, "./cmd/webplug"], {
    cwd: repository, env: { ...process.env, CGO_ENABLED: "0" }, stdio: "inherit",
  });
  return (binary = path);
}

/** A running WebPlug with data of its own; its admin key is `key`. */
export interface Running {
  url: string;
  key: string;
  stop: () => Promise<void>;
}

/** Starts WebPlug on a free port, or on `addr`, with the data in `data` if it is given. */
export async function start({ addr = "127.0.0.1:0", data = mkdtempSync(join(folder, "data-")), args = [] as string[] } = {}): Promise<Running> {
  const key = "an-admin-key-of-the-tests";
  const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("WEBPLUG_")));
  const server = spawn(built(), ["serve", "--addr", addr, "--data", data, "--log-format", "json", "--allow-private-endpoints", "--grace", "1s", ...args], {
    env: { ...environment, WEBPLUG_API_KEY: key }, stdio: ["ignore", "ignore", "pipe"],
  });
  const ended = once(server, "exit");
  process.on("exit", () => server.kill("SIGKILL"));
  const lines: string[] = [];
  for await (const line of createInterface({ input: server.stderr })) {
    lines.push(line);
    const said = JSON.parse(line.startsWith("{") ? line : "{}") as { msg?: string; url?: string };
    if (said.msg === "webplug is ready" && said.url) {
      server.stderr.resume();
      return { url: said.url, key, stop: async () => { server.kill("SIGTERM"); await ended; } };
    }
  }
  throw new Error(`webplug ended at once:\n${lines.join("\n")}`);
}

/** Waits until there is something; fails after a minute. */
export async function until<T>(what: string, look: () => T | undefined | false | Promise<T | undefined | false>): Promise<T> {
  for (let i = 0; i < 3_000; i++) {
    const found = await look();
    if (found) return found;
    await pause(20);
  }
  throw new Error(`waited in vain for ${what}`);
}

/** An endpoint: it verifies by our own handler, and answers what it is told once the webhook was right. */
export async function receiver(options: HandlerOptions = {}) {
  const got: Webhook[] = [];
  const refused: string[] = [];
  const state = { options: { ...options, onRefused: (error) => { refused.push(error.reason); } } as HandlerOptions, status: 200 };
  const server = createServer((request, response) => {
    const handle = expressHandler(state.options, (webhook: Webhook) => {
      got.push(webhook);
      if (state.status !== 200) throw new Error("as it was told");
    });
    void handle(request, response, () => { response.writeHead(state.status).end(); });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const close = (): void => { server.closeAllConnections(); server.close(); };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, got, refused, state, close };
}

/** Something between client and server that can cut what is under way, before or after the server has had the request. */
export async function wire(target: string) {
  const { hostname, port } = new URL(target);
  const open = new Set<Socket>();
  const state = { loseAnswers: 0, cuts: 0 };
  const server = createTcpServer((near) => {
    const far = connect(Number(port), hostname);
    const drop = (): void => { near.destroy(); far.destroy(); open.delete(near); };
    open.add(near);
    near.pipe(far);
    far.on("data", (bytes) => {
      if (state.loseAnswers > 0) {
        state.loseAnswers--;
        state.cuts++;
        drop();
      } else near.write(bytes);
    });
    for (const one of [near, far]) one.on("error", drop).on("close", drop);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, state,
    cut: () => { for (const socket of open) { socket.destroy(); state.cuts++; } },
    close: () => { for (const socket of open) socket.destroy(); server.close(); },
  };
}

let named = 0;

/** A service with a user and an event type, and a client for it. */
export async function scene(running: Running, type = "card_issued") {
  const admin = new Webplug({ url: running.url, apiKey: running.key, deadlineMs: 30_000 });
  const service = await admin.services.create({ name: `Bank ${process.pid}-${++named}` });
  const wp = admin.withService(service.id);
  const user = await wp.users.create({ name: "Ada", externalId: "ada" });
  await wp.eventTypes.create({ name: type, example: { card: "4242" } });
  return { admin, wp, service, user };
}

