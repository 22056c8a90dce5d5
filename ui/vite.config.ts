import path from "node:path";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

/** The server that `npm run dev` talks to. */
const server = process.env.WEBPLUG_URL ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react(), tailwindcss()],
  resolve: { alias: { "@": path.resolve(import.meta.dirname, "src") } },
  build: {
    // The colours are written with light-dark(), which these have; older ones would get a larger polyfill.
    target: ["chrome123", "firefox128", "safari17.5"],
    assetsInlineLimit: 0, // the Content-Security-Policy allows no data: URLs
    reportCompressedSize: false,
  },
  server: {
    proxy: { "^/(v1|healthz|readyz|metrics|openapi.json|docs)": { target: server, changeOrigin: true } },
  },
  test: {
    projects: [
      { extends: true, test: { name: "unit", include: ["src/**/*.test.ts"], environment: "node" } },
      {
        extends: true,
        test: {
          name: "e2e",
          include: ["e2e/**/*.test.ts"],
          environment: "node",
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
