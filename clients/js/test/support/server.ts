import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";

/** A request that the server got. */
export interface Got {
  method: string;
  url: string;
  headers: IncomingMessage["headers"];
  body: string;
  at: number;
}

/** What to answer; "close" cuts the connection without an answer, "hang" never answers. */
export type Reply = "close" | "hang" | { status?: number; headers?: Record<string, string>; body?: unknown };

/** A real server on loopback that answers by a script, its last reply for ever, and keeps what it got. */
export async function serve(t: TestContext, replies: Reply[] | ((got: Got, nth: number) => Reply | Promise<Reply>)) {
  const got: Got[] = [];
  const answer = typeof replies === "function" ? replies : (_: Got, nth: number) => replies[Math.min(nth, replies.length - 1)] ?? {};
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (chunk: string) => { body += chunk; }).on("end", () => {
      const one = { method: request.method ?? "", url: request.url ?? "", headers: request.headers, body, at: performance.now() };
      got.push(one);
      void Promise.resolve(answer(one, got.length - 1)).then((reply) => { write(response, reply); });
    });
  });
  await new Promise<void>((done) => { server.listen(0, "127.0.0.1", done); });
  t.after(() => { server.closeAllConnections(); server.close(); });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, got };
}

function write(response: ServerResponse, reply: Reply): void {
  if (reply === "hang") return;
  if (reply === "close") {
    response.socket?.destroy();
    return;
  }
  const { status = 200, headers = {}, body = {} } = reply;
  const text = typeof body === "string" ? body : JSON.stringify(body);
  response.writeHead(status, { "content-type": status < 400 ? "application/json" : "application/problem+json", "x-request-id": "req-1", ...headers });
  response.end(status === 204 ? undefined : text);
}

/** A problem document as the API answers it. */
export function problem(status: number, more: object = {}): Reply {
  return { status, body: { type: "conflict", title: "Conflict", status, detail: "it is so", request_id: "req-1", ...more } };
}
