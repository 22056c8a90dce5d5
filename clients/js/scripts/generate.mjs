// Writes src/openapi.ts, the types of the API, from its description.
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import openapiTS, { astToString } from "openapi-typescript";

const description = new URL("../../../handlers/rest/openapi.yaml", import.meta.url);
export const generatedFile = fileURLToPath(new URL("../src/openapi.ts", import.meta.url));

/** The text that src/openapi.ts is to have. */
export async function generate() {
  const types = await openapiTS(description, { alphabetize: true });
  return `// Generated from handlers/rest/openapi.yaml by \`npm run generate\`. Do not edit.\n\n${astToString(types)}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await writeFile(generatedFile, await generate());
}
