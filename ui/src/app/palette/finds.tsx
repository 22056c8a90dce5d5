import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Inbox, Mail, ScrollText, Shapes, Unplug, Users } from "lucide-react";
import type { ReactNode } from "react";
import { api, ask } from "@/api/client";
import { useServices } from "@/api/services";
import { type Access, useAccess } from "@/app/access";
import { pathTo, places } from "@/app/shell/pages";
import { ServiceLetter } from "@/app/shell/service-menu";
import { Mark } from "@/components/state/marks";
import { hostAndPath } from "@/lib/format";

/** Something that one can jump to. */
export interface Find {
  group: string;
  icon: ReactNode;
  text: string;
  mono?: boolean;
  hint: string;
  to: string;
}

const idPattern = /\b(msg|ep|usr|typ|sub|svc|key|job)_([0-9A-HJKMNP-TV-Z]{26,52})\b/;

/** What is meant by a text: ids first, then names and URLs, then pages. */
export function useFinds(text: string, service: string | null): { finds: Find[]; searching: boolean } {
  const access = useAccess();
  const { data: services } = useServices();
  const { data: asked = [], isFetching } = useQuery({
    queryKey: ["find", service, text],
    queryFn: () => search(text, service, access),
    enabled: text.length > 1,
    staleTime: 10_000,
    placeholderData: keepPreviousData,
  });
  const has = (name: string) => text !== "" && name.toLowerCase().includes(text.toLowerCase());
  const local: Find[] = [
    ...(services?.data ?? []).filter((s) => has(s.name) && !s.archived_at).slice(0, 5).map((s) => ({ group: "Go", icon: <ServiceLetter name={s.name} />, text: s.name, hint: "service", to: `/services/${s.id}` })),
    ...places
      .filter((p) => p.allowed(access) && (text === "" || has(p.name)))
      .map((p) => ({ group: "Go", icon: <p.icon strokeWidth={1.75} />, text: p.name, hint: "page", to: pathTo(p, service) })),
  ];
  const finds = text.length > 1 ? [...asked, ...local] : local;
  const seen = new Set<string>();
  return { finds: finds.filter((f) => !seen.has(f.to) && seen.add(f.to)), searching: isFetching };
}

const userFind = (base: string, u: { id: string; name: string; external_id: string | null }, group: string): Find => ({
  group,
  icon: <Users />,
  text: u.name,
  hint: u.external_id ? `user · ${u.external_id}` : "user",
  to: `${base}/users/${u.id}`,
});

/** Asks the server for what only it knows. What is not found is no error here. */
async function search(text: string, svc: string | null, access: Access): Promise<Find[]> {
  const id = idPattern.exec(text)?.[0];
  if (id) return id.startsWith("svc_") ? [{ group: "Found in what you pasted", icon: <ServiceLetter name="S" />, text: id, mono: true, hint: "service", to: `/services/${id}` }] : svc ? await byId(id, svc) : [];
  if (!svc) return [];
  const path = { svc };
  const none = () => null;
  const ofAll = access.userId === null;
  const [endpoints, users, types] = await Promise.all([
    ask(api.GET("/v1/services/{svc}/endpoints", { params: { path, query: { q: text, limit: 8 } } })).catch(none),
    ofAll ? ask(api.GET("/v1/services/{svc}/users", { params: { path, query: { q: text, limit: 8 } } })).catch(none) : null,
    ofAll ? ask(api.GET("/v1/services/{svc}/event-types", { params: { path, query: { q: text, limit: 8 } } })).catch(none) : null,
  ]);
  const base = `/services/${svc}`;
  return [
    ...(endpoints?.data ?? []).map((e) => ({ group: "Found", icon: <Unplug />, text: hostAndPath(e.url), mono: true, hint: `endpoint · ${e.status}`, to: `${base}/endpoints/${e.id}` })),
    ...(users?.data ?? []).map((u) => userFind(base, u, "Found")),
    ...(types?.data ?? []).filter((t) => !t.archived_at).map((t) => ({ group: "Found", icon: <Shapes />, text: t.name, mono: true, hint: "event type", to: `${base}/event-types/${t.id}` })),
  ];
}

async function byId(id: string, svc: string): Promise<Find[]> {
  const group = "Found in what you pasted";
  const base = `/services/${svc}`;
  const path = { svc };
  switch (id.slice(0, id.indexOf("_"))) {
    case "msg": {
      const m = await ask(api.GET("/v1/services/{svc}/messages/{msg}", { params: { path: { ...path, msg: id } } })).catch(() => null);
      if (!m) return [];
      return [
        { group, icon: <Mark state={m.status} />, text: `${m.event_type}, ${m.status}`, hint: "message", to: `${base}/messages/${id}` },
        { group, icon: <ScrollText />, text: "Its events in the audit log", hint: "audit", to: `${base}/audit?stream=${encodeURIComponent(`${svc}/${id}`)}` },
        { group, icon: <Mail />, text: `Messages of type ${m.event_type}`, hint: "messages", to: `${base}/messages?event_type=${encodeURIComponent(m.event_type)}` },
      ];
    }
    case "ep": {
      const e = await ask(api.GET("/v1/services/{svc}/endpoints/{ep}", { params: { path: { ...path, ep: id } } })).catch(() => null);
      return e ? [{ group, icon: <Unplug />, text: hostAndPath(e.url), mono: true, hint: `endpoint · ${e.status}`, to: `${base}/endpoints/${id}` }] : [];
    }
    case "sub": {
      const s = await ask(api.GET("/v1/services/{svc}/subscriptions/{sub}", { params: { path: { ...path, sub: id } } })).catch(() => null);
      return s ? [{ group, icon: <Unplug />, text: `${s.event_type}, ${s.status}`, hint: "subscription", to: `${base}/endpoints/${s.endpoint_id}` }] : [];
    }
    case "usr": {
      const u = await ask(api.GET("/v1/services/{svc}/users/{usr}", { params: { path: { ...path, usr: id } } })).catch(() => null);
      return u ? [userFind(base, u, group)] : [];
    }
    case "typ": {
      const t = await ask(api.GET("/v1/services/{svc}/event-types/{typ}", { params: { path: { ...path, typ: id } } })).catch(() => null);
      return t ? [{ group, icon: <Shapes />, text: t.name, mono: true, hint: "event type", to: `${base}/event-types/${id}` }] : [];
    }
    case "key":
      return [{ group, icon: <ScrollText />, text: "What this key did", hint: "audit", to: `${base}/audit?actor=${id}` }];
    case "job": {
      const j = await ask(api.GET("/v1/services/{svc}/jobs/{job}", { params: { path: { ...path, job: id } } })).catch(() => null);
      return j ? [{ group, icon: <Inbox />, text: `${j.kind}, ${j.status}`, hint: "job", to: `${base}/dead-letters?job=${id}` }] : [];
    }
    default:
      return [];
  }
}
