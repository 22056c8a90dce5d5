import { serviceKey } from "@/app/service-key";
import { hostAndPath } from "@/lib/format";
import { api, ask } from "./client";

// What can be chosen is asked for by what is typed: of a service with thousands of users a page cannot have them all.

export interface Choice {
  value: string;
  label: string;
  hint?: string | undefined;
  mono?: boolean;
}

/** Where choices come from. Without a text the newest; with one those that it finds. */
export interface Source {
  key: readonly unknown[];
  find: (text: string) => Promise<Choice[]>;
}

const shown = 20;

export function userSource(svc: string): Source {
  return {
    key: serviceKey(svc, "users", "choices"),
    find: async (text) => {
      const page = await ask(api.GET("/v1/services/{svc}/users", { params: { path: { svc }, query: { q: text || undefined, limit: shown } } }));
      return page.data.filter((u) => !u.archived_at).map((u) => ({ value: u.id, label: u.name, hint: u.external_id ?? undefined }));
    },
  };
}

/** Event types, by their names. */
export function eventTypeSource(svc: string): Source {
  return {
    key: serviceKey(svc, "event-types", "choices"),
    find: async (text) => {
      const page = await ask(api.GET("/v1/services/{svc}/event-types", { params: { path: { svc }, query: { q: text || undefined, limit: shown } } }));
      return page.data.filter((t) => !t.archived_at).map((t) => ({ value: t.name, label: t.name, mono: true, hint: t.description || undefined }));
    },
  };
}

export function endpointSource(svc: string, userId?: string): Source {
  return {
    key: serviceKey(svc, "endpoints", "choices", userId ?? ""),
    find: async (text) => {
      const page = await ask(api.GET("/v1/services/{svc}/endpoints", { params: { path: { svc }, query: { q: text || undefined, user_id: userId, limit: shown } } }));
      return page.data.filter((e) => e.status !== "removed").map((e) => ({ value: e.id, label: hostAndPath(e.url), mono: true, hint: e.status === "active" ? undefined : e.status }));
    },
  };
}
