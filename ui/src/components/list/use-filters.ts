import { useCallback, useMemo } from "react";
import { useSearchParams } from "react-router";

/** Filters that live in the URL: a link shows what was seen. Another filter begins at the first page. */
export function useFilters<N extends string>(names: readonly N[]) {
  const [params, setParams] = useSearchParams();
  const search = params.toString();
  const joined = names.join();
  const values = useMemo(() => {
    const found = new URLSearchParams(search);
    const out: Partial<Record<N, string>> = {};
    for (const name of joined.split(",") as N[]) {
      const value = found.get(name);
      if (value) out[name] = value;
    }
    return out;
  }, [search, joined]);
  const set = useCallback(
    (changes: Partial<Record<N | "peek", string | null>>) =>
      setParams((before) => {
        const next = new URLSearchParams(before);
        next.delete("cursor");
        for (const [name, value] of Object.entries(changes) as [string, string | null][]) {
          if (value) next.set(name, value);
          else next.delete(name);
        }
        return next;
      }),
    [setParams],
  );
  const clear = useCallback(() => setParams({}), [setParams]);
  return { values, set, clear, any: Object.keys(values).length > 0 };
}
