import { shortId } from "@/lib/format";
import { cn } from "@/lib/classes";
import { CopyButton } from "./copy";

/** An id by its last six characters; hover and copy give it whole. */
export function Id({ id, whole, copy, className }: { id: string; whole?: boolean; copy?: boolean; className?: string }) {
  const { prefix, tail } = shortId(id);
  return (
    <span className={cn("inline-flex max-w-full items-center gap-1 font-mono text-mono whitespace-nowrap", className)} title={id}>
      {whole ? (
        <span className="truncate">{id}</span>
      ) : (
        <span>
          <span className="text-muted">{prefix}</span>
          {tail}
        </span>
      )}
      {copy && <CopyButton text={id} what="id" />}
    </span>
  );
}
