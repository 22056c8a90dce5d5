import { Table2 } from "lucide-react";
import { type ReactNode, useState } from "react";
import { Section } from "@/components/layout/page";
import { Button } from "@/components/ui/button";

interface TwinProps {
  title: string;
  legend?: ReactNode;
  head: readonly string[];
  rows: () => readonly (readonly ReactNode[])[];
  children: ReactNode;
  className?: string;
}

/** A picture with its twin: the same numbers as a table, for who cannot see it or wants them exact. */
export function WithTable({ title, legend, head, rows, children, className }: TwinProps) {
  const [table, setTable] = useState(false);
  return (
    <Section
      title={title}
      note={!table && legend}
      className={className}
      actions={
        <Button variant="ghost" size="small" aria-pressed={table} onClick={() => setTable(!table)}>
          <Table2 strokeWidth={1.75} /> {table ? "Picture" : "Table"}
        </Button>
      }
    >
      {table ? (
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable by keyboard
        <div tabIndex={0} role="region" aria-label={`${title}, as a table`} className="scroll-thin max-h-72 overflow-auto">
          <table className="w-full text-left">
            <thead className="sticky top-0 bg-surface text-small text-muted">
              <tr>
                {head.map((h, i) => (
                  <th key={h} scope="col" className={`h-8 border-b border-border pr-4 font-normal last:pr-0 ${i > 0 ? "text-right" : ""}`}>
                    {h}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows().map((cells, r) => (
                <tr key={r} className="border-b border-border">
                  {cells.map((c, i) => (
                    <td key={i} className={`h-8 pr-4 last:pr-0 ${i > 0 ? "text-right" : ""}`}>
                      {c}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      ) : (
        children
      )}
    </Section>
  );
}
