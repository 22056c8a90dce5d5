import { When } from "@/components/data/moment";
import { StateWord } from "@/components/state/marks";
import { hostAndPath } from "@/lib/format";
import { skipText } from "@/components/state/cause";
import type { Lane } from "./lanes";

/** The swim lanes as a table: the same to read without seeing. */
export function LanesTable({ lanes, urlOf }: { lanes: readonly Lane[]; urlOf: (endpoint: string) => string | undefined }) {
  return (
    <table aria-label="Attempts of every delivery" className="w-full text-left">
      <thead>
        <tr className="border-b border-border text-small text-muted">
          <th scope="col" className="h-8 font-normal">Endpoint</th>
          <th scope="col" className="font-normal">State</th>
          <th scope="col" className="font-normal">Attempt</th>
          <th scope="col" className="text-right font-normal">Answer</th>
          <th scope="col" className="text-right font-normal">Took</th>
        </tr>
      </thead>
      <tbody>
        {lanes.flatMap((lane) => {
          const name = urlOf(lane.id);
          const rows = lane.segments.filter((s) => s.kind === "attempt");
          const first = (
            <>
              <td className="h-9 pr-4 font-mono text-mono wrap-anywhere">{name ? hostAndPath(name) : "nobody"}</td>
              <td className="pr-4">
                <StateWord state={lane.delivery.status} />
              </td>
            </>
          );
          if (rows.length === 0) {
            return [
              <tr key={lane.id} className="border-b border-border">
                {first}
                <td colSpan={3} className="text-text-2">
                  {lane.delivery.status === "skipped" ? `never sent: ${skipText(lane.delivery.reason)}` : "none reported yet"}
                </td>
              </tr>,
            ];
          }
          return rows.map((s, i) => (
            <tr key={s.event} className="border-b border-border">
              {i === 0 ? first : <td colSpan={2} />}
              <td className="pr-4">
                {i + 1}, <When at={new Date(s.from).toISOString()} millis />
              </td>
              <td className="text-right">{s.code}</td>
              <td className="text-right text-text-2">{s.took || "–"}</td>
            </tr>
          ));
        })}
      </tbody>
    </table>
  );
}
