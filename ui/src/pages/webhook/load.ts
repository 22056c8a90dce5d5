import { api, ask } from "@/api/client";
import type { Delivery } from "@/api/types";

const most = 10; // pages: a thousand deliveries are all that one message may have

/** All deliveries of a message. */
export async function loadDeliveries(svc: string, msg: string): Promise<Delivery[]> {
  const out: Delivery[] = [];
  let cursor: string | undefined;
  for (let i = 0; i < most; i++) {
    const page = await ask(api.GET("/v1/services/{svc}/messages/{msg}/deliveries", { params: { path: { svc, msg }, query: { limit: 100, cursor } } }));
    out.push(...page.data);
    if (page.next_cursor === null) break;
    cursor = page.next_cursor;
  }
  return out;
}
