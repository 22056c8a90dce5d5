import { X } from "lucide-react";
import type { Event } from "@/api/types";
import { useZone } from "@/app/preferences";
import { Button } from "@/components/ui/button";
import { cn } from "@/lib/classes";
import { plural } from "@/lib/format";
import { clockMillis, day, exact } from "@/lib/time";
import { EntryMark } from "./entry-mark";
import { type Names, sentenceOf } from "./sentence";
import { type Line, spanOf, storyOf } from "./story";

interface StoryProps {
  history: readonly Event[];
  names: Names;
  endpoint: string | null;
  onAll: () => void;
  chosen: string | null;
  onChoose: (event: string) => void;
}

/** Every event of a webhook as a readable story, with the waits between them. */
export function StoryList({ history, names, endpoint, onAll, chosen, onChoose }: StoryProps) {
  const lines = storyOf(history, endpoint);
  const [zone] = useZone();
  const events = lines.flatMap((l) => (l.kind === "event" ? [l.event, ...l.folded] : []));
  const span = spanOf(events);
  const days = lines.map((l) => (l.kind === "event" ? day(new Date(l.event.time), zone) : null));
  return (
    <section aria-label="Story">
      <div className="mb-1.5 flex flex-wrap items-center gap-3">
        <h2 className="font-semibold">{endpoint ? `Story of ${names.endpoint(endpoint) ?? "one endpoint"}` : "Story"}</h2>
        {endpoint && (
          <Button size="small" className="h-6 px-2" onClick={onAll}>
            All endpoints <X className="size-3.5!" />
          </Button>
        )}
        <span className="ml-auto text-small text-muted">
          {plural(events.length, "event")}
          {span && ` in ${span}`}
        </span>
      </div>
      <ol className="relative">
        {lines.map((line, i) => {
          if (line.kind === "wait") return <Wait key={line.key} line={line} />;
          const today = days[i] ?? null;
          const newDay = today !== days.slice(0, i).findLast((d) => d !== null);
          return <Entry key={line.event.id} line={line} names={names} zone={zone} day={newDay ? today : null} chosen={chosen !== null && (line.event.id === chosen || line.folded.some((e) => e.id === chosen))} onChoose={onChoose} />;
        })}
      </ol>
    </section>
  );
}

function Entry({ line, names, zone, day: newDay, chosen, onChoose }: { line: Extract<Line, { kind: "event" }>; names: Names; zone: "UTC" | "local"; day: string | null; chosen: boolean; onChoose: (id: string) => void }) {
  const { event, folded } = line;
  const told = sentenceOf(event, names);
  const at = new Date(event.time);
  return (
    <li>
      <button type="button" aria-pressed={chosen} onClick={() => onChoose(event.id)} className={cn("grid w-full grid-cols-[96px_22px_minmax(0,1fr)_auto] items-start gap-x-3 rounded-chip px-1 py-1.5 text-left transition-colors duration-120 max-md:grid-cols-[22px_minmax(0,1fr)]", chosen ? "bg-selected" : "hover:bg-hover")}>
        <time dateTime={event.time} title={exact(at, zone)} className="pt-px text-right font-mono text-mono text-muted max-md:hidden">
          {clockMillis(at, zone)}
          {newDay && <span className="block font-sans text-axis">{newDay}</span>}
        </time>
        <span className="relative z-10 flex h-5 items-center justify-center">
          <EntryMark mark={told.mark} actor={event.actor_name} />
        </span>
        <span className="min-w-0 wrap-anywhere">
          {told.said}
          {folded.length > 0 && <span className="text-text-2"> and {plural(folded.length, "more attempt")} that went the same way</span>}
          {told.more && <span className="block text-small text-muted">{told.more}</span>}
          <span className="block font-mono text-axis text-muted md:hidden">
            {clockMillis(at, zone)} · {event.type}
          </span>
        </span>
        <span className="pt-px font-mono text-mono text-muted max-md:hidden">{event.type}</span>
      </button>
    </li>
  );
}

function Wait({ line }: { line: Extract<Line, { kind: "wait" }> }) {
  return (
    <li className="grid grid-cols-[96px_22px_minmax(0,1fr)] gap-x-3 px-1 py-0.5 text-small max-md:grid-cols-[22px_minmax(0,1fr)]">
      <span className="max-md:hidden" />
      <svg width="22" height="18" aria-hidden className="mx-auto">
        {line.why === "backoff" ? (
          Array.from({ length: 5 }, (_, i) => <path key={i} d={`M9 ${i * 3.8 + 3}l4-2.4`} strokeWidth="1.5" className="stroke-muted" />)
        ) : (
          <line x1="11" x2="11" y1="0" y2="18" strokeWidth={line.why === "person" ? 2 : 1} strokeDasharray={line.why === "person" ? "2 3" : undefined} className={line.why === "person" ? "stroke-muted" : "stroke-border-strong"} />
        )}
      </svg>
      <span>
        <span className="font-[550]">{line.span}</span> <span className="text-muted">{line.said}</span>
      </span>
    </li>
  );
}
