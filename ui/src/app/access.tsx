import { useQuery } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useMemo } from "react";
import { api, ask } from "@/api/client";
import type { Scope, Whoami } from "@/api/types";
import { Failed, useSlow } from "@/components/state/blank";

/** What the key in use may see and do. What it may not is not shown. */
export interface Access {
  key: Whoami;
  admin: boolean;
  can: (scope: Scope) => boolean;
  /** Can make and archive services: no key of one service can. */
  allServices: boolean;
  /** The only user that the key is for. */
  userId: string | null;
  /** May act on all dead letters that a filter finds, by jobs: no key of one user can. */
  jobs: boolean;
}

const Context = createContext<Access | null>(null);

export function useAccess(): Access {
  const access = useContext(Context);
  if (!access) throw new Error("useAccess outside of AccessProvider");
  return access;
}

export const whoamiKey = ["whoami"] as const;

export function AccessProvider({ children }: { children: ReactNode }) {
  const { data, error, refetch, isPending } = useQuery({ queryKey: whoamiKey, queryFn: () => ask(api.GET("/v1/whoami")), staleTime: 300_000 });
  const slow = useSlow(isPending);
  const access = useMemo<Access | null>(
    () =>
      data
        ? {
            key: data,
            admin: data.admin,
            can: (scope) => data.admin || data.scopes.includes(scope),
            allServices: data.admin || data.service_id === null,
            userId: data.user_id,
            jobs: data.user_id === null && (data.admin || data.scopes.includes("manage")),
          }
        : null,
    [data],
  );
  if (error) {
    return (
      <main className="p-6">
        <Failed error={error} what="key" retry={() => void refetch()} />
      </main>
    );
  }
  if (!access) return <main aria-busy={slow} />;
  return <Context value={access}>{children}</Context>;
}
