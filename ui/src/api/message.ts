import { payloadText, prettyJson } from "@/lib/json-text";
import { api, ask } from "./client";
import type { WholeMessage } from "./types";

/** A message with its payload as it was published. */
export interface ReadMessage extends WholeMessage {
  /** The payload, byte for byte. */
  raw: string;
  /** The same, indented. */
  pretty: string;
}

export async function loadMessage(svc: string, msg: string): Promise<ReadMessage> {
  const text = await ask(api.GET("/v1/services/{svc}/messages/{msg}", { params: { path: { svc, msg } }, parseAs: "text" }));
  const raw = payloadText(text);
  return { ...(JSON.parse(text) as WholeMessage), raw, pretty: prettyJson(raw) };
}
