import { Code } from "./json";

const quote = (s: string): string => `'${s.replaceAll("'", `'\\''`)}'`;

/** The line that does the same from a shell; a body that is a text is JSON already. The key stays in a variable: nobody should paste one into a history. */
export function curlLine(method: string, path: string, body?: unknown): string {
  const lines = [`curl ${method === "POST" || method === "GET" ? "" : `-X ${method} `}${location.origin}${path}`, `  -H "Authorization: Bearer $WEBPLUG_API_KEY"`];
  if (body !== undefined) lines.push(`  -H "Content-Type: application/json"`, `  -d ${quote(typeof body === "string" ? body : JSON.stringify(body))}`);
  else if (method === "POST") lines[0] = `curl -X POST ${location.origin}${path}`;
  return lines.join(" \\\n");
}

export function Curl(props: { method: string; path: string; body?: unknown; className?: string }) {
  return <Code text={curlLine(props.method, props.path, props.body)} label="curl line" className={props.className} />;
}
