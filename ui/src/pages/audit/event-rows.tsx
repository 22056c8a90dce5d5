import type { Event } from "@/api/types";
import { type Column, Table } from "@/components/list/table";
import { useZone } from "@/app/preferences";
import { cn } from "@/lib/classes";
import { initials, shortId } from "@/lib/format";
import { clockMillis, day, exact } from "@/lib/time";
import { EntryMark } from "@/story/entry-mark";
import { byMachine, type Names, sentenceOf } from "@/story/sentence";

interface RowsProps {
  rows: readonly Event[];
  fresh: ReadonlySet<string>;
  names: Names;
  chosen: string | null;
  /** Where a row leads: the same list, with the event beside it. */
  to: (e: Event) => string;
  dimmed: boolean;
}

/** Every event in a sentence, with who did it and where it stands in the log. */
export function EventRows({ rows, fresh, names, chosen, to, dimmed }: RowsProps) {
  const [zone] = useZone();
  const columns: Column<Event>[] = [
    { key: "time", head: `Time, ${zone === "UTC" ? "UTC" : "local"}`, phone: "end", className: "whitespace-nowrap", cell: (e) => <Time at={e.time} isNew={fresh.has(e.id)} /> },
    {
      key: "mark",
      head: <span className="sr-only">State</span>,
      phone: "mark",
      className: "w-[22px]",
      cell: (e) => (
        <span className="inline-flex w-[22px] justify-center align-middle">
          <EntryMark mark={sentenceOf(e, names).mark} actor={e.actor_name} />
        </span>
      ),
    },
    { key: "type", head: "Event", phone: "lead", className: "whitespace-nowrap", cell: (e) => <span className="font-mono text-mono">{e.type}</span> },
    { key: "said", head: "What happened", phone: "under", className: "md:w-full md:max-w-0", cell: (e) => <Said event={e} names={names} /> },
    { key: "actor", head: "Actor", className: "whitespace-nowrap max-lg:hidden", cell: (e) => <Actor event={e} /> },
    {
      key: "stream",
      head: "Stream and version",
      className: "whitespace-nowrap max-lg:hidden",
      cell: (e) => (
        <span className="font-mono text-mono text-text-2" title={e.stream}>
          {shortStream(e.stream)} <span className="text-text">v{e.version}</span>
        </span>
      ),
    },
  ];
  // Beside the chosen event there is no room for what stands in it.
  return <Table label="Events" columns={chosen ? columns.filter((c) => c.key !== "actor" && c.key !== "stream") : columns} rows={rows} id={idOf} to={to} name={(e) => `${e.type}: show the event`} chosen={chosen} fresh={fresh} dimmed={dimmed} replace />;
}

const idOf = (e: Event) => e.id;

function Time({ at, isNew }: { at: string; isNew: boolean }) {
  const [zone] = useZone();
  const date = new Date(at);
  return (
    <time dateTime={at} title={exact(date, zone)} className={cn("relative font-mono text-mono", isNew ? "text-accent" : "text-text-2")}>
      {day(date, zone) === day(new Date(), zone) ? "" : `${day(date, zone)} `}
      {clockMillis(date, zone)}
    </time>
  );
}

function Said({ event, names }: { event: Event; names: Names }) {
  const told = sentenceOf(event, names);
  return (
    <span className="block truncate max-md:whitespace-normal" title={typeof told.more === "string" ? told.more : undefined}>
      {told.said}
      {told.more && <span className="text-text-2"> · {told.more}</span>}
    </span>
  );
}

function Actor({ event }: { event: Event }) {
  if (byMachine(event.actor)) return <span className="text-text-2">{event.actor_name}</span>;
  return (
    <span className="inline-flex items-center gap-2 font-[550]">
      <span aria-hidden className="inline-flex size-[18px] items-center justify-center rounded-full border border-text text-[7.5px] font-bold">
        {initials(event.actor_name)}
      </span>
      {event.actor_name}
    </span>
  );
}

/** A stream without its service, each id by its end: "msg_…D7XQ02/ep_…4DAA41". */
export function shortStream(stream: string): string {
  return stream
    .split("/")
    .slice(1)
    .map((part) => {
      const { prefix, tail } = shortId(part);
      return prefix + tail;
    })
    .join("/");
}
