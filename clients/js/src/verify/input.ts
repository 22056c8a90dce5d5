import { VerificationError } from "./errors.js";

/** Headers in any of the shapes that runtimes have them: names in any case, values single or in an array. */
export type HeadersInput =
  | { get(name: string): string | null | undefined }
  | Readonly<Record<string, string | readonly string[] | undefined>>;

/** A request of Node's http, and of what is built on it; `body` is there where a parser ran before. */
export interface NodeRequest extends AsyncIterable<Uint8Array | string> {
  headers: Readonly<Record<string, string | string[] | undefined>>;
  readableDidRead?: boolean;
  body?: unknown;
  rawBody?: unknown;
}

/** An event of API Gateway (both versions), a function URL or a load balancer. */
export interface LambdaEvent {
  headers?: Readonly<Record<string, string | undefined>> | null;
  multiValueHeaders?: Readonly<Record<string, string[] | undefined>> | null;
  body?: string | null;
  isBase64Encoded?: boolean;
}

/** What can be verified. A body by itself needs the option `headers`. */
export type Input = string | Uint8Array | ArrayBuffer | Request | NodeRequest | LambdaEvent;

/** A request as it came: the body's own bytes, and a look-up of headers. */
export interface Raw {
  bytes: Uint8Array<ArrayBuffer>;
  header: (name: string) => string | undefined;
}

/** Reads a request; of a body that is still to come, at most `limit` bytes. */
export async function readInput(input: Input, headers: HeadersInput | undefined, limit: number): Promise<Raw> {
  const source = input as Partial<Request & NodeRequest & LambdaEvent>;
  return { bytes: bytesOf(input) ?? (await bodyOf(source, limit)), header: lookup(headers ?? source.headers ?? source.multiValueHeaders ?? {}) };
}

async function bodyOf(source: Partial<Request & NodeRequest & LambdaEvent>, limit: number): Promise<Uint8Array<ArrayBuffer>> {
  const { body, rawBody } = source as { body: unknown; rawBody: unknown };
  if ("arrayBuffer" in source) {
    if (!source.bodyUsed) return collect((body ?? []) as AsyncIterable<Uint8Array>, limit);
  } else {
    const ready = bytesOf(rawBody) ?? (source.isBase64Encoded ? fromBase64(body as string) : bytesOf(body));
    if (ready) return ready;
    if (Symbol.asyncIterator in source) {
      // A parser that does not take this content type leaves {} or nothing behind, and the stream unread.
      if (!source.readableDidRead) return collect(source as NodeRequest, limit);
    } else if (source.headers && body == null) return new Uint8Array();
  }
  throw new VerificationError("body_was_parsed", 'the bytes are gone: use express.raw({ type: "*/*" }), not express.json(); a request.clone(); or rawBody');
}

async function collect(chunks: AsyncIterable<Uint8Array | string>, limit: number): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    const part = bytesOf(chunk) as Uint8Array<ArrayBuffer>;
    length += part.length;
    if (length > limit) throw new VerificationError("body_too_large", `it is over maxBytes, ${limit}`);
    parts.push(part);
  }
  return join(parts);
}

/** The parts, one after another. */
export async function join(parts: Uint8Array<ArrayBuffer>[]): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

/** Bytes of a text, an ArrayBuffer or an array of bytes, of any realm; undefined of anything else. */
export function bytesOf(value: unknown): Uint8Array<ArrayBuffer> | undefined {
  if (typeof value === "string") return utf8(value);
  return (value as Partial<ArrayBuffer> | undefined)?.byteLength === undefined ? undefined : new Uint8Array(value as ArrayBuffer);
}

export function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

export function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** Nothing of what is no base64: as a key or a signature that is refused. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return new Uint8Array();
  }
}

function lookup(headers: HeadersInput): (name: string) => string | undefined {
  if (typeof headers.get === "function") return (name) => (headers as Headers).get(name) ?? undefined;
  const values = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), [value].flat().join(" ")]));
  return (name) => values[name];
}
