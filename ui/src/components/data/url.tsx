import { hostAndPath } from "@/lib/format";
import { cn } from "@/lib/classes";

/** Host and path of a URL, as text: a URL of a customer is never a link. */
export function Url({ url, className }: { url: string; className?: string }) {
  return (
    <span title={url} className={cn("block truncate font-mono text-mono", className)}>
      {hostAndPath(url)}
    </span>
  );
}
