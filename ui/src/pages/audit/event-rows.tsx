import type { Event } from "@/api/types";
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
  onChoose: (id: string) => void;
  dimmed: boolean;
}

/** Every event in a sentence, with who did it and where it stands in the log. */
export function EventRows({ rows, fresh, names, chosen, onChoose, dimmed }: RowsProps) {
  const [zone] = useZone();
  return (
    <table aria-label="Events" aria-busy={dimmed} className={cn("w-full text-left max-md:block", dimmed && "opacity-60")}>
      <thead className="max-md:sr-only">
        <tr className="border-b border-border text-small text-muted">
          <th scope="col" className="h-8 pr-4 font-normal">Time, {zone === "UTC" ? "UTC" : "local"}</th>
          <th scope="col" className="pr-4 font-normal">Event</th>
          <th scope="col" className="pr-4 font-normal">What happened</th>
          <th scope="col" className="pr-4 font-normal max-lg:hidden">Actor</th>
          <th scope="col" className="font-normal max-lg:hidden">Stream and version</th>
        </tr>
      </thead>
      <tbody className="max-md:block">
        {rows.map((e) => {
          const told = sentenceOf(e, names);
          const at = new Date(e.time);
          const isNew = fresh.has(e.id);
          return (
            <tr key={e.id} className={cn("relative border-b border-border hover:bg-hover has-focus-visible:bg-hover max-md:block max-md:py-2", chosen === e.id && "bg-selected hover:bg-selected")}>
              <td className="h-9 pr-4 whitespace-nowrap max-md:inline max-md:pr-2">
                {isNew && <span aria-hidden className="prongs prongs-new absolute! inset-y-0 -left-6" />}
                <button type="button" aria-label={`${e.type}: show the event`} aria-pressed={chosen === e.id} onClick={() => onChoose(e.id)} className="absolute inset-0 -outline-offset-2" />
                <time dateTime={e.time} title={exact(at, zone)} className={cn("font-mono text-mono", isNew ? "text-accent" : "text-text-2")}>
                  {day(at, zone) === day(new Date(), zone) ? "" : `${day(at, zone)} `}
                  {clockMillis(at, zone)}
                </time>
              </td>
              <td className="pr-4 whitespace-nowrap max-md:inline">
                <span className="inline-flex items-center gap-2 align-middle">
                  <span className="inline-flex w-[22px] justify-center">
                    <EntryMark mark={told.mark} actor={e.actor_name} />
                  </span>
                  <span className="font-mono text-mono">{e.type}</span>
                </span>
              </td>
              <td className="max-w-0 pr-4 max-md:block max-md:max-w-none max-md:pt-0.5 md:w-full">
                <span className="block truncate max-md:whitespace-normal" title={typeof told.more === "string" ? told.more : undefined}>
                  {told.said}
                  {told.more && <span className="text-text-2"> · {told.more}</span>}
                </span>
              </td>
              <td className="pr-4 whitespace-nowrap max-lg:hidden">
                <Actor event={e} />
              </td>
              <td className="font-mono text-mono whitespace-nowrap text-text-2 max-lg:hidden" title={e.stream}>
                {shortStream(e.stream)} <span className="text-text">v{e.version}</span>
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
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
