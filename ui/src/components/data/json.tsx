import { Fragment, type ReactNode } from "react";
import { cn } from "@/lib/classes";
import { CopyButton } from "./copy";

const token = /("(?:\\.|[^"\\])*")(\s*:)?|\b(true|false|null)\b|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/g;

/** Colours a JSON text. It is cut into React text nodes: nothing of it is ever read as HTML. */
function coloured(text: string): ReactNode[] {
  const out: ReactNode[] = [];
  let at = 0;
  for (const m of text.matchAll(token)) {
    if (m.index > at) out.push(<Fragment key={at}>{text.slice(at, m.index)}</Fragment>);
    const [whole, string, colon, word, number] = m;
    if (string && colon) out.push(<span key={m.index} className="text-accent">{string}</span>, colon);
    else if (string) out.push(<span key={m.index}>{string}</span>);
    else out.push(<span key={m.index} className={word ? "text-muted" : number ? "text-info" : ""}>{whole}</span>);
    at = m.index + whole.length;
  }
  out.push(<Fragment key="end">{text.slice(at)}</Fragment>);
  return out;
}

const colourLimit = 60_000; // characters; longer texts are shown without colours, which would be thousands of elements

export function jsonText(value: unknown): string {
  return JSON.stringify(value, null, 2) ?? "null";
}

/** Code in a bordered box that scrolls by itself. */
export function Code({ text, json, label, className }: { text: string; json?: boolean; label: string; className?: string }) {
  return (
    <div className={cn("group relative rounded-field border border-border bg-surface", className)}>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable by keyboard */}
      <pre tabIndex={0} aria-label={label} role="region" className="scroll-thin max-h-[480px] overflow-auto p-3 pr-10 leading-[18.5px] wrap-anywhere whitespace-pre-wrap">
        {json && text.length < colourLimit ? coloured(text) : text}
      </pre>
      <CopyButton text={text} what={label} className="absolute top-2 right-2 bg-surface" />
    </div>
  );
}

export function Json({ value, label, className }: { value: unknown; label: string; className?: string }) {
  return <Code json text={jsonText(value)} label={label} className={className} />;
}
