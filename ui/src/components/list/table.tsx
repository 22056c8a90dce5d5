import type { KeyboardEvent, ReactNode } from "react";
import { Link } from "react-router";
import { cn } from "@/lib/classes";

export interface Column<T> {
  key: string;
  head: ReactNode;
  cell: (row: T) => ReactNode;
  /** Where it stands in the two lines of a row on a phone; left out there if it says nothing. */
  phone?: "mark" | "lead" | "under" | "end" | "under-end";
  right?: boolean;
  className?: string;
}

interface TableProps<T> {
  label: string;
  columns: readonly Column<T>[];
  rows: readonly T[];
  id: (row: T) => string;
  /** Where a row leads: the row is a real link. */
  to?: (row: T) => string;
  /** What a screen reader calls the link. */
  name?: (row: T) => string;
  chosen?: string | null;
  fresh?: ReadonlySet<string>;
  dimmed?: boolean;
  tall?: boolean;
  className?: string;
  /** Space on a row looks into it. */
  onPeek?: (id: string) => void;
  /** A row leads to another part of the same page: going there is no step back. */
  replace?: boolean;
}

const areas: Record<NonNullable<Column<unknown>["phone"]>, string> = {
  mark: "max-md:[grid-area:mark]",
  lead: "max-md:[grid-area:lead]",
  under: "max-md:[grid-area:under] max-md:text-text-2",
  end: "max-md:[grid-area:end] max-md:text-right max-md:text-small max-md:text-muted",
  "under-end": "max-md:[grid-area:underend] max-md:text-right max-md:text-text-2",
};

function phoneAreas(marked: boolean, ended: boolean): string {
  if (marked) return ended ? "max-md:[grid-template-areas:'mark_lead_end'_'mark_under_underend']" : "max-md:[grid-template-areas:'mark_lead_end'_'mark_under_under']";
  return ended ? "max-md:[grid-template-areas:'lead_end'_'under_underend']" : "max-md:[grid-template-areas:'lead_end'_'under_under']";
}

/** Rows under hairlines. On a phone each becomes two lines. */
export function Table<T>({ label, columns, rows, id, to, name, chosen, fresh, dimmed, tall, className, onPeek, replace = false }: TableProps<T>) {
  const marked = columns.some((c) => c.phone === "mark");
  const ended = columns.some((c) => c.phone === "under-end"); // else the second line has the whole width
  return (
    <table aria-label={label} aria-busy={dimmed} className={cn("w-full border-collapse text-left max-md:block", dimmed && "opacity-60 transition-opacity duration-120", className)}>
      <thead className="max-md:sr-only">
        <tr className="border-b border-border">
          {columns.map((c) => (
            <th key={c.key} scope="col" className={cn("h-8 pr-4 text-small font-normal whitespace-nowrap text-muted last:pr-0", c.right && "text-right", c.className)}>
              {c.head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody className="max-md:block">
        {rows.map((row) => {
          const key = id(row);
          return (
            <tr
              key={key}
              data-row={key}
              className={cn(
                "relative border-b border-border transition-colors duration-120 max-md:grid max-md:gap-x-3 max-md:py-2",
                marked ? "max-md:grid-cols-[auto_minmax(0,1fr)_auto]" : "max-md:grid-cols-[minmax(0,1fr)_auto]",
                phoneAreas(marked, ended),
                to && "hover:bg-hover has-focus-visible:bg-hover",
                chosen === key && "bg-selected hover:bg-selected",
              )}
            >
              {columns.map((c, i) => (
                <td
                  key={c.key}
                  className={cn(
                    "py-0 pr-4 align-middle last:pr-0 md:h-[34px] max-md:p-0",
                    tall && "md:h-[46px]",
                    c.right && "text-right",
                    c.phone ? areas[c.phone] : "max-md:hidden",
                    c.phone === "mark" && "max-md:[&_span]:text-[0px] max-md:[&_span]:gap-0 max-md:pt-0.5",
                    c.className,
                  )}
                >
                  {i === 0 && to && <Link to={to(row)} replace={replace} aria-current={replace && chosen === key ? "true" : undefined} aria-label={name?.(row) ?? key} onKeyDown={(e) => peekOnSpace(e, key, onPeek)} className="absolute inset-0 z-0 -outline-offset-2" />}
                  {i === 0 && (chosen === key || fresh?.has(key)) && <span aria-hidden className={cn("absolute inset-y-0 -left-6 w-0 max-md:-left-4 prongs absolute!", chosen !== key && "prongs-new")} />}
                  {c.cell(row)}
                </td>
              ))}
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function peekOnSpace(e: KeyboardEvent, id: string, onPeek: ((id: string) => void) | undefined) {
  if (e.key !== " " || !onPeek) return;
  e.preventDefault();
  onPeek(id);
}
