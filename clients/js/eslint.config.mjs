import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["dist", ".test", "src/openapi.ts"] },
  tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { project: ["tsconfig.json", "test/tsconfig.json"], tsconfigRootDir: dirname(fileURLToPath(import.meta.url)) } },
    rules: {
      // Numbers read well in a text.
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      // A signal's reason is thrown as it is, as the platform does.
      "@typescript-eslint/only-throw-error": "off",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
      // Null and undefined are the same where JSON comes in.
      eqeqeq: ["error", "always", { null: "ignore" }],
      // node:test's own.
      "@typescript-eslint/no-floating-promises": ["error", { allowForKnownSafeCalls: [{ from: "package", name: "test", package: "node:test" }] }],
    },
  },
  { files: ["**/*.mjs"], extends: [tseslint.configs.disableTypeChecked] },
);
