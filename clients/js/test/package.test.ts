import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const bin = (name: string): string => join(root, "node_modules", ".bin", name);
const run = (command: string, args: string[], cwd = root): string => execFileSync(command, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

let folder = "";
let tarball = "";
before(() => {
  folder = mkdtempSync(join(tmpdir(), "webplug-pack-"));
  process.on("exit", () => { rmSync(folder, { recursive: true, force: true }); });
  tarball = join(folder, run("npm", ["pack", "--silent", "--ignore-scripts", "--pack-destination", folder]).trim());
});

/** min and gzip of a module's named exports, as a bundler leaves them. */
async function size(code: string): Promise<number> {
  const { outputFiles: [file] } = await build({
    stdin: { contents: code, resolveDir: root }, bundle: true, minify: true, format: "esm", target: "es2022", write: false,
  });
  assert.ok(file);
  return gzipSync(file.contents, { level: 9 }).length;
}

test("all of it is less than 12 KB minified and gzipped, verify less than 3 KB", async () => {
  const whole = await size('export * from "webplug"; export * as verify from "webplug/verify"');
  const verify = await size('export * from "webplug/verify"');
  assert.ok(whole < 12 * 1024, `all: ${whole}`);
  assert.ok(verify < 3 * 1024, `verify: ${verify}`);
});

test("what is packed is dist, README, LICENSE, and the manifest of verify for old resolvers", () => {
  const files = run("tar", ["-tzf", tarball]).trim().split("\n").map((name) => name.replace("package/", ""));
  assert.deepEqual(files.filter((name) => !name.startsWith("dist/")).sort(), ["LICENSE", "README.md", "package.json", "verify/package.json"]);
  assert.ok(files.every((name) => !name.startsWith("dist/") || /\.(js|d\.ts)$|^dist\/cjs\/package\.json$/.test(name)), files.join(" "));
  for (const format of ["esm", "cjs"]) {
    for (const entry of ["index", "verify/index"]) assert.ok(files.includes(`dist/${format}/${entry}.js`) && files.includes(`dist/${format}/${entry}.d.ts`));
  }
});

test("the licence is the repository's", () => {
  assert.equal(readFileSync(join(root, "LICENSE"), "utf8"), readFileSync(join(root, "../../LICENSE"), "utf8"));
});

test("it has no dependency, and uses nothing but the web's own APIs", () => {
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Record<string, unknown>;
  for (const kind of ["dependencies", "peerDependencies", "optionalDependencies"]) assert.equal(manifest[kind], undefined);
  for (const format of ["esm", "cjs"]) {
    for (const name of readdirSync(join(root, "dist", format), { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".js"))) {
      const code = readFileSync(join(root, "dist", format, name), "utf8");
      for (const [, from] of code.matchAll(/(?:from |require\(|import\()"([^"]+)"/g)) assert.match(String(from), /^\.\.?\//, name);
      assert.doesNotMatch(code, /\bBuffer\b/, name);
    }
  }
});

test("publint finds nothing", () => {
  assert.match(run(bin("publint"), ["--strict", tarball]), /All good/);
});

test("arethetypeswrong finds nothing, in any way of resolving", () => {
  assert.match(run(bin("attw"), [tarball, "--no-color", "--no-emoji"]), /No problems found/);
});

test("installed, it is imported as a module and required, with the same exports, and its manifest can be read", () => {
  const modules = join(folder, "node_modules");
  run("tar", ["-xzf", tarball, "-C", folder]);
  cpSync(join(folder, "package"), join(modules, "webplug"), { recursive: true });
  writeFileSync(join(folder, "a.mjs"), 'import * as a from "webplug"; import * as v from "webplug/verify"; console.log(Object.keys({ ...a, ...v }).join())');
  writeFileSync(join(folder, "a.cjs"), 'const a = require("webplug"), v = require("webplug/verify"); console.log(Object.keys({ ...a, ...v }).sort().join())');
  const names = (file: string): string => run(process.execPath, [file], folder).trim().split(",").filter((name) => name !== "__esModule" && name !== "default" && name !== "module.exports").sort().join();
  assert.equal(names("a.mjs"), names("a.cjs"));
  assert.match(names("a.mjs"), /ApiError.*Webplug.*verify/);
  const manifest = createRequire(join(folder, "a.cjs"))("webplug/package.json") as { version: string };
  assert.match(manifest.version, /^\d+\.\d+\.\d+$/);
});

test("an error of one copy of the package is known to the other", async () => {
  const required = createRequire(import.meta.url)("webplug") as typeof import("webplug");
  const imported = await import("webplug");
  assert.notEqual(required.WebplugError, imported.WebplugError);
  const error: unknown = await new required.Webplug({ url: "http://x.invalid", apiKey: "k", retries: 0, fetch: () => Promise.reject(new Error("no")) })
    .services.get("svc_1").catch((e: unknown) => e);
  assert.ok(imported.WebplugError.is(error) && !(error instanceof imported.WebplugError));
  assert.ok(!imported.WebplugError.is(new Error("no")) && !imported.WebplugError.is(null));
});

test("the types of the API are those of its description", () => {
  const script = "import { generate } from './scripts/generate.mjs'; process.stdout.write(await generate())";
  assert.equal(readFileSync(join(root, "src/openapi.ts"), "utf8"), run(process.execPath, ["--input-type=module", "-e", script]),
    "src/openapi.ts is not current: run `npm run generate` in clients/js");
});

test("the lock file names no registry", () => {
  assert.doesNotMatch(readFileSync(join(root, "package-lock.json"), "utf8"), /"resolved"/);
});
