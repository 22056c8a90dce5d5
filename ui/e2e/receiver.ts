import { createServer } from "node:http";

/** What came, and what is answered to it. */
export interface Received {
  path: string;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

/** How the receiver answers a path: a status, with a body if there is one. */
export type Answer = { status: number; body?: string; type?: string; wait?: number };

export interface Receiver {
  url: (path: string) => string;
  /** Sets the answer of a path from now on; 200 if it was never set. */
  answer: (path: string, ...answers: Answer[]) => void;
  received: Received[];
  /** Resolves when so many came to the path. */
  came: (path: string, count: number) => Promise<Received[]>;
  stop: () => Promise<void>;
}

/** A real endpoint: an HTTP server that notes what it gets. Of several answers the last one stays. */
export async function startReceiver(): Promise<Receiver> {
  const answers = new Map<string, Answer[]>();
  const received: Received[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8");
    request.on("data", (chunk: string) => (body += chunk));
    request.on("end", () => {
      const path = request.url ?? "/";
      received.push({ path, headers: request.headers, body });
      const queue = answers.get(path) ?? [];
      const answer = (queue.length > 1 ? queue.shift() : queue[0]) ?? { status: 200 };
      setTimeout(() => {
        response.writeHead(answer.status, { "Content-Type": answer.type ?? "application/json" });
        response.end(answer.body ?? "");
      }, answer.wait ?? 0);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (!address || typeof address === "string") throw new Error("the receiver has no port");
  const base = `http://127.0.0.1:${address.port}`;
  return {
    url: (path) => base + path,
    answer: (path, ...list) => answers.set(path, list),
    received,
    came: async (path, count) => {
      const deadline = Date.now() + 30_000;
      for (;;) {
        const found = received.filter((r) => r.path === path);
        if (found.length >= count) return found;
        if (Date.now() > deadline) throw new Error(`${path} got ${found.length} of ${count}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
