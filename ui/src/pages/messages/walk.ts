import { useCallback, useEffect } from "react";
import { useNavigate, useSearchParams } from "react-router";

/** J and K walk the rows, looking into each; Enter opens it, Escape closes. The row looked into stands in the URL. */
export function useWalk(ids: readonly string[], pathOf: (id: string) => string) {
  const [params, setParams] = useSearchParams();
  const navigate = useNavigate();
  const peek = params.get("peek");
  const setPeek = useCallback(
    (id: string | null) =>
      setParams(
        (before) => {
          const next = new URLSearchParams(before);
          if (id) next.set("peek", id);
          else next.delete("peek");
          return next;
        },
        { replace: true },
      ),
    [setParams],
  );
  useEffect(() => {
    const onKey = (e: KeyboardEvent) => {
      const busy = e.target instanceof HTMLElement && (e.target.isContentEditable || /^(INPUT|TEXTAREA|SELECT|BUTTON|A)$/.test(e.target.tagName));
      if (e.metaKey || e.ctrlKey || e.altKey || document.querySelector("dialog[open]")) return;
      const at = peek ? ids.indexOf(peek) : -1;
      if ((e.key === "j" || e.key === "k") && !(busy && /^(INPUT|TEXTAREA|SELECT)$/.test((e.target as HTMLElement).tagName))) {
        const to = ids[Math.max(0, Math.min(ids.length - 1, at + (e.key === "j" ? 1 : -1)))];
        if (to) setPeek(to);
      } else if (busy || !peek) return;
      else if (e.key === "Enter") void navigate(pathOf(peek));
      else if (e.key === "Escape") setPeek(null);
      else if (e.key === "c") void navigator.clipboard.writeText(new URL(pathOf(peek), location.origin).href);
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [ids, peek, setPeek, navigate, pathOf]);
  return { peek, setPeek };
}
