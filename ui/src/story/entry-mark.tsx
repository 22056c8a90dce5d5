import { initials } from "@/lib/format";
import { Mark } from "@/components/state/marks";
import type { Sentence } from "./sentence";

/** The form at an entry: a state, a ring with initials where a person acted, or a small ring. */
export function EntryMark({ mark, actor }: { mark: Sentence["mark"]; actor: string }) {
  if (mark === "person") {
    return (
      <span aria-hidden className="inline-flex size-[22px] shrink-0 items-center justify-center rounded-full border border-text bg-surface text-[8.5px] font-bold">
        {initials(actor)}
      </span>
    );
  }
  if (mark === "dot") {
    return (
      <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden>
        <circle cx="8" cy="8" r="3" fill="none" strokeWidth="1.8" className="stroke-accent-mark" />
      </svg>
    );
  }
  return <Mark state={mark} />;
}
