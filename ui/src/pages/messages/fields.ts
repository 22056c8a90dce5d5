import { useEndpointNames, useUserNames } from "@/api/names";
import { endpointSource, eventTypeSource, userSource } from "@/api/sources";
import { useAccess } from "@/app/access";
import type { FilterField } from "@/components/list/filter-bar";
import { causeText } from "@/components/state/cause";
import { hostAndPath } from "@/lib/format";

export const statuses = ["failed", "retrying", "pending", "delivered", "discarded", "skipped"] as const;

const commonCauses = ["timeout", "connect_refused", "dns_no_host", "tls_expired", "tls_invalid", "closed_early", "http_401", "http_404", "http_410", "http_429", "http_500", "http_502", "http_503", "endpoint_paused", "endpoint_removed", "no_report"];

interface Chosen {
  user_id?: string;
  endpoint_id?: string;
}

/** What messages and dead letters can be filtered by; users, types and endpoints by typing, however many there are. */
export function useMessageFields(svc: string, withStatus: boolean, { user_id, endpoint_id }: Chosen): FilterField[] {
  const access = useAccess();
  const user = useUserNames(svc, [user_id]).get(user_id ?? "");
  const endpoint = useEndpointNames(svc, [endpoint_id]).get(endpoint_id ?? "");
  return [
    ...(withStatus ? [{ name: "status", label: "status", options: statuses.map((s) => ({ value: s, label: s })) }] : []),
    {
      name: "event_type",
      label: "type",
      options: [],
      source: eventTypeSource(svc),
      free: (text) => (/^[A-Za-z0-9_.-]{2,200}$/.test(text) && !/_[0-9A-Z]{26}$/i.test(text) ? text : undefined),
    },
    ...(access.userId === null ? [{ name: "user_id", label: "user", options: [], source: userSource(svc), called: user?.name }] : []),
    { name: "endpoint_id", label: "endpoint", options: [], source: endpointSource(svc, user_id), called: endpoint && hostAndPath(endpoint.url) },
    { name: "cause", label: "cause", options: commonCauses.map((c) => ({ value: c, label: causeText(c) })), free: (text) => (/^\d{3}$/.test(text) ? `http_${text}` : undefined) },
  ];
}
