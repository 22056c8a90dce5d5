import createClient, { type Middleware } from "openapi-fetch";
import { forgetKey, readKey } from "@/app/session";
import { notePosition } from "./position";
import { isProblem, Refused } from "./problem";
import type { paths } from "./schema";

/** The API of the server that served this page. */
export const api = createClient<paths>({ baseUrl: "/" });

const withKey: Middleware = {
  onRequest({ request }) {
    const key = readKey();
    if (key) request.headers.set("Authorization", `Bearer ${key}`);
    return request;
  },
  onResponse({ request, response }) {
    notePosition(response.headers.get("WebPlug-Position"));
    if (response.status === 401 && request.headers.has("Authorization")) forgetKey("refused");
    return response;
  },
};
api.use(withKey);

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** What a call answered, or the refusal as an exception. */
export async function ask<T>(call: Promise<Answer<T>>): Promise<NonNullable<T>> {
  let answer: Answer<T>;
  try {
    answer = await call;
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Refused(0, undefined);
  }
  if (answer.data !== undefined && answer.data !== null && answer.response.ok) return answer.data;
  throw refusal(answer);
}

/** A call that answers nothing, as DELETE does. */
export async function tellServer(call: Promise<Answer<unknown>>): Promise<void> {
  const answer = await call.catch(() => {
    throw new Refused(0, undefined);
  });
  if (!answer.response.ok) throw refusal(answer);
}

function refusal(answer: Answer<unknown>): Refused {
  const problem = isProblem(answer.error) ? answer.error : undefined;
  return new Refused(answer.response.status, problem, answer.response.headers.get("X-Request-Id") ?? undefined);
}
