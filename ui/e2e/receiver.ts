import { createServer } from "node:http";

/** What came, and what is answered to it. */
export interface Received {
  path: string;
  headers: Record<string, string | string[] | undefined>;
  body: string;
  /** What was answered, and when; undefined while it waits. */
  answered?: { status: number; at: number };
}

/** How the receiver answers a path: a status, with a body if there is one. */
export type Answer = { status: number; body?: string; type?: string; wait?: number };

export interface Receiver {
  url: (path: string) => string;
  /** Sets the answer of a path from now on; 200 if it was never set. */
  answer: (path: string, ...answers: Answer[]) => void;
  /** Sets what each webhook is answered on a path: its first attempt the first, and so on; the last one stays. */
  answerEach: (path: string, ...answers: Answer[]) => void;
  received: Received[];
  /** Resolves when so many came to the path. */
  came: (path: string, count: number) => Promise<Received[]>;
  stop: () => Promise<void>;
}

/** A real endpoint: an HTTP server that notes what it gets. Of several answers the last one stays. */
export async function startReceiver(): Promise<Receiver> {
  const answers = new Map<string, Answer[]>();
  const perWebhook = new Map<string, Answer[]>();
  const seen = new Map<string, number>(); // path and webhook-id ▶ attempts
  const received: Received[] = [];
  const answerTo = (path: string, id: string): Answer => {
    const each = perWebhook.get(path);
    if (each) {
      const n = seen.get(`${path} ${id}`) ?? 0;
      seen.set(`${path} ${id}`, n + 1);
      return each[Math.min(n, each.length - 1)] ?? { status: 200 };
    }
    const queue = answers.get(path) ?? [];
    return (queue.length > 1 ? queue.shift() : queue[0]) ?? { status: 200 };
  };
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8");
    request.on("data", (chunk: string) => (body += chunk));
    request.on("end", () => {
      const path = request.url ?? "/";
      const got: Received = { path, headers: request.headers, body };
      received.push(got);
      const answer = answerTo(path, String(request.headers["webhook-id"]));
      setTimeout(() => {
        got.answered = { status: answer.status, at: Date.now() };
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
    answerEach: (path, ...list) => perWebhook.set(path, list),
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
