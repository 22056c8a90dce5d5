import { Ban, CircleCheck, CircleDashed, Hourglass, Minus, Pause, RotateCw, SquareMinus, TimerOff, type LucideProps } from "lucide-react";
import type { SVGProps } from "react";
import type { Tone } from "../ui/chip";

/** Every state that something can be in, with its form, its word and its colour. Only "failed" is a filled form. */
export type State =
  | "pending"
  | "retrying"
  | "delivered"
  | "failed"
  | "no_report"
  | "discarded"
  | "skipped"
  | "active"
  | "paused"
  | "removed"
  | "archived"
  | "requested"
  | "pending_confirmation"
  | "expired"
  | "sub_failed";

const size = 16;

/** A filled square with a cross: a person is needed. */
function FailedMark(props: SVGProps<SVGSVGElement>) {
  return (
    <svg viewBox="0 0 16 16" width={size} height={size} fill="none" {...props}>
      <rect x="1.8" y="1.8" width="12.4" height="12.4" rx="2.6" fill="currentColor" />
      <path d="M5.6 5.6l4.8 4.8m0-4.8l-4.8 4.8" stroke="var(--wp-surface)" strokeWidth="1.7" strokeLinecap="round" />
    </svg>
  );
}

function NoReportMark(props: SVGProps<SVGSVGElement>) {
  return (
    <svg viewBox="0 0 16 16" width={size} height={size} fill="none" stroke="currentColor" strokeWidth="1.4" strokeLinecap="round" {...props}>
      <rect x="2" y="2" width="12" height="12" rx="2.4" />
      <path d="M6.3 6.2a1.7 1.7 0 1 1 2.5 1.5c-.6.3-.8.7-.8 1.2M8 11.2v.01" />
    </svg>
  );
}

function Dot(props: SVGProps<SVGSVGElement>) {
  return (
    <svg viewBox="0 0 16 16" width={size} height={size} {...props}>
      <circle cx="8" cy="8" r="3.2" fill="currentColor" />
    </svg>
  );
}

const lucide: LucideProps = { size, strokeWidth: 1.9, absoluteStrokeWidth: true };

const forms: Record<State, { word: string; tone: Tone; text: string }> = {
  pending: { word: "Pending", tone: "info", text: "text-info" },
  retrying: { word: "Retrying", tone: "warning", text: "text-warning" },
  delivered: { word: "Delivered", tone: "success", text: "text-success" },
  failed: { word: "Failed", tone: "danger", text: "text-danger" },
  no_report: { word: "No report", tone: "warning", text: "text-warning" },
  discarded: { word: "Discarded", tone: "skip", text: "text-skip" },
  skipped: { word: "Skipped", tone: "skip", text: "text-skip" },
  active: { word: "Active", tone: "success", text: "text-success" },
  paused: { word: "Paused", tone: "skip", text: "text-skip" },
  removed: { word: "Removed", tone: "skip", text: "text-skip" },
  archived: { word: "Archived", tone: "skip", text: "text-skip" },
  requested: { word: "Requested", tone: "info", text: "text-info" },
  pending_confirmation: { word: "Unconfirmed", tone: "warning", text: "text-warning" },
  expired: { word: "Expired", tone: "warning", text: "text-warning" },
  sub_failed: { word: "Failed", tone: "danger", text: "text-danger" },
};

export function wordOf(state: State): string {
  return forms[state].word;
}
export function toneOf(state: State): Tone {
  return forms[state].tone;
}
export function textOf(state: State): string {
  return forms[state].text;
}

/** A state's form alone: only where its word stands beside it, or a legend on the page. */
export function Mark({ state, className }: { state: State; className?: string }) {
  const props = { "aria-hidden": true, className: `shrink-0 ${forms[state].text} ${className ?? ""}` } as const;
  switch (state) {
    case "pending":
    case "requested":
      return <CircleDashed {...lucide} {...props} />;
    case "retrying":
      return <RotateCw {...lucide} {...props} />;
    case "delivered":
      return <CircleCheck {...lucide} {...props} />;
    case "failed":
    case "sub_failed":
      return <FailedMark {...props} />;
    case "no_report":
      return <NoReportMark {...props} />;
    case "discarded":
      return <SquareMinus {...lucide} {...props} />;
    case "skipped":
      return <Ban {...lucide} {...props} className={`${props.className} -scale-x-100`} />;
    case "active":
      return <Dot {...props} />;
    case "paused":
      return <Pause {...lucide} {...props} />;
    case "removed":
    case "archived":
      return <Minus {...lucide} {...props} />;
    case "pending_confirmation":
      return <Hourglass {...lucide} {...props} />;
    case "expired":
      return <TimerOff {...lucide} {...props} />;
  }
}

/** A state as form and word. */
export function StateWord({ state, word, className }: { state: State; word?: string; className?: string }) {
  // Normal is quiet: what is well keeps its form in colour and its word in the colour of text.
  const text = state === "delivered" || state === "active" ? "text-text-2" : forms[state].text;
  return (
    <span className={`inline-flex items-center gap-2 align-middle whitespace-nowrap ${text} ${className ?? ""}`}>
      <Mark state={state} />
      {word ?? forms[state].word}
    </span>
  );
}
