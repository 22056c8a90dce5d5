import { VerificationError, type Reason } from "./errors.js";
import type { Input, LambdaEvent, NodeRequest } from "./input.js";
import type { SnsTrust } from "./sns.js";
import { confirm, verify, type Handshake, type Options, type SnsOptions, type Webhook } from "./verify.js";

/** How a handler verifies, and what else it is to do. */
export type HandlerOptions = Options & Partial<SnsTrust> & {
  /** Whether a SubscriptionConfirmation of one of the topics is confirmed by itself; true if it is left out. */
  autoConfirm?: boolean;
  /** Told of each handshake, once it is confirmed if it is to be. */
  onHandshake?: (handshake: Handshake) => unknown;
  /** Told of each request that was refused. */
  onRefused?: (error: VerificationError) => unknown;
  /** Instead of the global one, for confirmations. */
  fetch?: typeof fetch;
};

/** What to do with a webhook. What it throws makes the answer a 5xx, and the webhook comes again. */
export type Handle<M extends object, Context> = (webhook: Webhook<M>, context: Context) => unknown;

type Answer = [status: number, text: string];

/** Not the sender's fault: it is to try again, which SNS does not after a 400. */
const ours: Reason[] = ["secret_malformed", "body_was_parsed", "sns_cert_unavailable", "sns_confirm_failed"];

async function receive<M extends object>(input: Input, options: HandlerOptions, handle: (webhook: Webhook<M>) => unknown): Promise<Answer> {
  let got: Webhook<M> | Handshake;
  try {
    got = await verify<M>(input, options as SnsOptions);
    if (got.kind === "confirmation" && options.autoConfirm !== false) await confirm(got, options);
  } catch (error) {
    if (!(error instanceof VerificationError)) throw error;
    await options.onRefused?.(error);
    return [ours.includes(error.reason) ? 500 : 400, `${error.reason}: ${error.message}`];
  }
  await (got.kind === "webhook" ? handle(got) : options.onHandshake?.(got));
  return [200, got.kind];
}

const headers = { "content-type": "text/plain; charset=utf-8" };

/** What is used of a response of Express, or of Node's http. */
export interface NodeResponse {
  readonly headersSent?: boolean;
  writeHead(status: number, headers: Record<string, string>): { end(text: string): unknown };
}

/**
 * For Express, Connect and Node's http. Put no body parser before it but express.raw. What the handler throws goes to `next`;
 * where there is none, to the console, and the answer is a 500.
 */
export function expressHandler<M extends object = Record<string, unknown>, Req extends NodeRequest = NodeRequest>(
  options: HandlerOptions, handle: Handle<M, Req>,
): (request: Req, response: NodeResponse, next?: (error: unknown) => unknown) => Promise<void> {
  return async (request, response, next) => {
    const answer = (status: number, text: string): void => {
      if (!response.headersSent) response.writeHead(status, headers).end(text);
    };
    try {
      answer(...await receive<M>(request, options, (webhook) => handle(webhook, request)));
    } catch (error) {
      if (next) return void next(error);
      console.error(error);
      answer(500, "failed");
    }
  };
}

/** For whatever takes a Request and gives a Response: Hono (give it to app.post), Next, Deno, Bun, Workers. */
export function fetchHandler<M extends object = Record<string, unknown>>(
  options: HandlerOptions, handle: Handle<M, Request>,
): (input: Request | { req: { raw: Request } }) => Promise<Response> {
  return async (input) => {
    const request = "req" in input ? input.req.raw : input;
    const [status, text] = await receive<M>(request, options, (webhook) => handle(webhook, request));
    return new Response(text, { status });
  };
}

/** For AWS Lambda behind API Gateway, a function URL or a load balancer. */
export function lambdaHandler<M extends object = Record<string, unknown>, Event extends LambdaEvent = LambdaEvent>(
  options: HandlerOptions, handle: Handle<M, Event>,
): (event: Event) => Promise<{ statusCode: number; headers: Record<string, string>; body: string }> {
  return async (event) => {
    const [status, text] = await receive<M>(event, options, (webhook) => handle(webhook, event));
    return { statusCode: status, headers, body: text };
  };
}
