// Events carry their data as JSON that depends on their type: these read it without trusting it.
import type { Event, LiveEvent } from "@/api/types";

type Data = Event["data"] | LiveEvent["data"];

export function text(data: Data, field: string): string | undefined {
  const value = data[field];
  return typeof value === "string" && value !== "" ? value : undefined;
}

export function number(data: Data, field: string): number | undefined {
  const value = data[field];
  return typeof value === "number" ? value : undefined;
}

export function list(data: Data, field: string): unknown[] {
  const value = data[field];
  return Array.isArray(value) ? value : [];
}

export function member(value: unknown, field: string): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const found = (value as Record<string, unknown>)[field];
  return typeof found === "string" ? found : undefined;
}

/** The endpoint that an event is about: the leaf of a delivery's stream, or the root of its own. */
export function endpointOf(stream: string): string | undefined {
  return stream.split("/").findLast((part) => part.startsWith("ep_"));
}

/** The message that an event is about. */
export function messageOf(stream: string): string | undefined {
  const part = stream.split("/").find((p) => p.startsWith("msg_"));
  return part?.split("~")[0];
}
