import { useEventTypes, useUsers, useEndpointList } from "@/api/names";
import { useAccess } from "@/app/access";
import type { FilterField } from "@/components/list/filter-bar";
import { causeText } from "@/components/state/cause";
import { hostAndPath } from "@/lib/format";

export const statuses = ["failed", "retrying", "pending", "delivered", "discarded", "skipped"] as const;

const commonCauses = ["timeout", "connect_refused", "dns_no_host", "tls_expired", "tls_invalid", "closed_early", "http_401", "http_404", "http_410", "http_429", "http_500", "http_502", "http_503", "endpoint_paused", "endpoint_removed", "no_report"];

/** What messages and dead letters can be filtered by. */
export function useMessageFields(svc: string, withStatus: boolean): FilterField[] {
  const access = useAccess();
  const types = useEventTypes(svc);
  const users = useUsers(svc);
  const endpoints = useEndpointList(svc);
  return [
    ...(withStatus ? [{ name: "status", label: "status", options: statuses.map((s) => ({ value: s, label: s })) }] : []),
    { name: "event_type", label: "type", options: types.map((t) => ({ value: t.name, label: t.name })), free: (text) => (/^[A-Za-z0-9_.-]{2,200}$/.test(text) && !/_[0-9A-Z]{26}$/.test(text) ? text : undefined) },
    ...(access.userId === null ? [{ name: "user_id", label: "user", options: users.map((u) => ({ value: u.id, label: u.name, hint: u.external_id ?? undefined })) }] : []),
    { name: "endpoint_id", label: "endpoint", options: endpoints.map((e) => ({ value: e.id, label: hostAndPath(e.url), hint: e.status === "active" ? undefined : e.status })) },
    { name: "cause", label: "cause", options: commonCauses.map((c) => ({ value: c, label: causeText(c) })), free: (text) => (/^\d{3}$/.test(text) ? `http_${text}` : undefined) },
  ];
}
