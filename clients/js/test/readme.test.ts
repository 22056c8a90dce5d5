import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { after, before, test, type TestContext } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";

import { transform } from "esbuild";
import { Webplug } from "webplug";
import { start, until, type Running } from "./support/webplug.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = join(root, ".test", "readme");

/** The README's examples, by their file names. */
const examples = new Map([...readFileSync(join(root, "README.md"), "utf8").matchAll(/```ts file=(\S+)\n(.*?)```/gs)].map(([, name, code]) => [String(name), String(code)]));

let running: Running;
let port = 0;
/** What the examples print for the environment of those that come after. */
const environment: Record<string, string> = {};

before(async () => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  running = await start();
  port = await freePort();
  environment.WEBPLUG_API_KEY = running.key;
  for (const [name, code] of examples) {
    writeFileSync(join(folder, name), code);
    const here = code.replaceAll("http://127.0.0.1:8080", running.url).replaceAll("127.0.0.1:3000", `127.0.0.1:${port}`).replaceAll("listen(3000", `listen(${port}`);
    writeFileSync(path(name), (await transform(here, { loader: "ts", format: "esm" })).code);
  }
});
after(async () => { await running.stop(); });

const path = (name: string): string => join(folder, name.replace(".ts", ".mjs"));

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port: free } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return free;
}

/** Runs an example as a program, and gives what it prints. */
function run(name: string): string {
  return execFileSync(process.execPath, [path(name)], { encoding: "utf8", env: { ...process.env, ...environment }, stdio: ["ignore", "pipe", "inherit"] });
}

function signed(body: string): Record<string, string> {
  const timestamp = String(Math.floor(Date.now() / 1_000));
  const key = Buffer.from(String(environment.WEBPLUG_SECRET).slice(6), "base64");
  const mac = createHmac("sha256", key).update(`msg_1.${timestamp}.${body}`).digest("base64");
  return { "webhook-id": "msg_1", "webhook-timestamp": timestamp, "webhook-signature": `v1,${mac}` };
}

const body = '{"id":"msg_1","type":"card_issued","timestamp":"2026-01-01T00:00:00Z","data":{"card":"4242"}}';

test("every example compiles", () => {
  const config = {
    compilerOptions: { strict: true, target: "ES2022", module: "nodenext", noEmit: true, skipLibCheck: true, types: ["node"], lib: ["ES2023"] },
    files: [...examples.keys()],
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
  execFileSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", folder], { stdio: "inherit" });
});

/** Runs the example of a receiver, and gives what it has printed. */
async function receiving(t: TestContext): Promise<() => string> {
  const server = spawn(process.execPath, [path("express.ts")], { env: { ...process.env, ...environment }, stdio: ["ignore", "pipe", "inherit"] });
  t.after(async () => { server.kill(); await once(server, "exit"); });
  let out = "";
  server.stdout.setEncoding("utf8").on("data", (text: string) => { out += text; });
  await until("the receiver", () => fetch(`http://127.0.0.1:${port}`).catch(() => undefined));
  return () => out;
}

test("publish, and receive with Express", async (t) => {
  const printed = run("publish.ts");
  for (const [, name, value] of printed.matchAll(/(WEBPLUG_\w+)=(\S+)/g)) environment[String(name)] = String(value);
  const [, id] = /^(msg_\w+) 1 \[\]$/m.exec(printed) ?? [];
  assert.ok(id, printed);

  // The first attempt found nobody: the next comes seconds later. So it is asked for.
  const out = await receiving(t);
  const webplug = new Webplug({ url: running.url, apiKey: running.key, serviceId: environment.WEBPLUG_SERVICE });
  const { data: [delivery] } = await webplug.messages.deliveries(id);
  await webplug.messages.retry(id, delivery?.endpointId ?? "");
  await until("the webhook", () => out().includes(`${id} card_issued { card: '4242', limit: 500 }`));
});

test("receive with Hono", async (t) => {
  process.env.WEBPLUG_SECRET = String(environment.WEBPLUG_SECRET);
  t.after(() => { delete process.env.WEBPLUG_SECRET; });
  const { default: app } = await import(pathToFileURL(path("hono.ts")).href) as { default: { request(url: string, init: RequestInit): Promise<Response> } };
  assert.equal((await app.request("/webhooks", { method: "POST", headers: signed(body), body })).status, 200);
  assert.equal((await app.request("/webhooks", { method: "POST", headers: signed(body), body: `${body} ` })).status, 400);
});

test("receive in Lambda", async (t) => {
  process.env.WEBPLUG_SECRET = String(environment.WEBPLUG_SECRET);
  t.after(() => { delete process.env.WEBPLUG_SECRET; });
  const { handler } = await import(pathToFileURL(path("lambda.ts")).href) as { handler: (event: object) => Promise<{ statusCode: number }> };
  assert.equal((await handler({ headers: signed(body), body, isBase64Encoded: false })).statusCode, 200);
});

test("verify by hand, with the secrets before and after a rotation", async (t) => {
  Object.assign(process.env, { OLD_SECRET: environment.WEBPLUG_SECRET, NEW_SECRET: "whsec_bmV3ZXIgdGhhbiB0aGUgb2xkIG9uZQ==" });
  t.after(() => { delete process.env.OLD_SECRET; delete process.env.NEW_SECRET; });
  const { receive } = await import(pathToFileURL(path("verify.ts")).href) as { receive: (text: string, headers: object) => Promise<unknown> };
  assert.deepEqual(await receive(body, signed(body)), { card: "4242" });
});

test("errors, retries, lists and the life of a message", () => {
  assert.match(run("errors.ts"), /^usr_\w+\n$/);
  assert.match(run("retries.ts"), /GET http.*\/users 200/);
  assert.match(run("lists.ts"), /^msg_\w+ card_issued 20.*\n0\nEve\n$/);
  assert.match(run("history.ts"), /MessageAccepted admin[^]*RetryRequested admin[^]*DeliverySucceeded dispatch[^]* delivered 200 null/);
});

test("endpoints and subscriptions, and keys", () => {
  assert.match(run("endpoints.ts"), /^sub_\w+ card_blocked active\n$/);
  assert.equal(run("keys.ts"), "[ 'publish', 'read' ]\n");
});

test("events as they happen", async (t) => {
  await receiving(t);
  assert.match(run("live.ts"), /^MessageAccepted (msg_\w+) (undefined|null)\nDeliverySucceeded \1 ep_\w+\n\S+\n$/);
});

test("dead letters and jobs", () => {
  assert.match(run("dead-letters.ts"), /finished (\d+) \1 0\n$/);
});

test("an endpoint of format sns", () => {
  run("sns.ts");
});
