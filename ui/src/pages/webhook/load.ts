import { api, ask } from "@/api/client";
import type { Delivery, DeliveryStatus, Event } from "@/api/types";

/** How many deliveries, and events, of one message are shown: of a broadcast to more, those that need somebody. */
export const most = 500;
const page = 100; // the API's most

const needed: DeliveryStatus[] = ["failed", "retrying", "pending", "discarded", "skipped", "delivered"];

/** A message's deliveries: all, or of very many as many as are shown, those that failed first. */
export async function loadDeliveries(svc: string, msg: string, total: number): Promise<Delivery[]> {
  if (total <= most) return some(svc, msg, undefined, most);
  const out: Delivery[] = [];
  for (const status of needed) {
    if (out.length < most) out.push(...(await some(svc, msg, status, most - out.length)));
  }
  return out;
}

async function some(svc: string, msg: string, status: DeliveryStatus | undefined, limit: number): Promise<Delivery[]> {
  const out: Delivery[] = [];
  let cursor: string | undefined;
  while (out.length < limit) {
    const next = await ask(api.GET("/v1/services/{svc}/messages/{msg}/deliveries", { params: { path: { svc, msg }, query: { status, limit: page, cursor } } }));
    out.push(...next.data);
    if (next.next_cursor === null) break;
    cursor = next.next_cursor;
  }
  return out.slice(0, limit);
}

/** A message's history, or its beginning where that is very long. */
export async function loadHistory(svc: string, msg: string, total: number): Promise<{ events: Event[]; more: boolean }> {
  const path = { svc, msg };
  if (total <= most) {
    const all = await ask(api.GET("/v1/services/{svc}/messages/{msg}/history", { params: { path } }));
    return { events: all.data, more: all.next_cursor !== null };
  }
  const events: Event[] = [];
  let cursor: string | undefined;
  for (;;) {
    const next = await ask(api.GET("/v1/services/{svc}/messages/{msg}/history", { params: { path, query: { limit: page, cursor } } }));
    events.push(...next.data);
    if (next.next_cursor === null) return { events, more: false };
    if (events.length >= most) return { events, more: true };
    cursor = next.next_cursor;
  }
}
