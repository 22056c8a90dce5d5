import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { api, ask } from "@/api/client";
import type { Delivery } from "@/api/types";
import { serviceKey } from "@/app/service-key";
import { causeText } from "@/components/state/cause";
import { Mark } from "@/components/state/marks";
import { plural } from "@/lib/format";
import { answersAgain } from "../dead-letters/group";

/** From one case to all: how many more failed at the same endpoint for the same reason. */
export function SameCause({ svc, deliveries, chosen }: { svc: string; deliveries: readonly Delivery[]; chosen: string | null }) {
  const failed = deliveries.filter((d) => d.status === "failed" && d.cause);
  const one = failed.find((d) => d.endpoint_id === chosen) ?? failed[0];
  const { data } = useQuery({
    queryKey: serviceKey(svc, "dead-letters", "same", one?.endpoint_id, one?.cause),
    queryFn: () => ask(api.GET("/v1/services/{svc}/dead-letters/groups", { params: { path: { svc }, query: { endpoint_id: one?.endpoint_id ?? "", cause: one?.cause ?? "" } } })),
    enabled: one !== undefined,
  });
  const group = data?.data[0];
  if (!one || !group || group.count < 2) return null;
  const to = `/services/${svc}/dead-letters?endpoint_id=${group.endpoint_id}&cause=${group.cause}`;
  return (
    <div className="mt-4 flex flex-wrap items-center gap-3 rounded-field border border-border px-3.5 py-2.5">
      <Mark state="failed" />
      <p className="min-w-0 flex-1 basis-56">
        <b>{plural(group.count - 1, "more delivery", "more deliveries")}</b> to this endpoint failed for the same reason ({causeText(group.cause)}){answersAgain(group) ? ", and it answers now." : "."}
      </p>
      <Link to={to} className="text-accent hover:underline">
        Show {group.count}
      </Link>
    </div>
  );
}
