/** "service_id" ▶ "serviceId". */
export type CamelCase<S extends string> = S extends `${infer Head}_${infer Tail}` ? `${Head}${Capitalize<CamelCase<Tail>>}` : S;

/** Members whose values are the caller's own, or an event's as it is stored: never renamed inside. */
interface Untouched {
  payload: unknown;
  example: unknown;
  schema: Record<string, unknown> | boolean | null;
  metadata: Record<string, string>;
  data: Record<string, unknown>;
}

/** A type of the API with its members in camelCase; what belongs to the caller stays as it is. */
export type Camel<T> =
  T extends readonly (infer Item)[] ? Camel<Item>[]
  : T extends object ? { [K in keyof T as K extends string ? CamelCase<K> : K]: K extends keyof Untouched ? Untouched[K] : Camel<T[K]> }
  : T;

/** Like Camel, for what is sent. */
export type Input<T> =
  T extends readonly (infer Item)[] ? readonly Input<Item>[]
  : T extends object
    ? { [K in keyof T as K extends string ? CamelCase<K> : K]: K extends keyof Untouched ? Untouched[K] | Extract<T[K], null | undefined> : Input<T[K]> }
  : T;

/** And maps, whose names are values: "http_503". */
const untouched = new Set(["payload", "example", "schema", "metadata", "data", "causes", "skip_reasons"]);

/** The value with its members' names in camelCase. Arrays of `data`, as pages have them, are gone into. */
export function toCamel(value: unknown): unknown {
  return renamed(value, (name) => name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase()));
}

/** The value with its members' names in snake_case. */
export function toSnake(value: unknown): unknown {
  return renamed(value, (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
}

function renamed(value: unknown, rename: (name: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item) => renamed(item, rename));
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      rename(name),
      untouched.has(name) && !(name === "data" && Array.isArray(member)) ? member : renamed(member, rename),
    ]),
  );
}

/** Only literal objects: a parser of the caller's may make numbers that are instances of a class. */
function isRecord(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
