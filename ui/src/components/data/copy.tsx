import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { cn } from "@/lib/classes";

/** Copies a text, and says that it has. */
export function useCopy(): [copied: boolean, copy: (text: string) => void] {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return undefined;
    const timer = setTimeout(() => setCopied(false), 1600);
    return () => clearTimeout(timer);
  }, [copied]);
  return [copied, (text) => void navigator.clipboard.writeText(text).then(() => setCopied(true), () => undefined)];
}

export function CopyButton({ text, what, className, children }: { text: string; what: string; className?: string; children?: string }) {
  const [copied, copy] = useCopy();
  return (
    <button
      type="button"
      aria-label={copied ? `${what} copied` : `Copy ${what}`}
      title={`Copy ${what}`}
      onClick={(e) => {
        e.preventDefault();
        e.stopPropagation();
        copy(text);
      }}
      className={cn("inline-flex h-6 min-w-6 items-center justify-center gap-1.5 rounded-chip px-1 text-muted transition-colors duration-120 hover:bg-hover hover:text-text max-md:h-11 max-md:min-w-11", className)}
    >
      {copied ? <Check size={14} strokeWidth={2.1} className="text-success" /> : <Copy size={14} strokeWidth={2.1} />}
      {children && <span className="text-small">{copied ? "Copied" : children}</span>}
    </button>
  );
}
