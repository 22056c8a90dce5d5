import type { Delivery, Event } from "@/api/types";
import { useNow } from "@/components/data/moment";
import { causeText } from "@/components/state/cause";
import { Mark } from "@/components/state/marks";
import { milliseconds, plural } from "@/lib/format";
import { endpointOf, number, text } from "@/story/data";
import type { Names } from "@/story/sentence";

const recent = 5 * 60_000;

/** What came of the retries that were asked for just now. Accepted is not delivered: it says which of both it is. */
export function Outcome({ deliveries, history, names }: { deliveries: readonly Delivery[]; history: readonly Event[]; names: Names }) {
  const now = useNow(5000);
  const asked = history.filter((e) => e.type === "RetryRequested" && now - new Date(e.time).getTime() < recent);
  if (asked.length === 0) return null;
  const streams = new Set(asked.map((e) => e.stream));
  const newest = [...streams].map((stream) => {
    const request = asked.findLast((e) => e.stream === stream);
    const outcome = history.findLast((e) => e.stream === stream && e.version > (request?.version ?? 0) && /^(DeliverySucceeded|DeliveryFailed|AttemptFailed)$/.test(e.type));
    return { stream, outcome, delivery: deliveries.find((d) => d.endpoint_id === endpointOf(stream)) };
  });
  return (
    <div role="status" className="mt-3 grid gap-1">
      {newest.length > 3 ? (
        <Line mark={newest.some((n) => !n.outcome) ? "pending" : newest.some((n) => n.outcome?.type !== "DeliverySucceeded") ? "retrying" : "delivered"}>
          {newest.length} retries accepted: {newest.filter((n) => n.outcome?.type === "DeliverySucceeded").length} delivered, {newest.filter((n) => n.outcome && n.outcome.type !== "DeliverySucceeded").length} failed again,{" "}
          {newest.filter((n) => !n.outcome).length} on their way.
        </Line>
      ) : (
        newest.map(({ stream, outcome, delivery }) => {
          const where = names.endpoint(endpointOf(stream)) ?? plural(1, "endpoint");
          if (!outcome) {
            return (
              <Line key={stream} mark="pending">
                Retry accepted. {where} has not answered yet{delivery?.attempts ? "" : "; this is its first attempt"}.
              </Line>
            );
          }
          const code = number(outcome.data, "status_code");
          const took = number(outcome.data, "duration_ms");
          const answered = `${code ?? causeText(text(outcome.data, "cause"))}${took === undefined ? "" : ` after ${milliseconds(took)}`}`;
          if (outcome.type === "DeliverySucceeded") {
            return (
              <Line key={stream} mark="delivered">
                Delivered. {where} answered {answered}.
              </Line>
            );
          }
          return (
            <Line key={stream} mark={outcome.type === "DeliveryFailed" ? "failed" : "retrying"}>
              Retry accepted, and failed again: {where}, {answered}. {outcome.type === "AttemptFailed" ? "It is tried again." : "It is a dead letter again."}
            </Line>
          );
        })
      )}
    </div>
  );
}

function Line({ mark, children }: { mark: "pending" | "delivered" | "failed" | "retrying"; children: React.ReactNode }) {
  return (
    <p className="flex items-start gap-2">
      <Mark state={mark} className="mt-0.5" />
      <span>{children}</span>
    </p>
  );
}
