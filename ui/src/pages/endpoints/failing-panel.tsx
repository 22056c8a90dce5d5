import { useState } from "react";
import { Link } from "react-router";
import type { Endpoint, Stats } from "@/api/types";
import { useAccess } from "@/app/access";
import { Ago } from "@/components/data/moment";
import { causeText } from "@/components/state/cause";
import { Mark } from "@/components/state/marks";
import { Button } from "@/components/ui/button";
import { plural } from "@/lib/format";
import { RecoverDialog } from "./recover-dialog";

/** Why an endpoint fails, and the way back. */
export function FailingPanel({ svc, endpoint, figures }: { svc: string; endpoint: Endpoint; figures: Stats["endpoints"][number] }) {
  const access = useAccess();
  const [recovering, setRecovering] = useState(false);
  const dead = figures.now.failed;
  const { last } = figures;
  if (dead === 0 && (!last || last.outcome === "delivered")) return null;
  const well = last?.outcome === "delivered";
  const causes = Object.entries(figures.figures.causes).toSorted((a, b) => b[1] - a[1]);
  return (
    <section aria-label="What is wrong" className="mt-5 flex flex-wrap items-center gap-3 rounded-field border border-border p-3.5">
      <Mark state={dead > 0 ? "failed" : "retrying"} />
      <div className="min-w-0 flex-1 basis-64">
        <p className="font-[550]">
          {dead > 0 ? `${plural(dead, "dead letter")}${causes[0] ? `: ${causeText(causes[0][0])}` : ""}` : `The newest attempt failed: ${causeText(last?.cause)}`}
        </p>
        <p className="text-text-2">
          {last ? (
            <>
              {well ? "It answers again, last" : dead > 0 ? `Newest attempt: ${causeText(last.cause).toLowerCase()},` : "That was"} <Ago at={last.at} suffix=" ago" />.
            </>
          ) : (
            "No attempt in the last 24 hours."
          )}{" "}
          {!well && (dead > 0 ? "Send a test once it is mended." : "It is tried again by itself.")}
        </p>
      </div>
      <Button asChild variant="ghost">
        <Link to={dead > 0 ? `/services/${svc}/dead-letters?endpoint_id=${endpoint.id}` : `/services/${svc}/messages?status=retrying&endpoint_id=${endpoint.id}`}>Show what waits</Link>
      </Button>
      {dead > 0 && access.jobs && (
        <Button variant={well ? "primary" : "outline"} onClick={() => setRecovering(true)}>
          Recover…
        </Button>
      )}
      <RecoverDialog svc={svc} endpoint={endpoint} open={recovering} onClose={() => setRecovering(false)} />
    </section>
  );
}
