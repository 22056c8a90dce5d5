import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { api, ask } from "@/api/client";
import { useEndpointNames } from "@/api/names";
import type { Stats } from "@/api/types";
import { serviceKey } from "@/app/service-key";
import { Ago } from "@/components/data/moment";
import { Section } from "@/components/layout/page";
import { causeText } from "@/components/state/cause";
import { Mark } from "@/components/state/marks";
import { count, hostAndPath } from "@/lib/format";

/** What failed for good and waits, by cause and endpoint, newest first; and what is being retried. */
export function Causes({ svc, stats }: { svc: string; stats: Stats }) {
  const { data } = useQuery({
    queryKey: serviceKey(svc, "dead-letters", "count"),
    queryFn: () => ask(api.GET("/v1/services/{svc}/dead-letters/groups", { params: { path: { svc } } })),
    staleTime: 5000,
  });
  const groups = data?.data ?? [];
  const names = useEndpointNames(svc, groups.map((g) => g.endpoint_id));
  const retrying = stats.endpoints.filter((e) => e.now.retrying > 0).toSorted((a, b) => b.now.retrying - a.now.retrying);
  const none = groups.length === 0 && retrying.length === 0;
  return (
    <Section
      title="Newest failures by cause"
      actions={
        groups.length > 0 && (
          <Link to={`/services/${svc}/dead-letters`} className="text-text-2 hover:text-text hover:underline">
            All {count(stats.now.failed)}
            {stats.now.more && "+"}
          </Link>
        )
      }
    >
      {none && <p className="border-t border-border py-3 text-text-2">No dead letters, and nothing is tried again.</p>}
      <ul className={none ? "" : "border-t border-border"}>
        {retrying.slice(0, 2).map((e) => (
          <Item key={e.endpoint_id} mark="retrying" to={`/services/${svc}/messages?status=retrying&endpoint_id=${e.endpoint_id}`} title={e.last?.cause ? causeText(e.last.cause) : "Failed, and waits for its next attempt"} note={hostAndPath(e.url)} n={e.now.retrying} at={e.last?.at} />
        ))}
        {groups.slice(0, 6).map((g) => (
          <Item
            key={g.endpoint_id + g.cause}
            mark={g.cause === "no_report" ? "no_report" : "failed"}
            to={`/services/${svc}/dead-letters?endpoint_id=${g.endpoint_id}&cause=${g.cause}`}
            title={causeText(g.cause)}
            note={hostAndPath(names.get(g.endpoint_id)?.url ?? "…")}
            n={g.count}
            at={g.newest}
          />
        ))}
      </ul>
    </Section>
  );
}

function Item({ mark, to, title, note, n, at }: { mark: "retrying" | "failed" | "no_report"; to: string; title: string; note: string; n: number; at?: string | undefined }) {
  return (
    <li className="border-b border-border">
      <Link to={to} className="flex items-start gap-2.5 py-1.5 hover:bg-hover">
        <Mark state={mark} className="mt-0.5" />
        <span className="min-w-0 flex-1">
          <span className="block truncate font-[550]">{title}</span>
          <span className="block truncate text-small text-muted">{note}</span>
        </span>
        <span className="text-right">
          <span className="block font-[550]">{count(n)}</span>
          {at && <Ago at={at} className="block text-small text-muted" />}
        </span>
      </Link>
    </li>
  );
}
