import { RotateCw } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import { Refused, tell } from "@/api/problem";
import { cn } from "@/lib/classes";
import { CopyButton } from "../data/copy";
import { Button } from "../ui/button";
import { Mark } from "./marks";

/** Nothing is there, and what to do about it. */
export function Empty({ title, children, className }: { title: string; children?: ReactNode; className?: string }) {
  return (
    <div className={cn("max-w-2xl py-8", className)}>
      <p className="text-[15px] leading-6 font-semibold">{title}</p>
      {children && <div className="mt-1 grid gap-3 text-text-2">{children}</div>}
    </div>
  );
}

/** Something could not be loaded: what, with the request's id, and a way to try again. */
export function Failed({ error, retry, what, className }: { error: unknown; retry?: () => void; what: string; className?: string }) {
  const refused = error instanceof Refused ? error : undefined;
  const scope = /scope (\w+)/.exec(refused?.message ?? "")?.[1];
  const title =
    refused?.status === 404 ? `There is no such ${what}.` : refused?.status === 403 && scope ? `This key may not see the ${what}. It lacks the scope ${scope}.` : `The ${what} could not be loaded.`;
  return (
    <div role="alert" className={cn("flex max-w-2xl flex-wrap items-start gap-x-3 gap-y-2 py-6", className)}>
      <Mark state="failed" className="mt-0.5" />
      <div className="min-w-0 flex-1">
        <p className="font-semibold">{title}</p>
        <p className="text-text-2">{refused?.status === 404 ? "Search with ⌘K by any id, URL or name." : tell(error)}</p>
        {refused?.requestId && (
          <p className="mt-1 flex items-center gap-1 font-mono text-mono text-muted">
            {refused.requestId}
            <CopyButton text={refused.requestId} what="request id" />
          </p>
        )}
      </div>
      {retry && refused?.status !== 404 && (
        <Button size="small" onClick={retry}>
          <RotateCw /> Try again
        </Button>
      )}
    </div>
  );
}

/** True once loading has taken longer than a blink. */
export function useSlow(loading: boolean, after = 150): boolean {
  const [slow, setSlow] = useState(false);
  useEffect(() => {
    if (!loading) {
      setSlow(false);
      return undefined;
    }
    const timer = setTimeout(() => setSlow(true), after);
    return () => clearTimeout(timer);
  }, [loading, after]);
  return slow;
}

/** Grey rows in the place of what loads. */
export function Skeleton({ rows = 8, className }: { rows?: number; className?: string }) {
  return (
    <div aria-hidden className={cn("grid", className)}>
      {Array.from({ length: rows }, (_, i) => (
        <div key={i} className="flex h-[38px] items-center gap-6 border-b border-border">
          <div className="skeleton h-3 w-20" />
          <div className="skeleton h-3" style={{ width: `${18 + ((i * 37) % 22)}%` }} />
          <div className="skeleton h-3 flex-1" style={{ maxWidth: `${12 + ((i * 53) % 20)}%` }} />
          <div className="skeleton ml-auto h-3 w-16" />
        </div>
      ))}
    </div>
  );
}

