import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, ask } from "@/api/client";
import type { System } from "@/api/types";
import { useAccess } from "@/app/access";
import { useTitle } from "@/app/shell/title";
import { When } from "@/components/data/moment";
import { Fact, Facts, Page, PageHead, Section } from "@/components/layout/page";
import { Empty, Failed, Skeleton, useSlow } from "@/components/state/blank";
import { Mark } from "@/components/state/marks";
import { count, milliseconds, plural } from "@/lib/format";
import { LagLine } from "./lag-line";
import { OperationJobs } from "./operation-jobs";
import { StuckEvents } from "./stuck-events";

const every = 2000;
const remembered = 60;

export default function SystemPage() {
  useTitle("System");
  const access = useAccess();
  const [history, setHistory] = useState<Record<string, number[]>>({});
  const { data, error, isPending, refetch } = useQuery({
    queryKey: ["system"],
    queryFn: async () => {
      const system = await ask(api.GET("/v1/system"));
      setHistory((before) => Object.fromEntries(system.consumers.map((c) => [c.name, [...(before[c.name] ?? []), c.lag_ms ?? 0].slice(-remembered)])));
      return system;
    },
    enabled: access.admin,
    refetchInterval: every,
  });
  const slow = useSlow(isPending);
  if (!access.admin)
    return (
      <Page>
        <PageHead title="System" />
        <Empty title="The system is shown to the admin key alone." />
      </Page>
    );
  if (error) return <Failed error={error} what="system" retry={() => void refetch()} className="p-6" />;
  if (!data) return slow ? <Skeleton className="p-6" /> : <h1 className="sr-only">System</h1>;
  return (
    <Page>
      <PageHead sentence title={headline(data)}>
        {data.checks.map((c) => (
          <span key={c.name} className="inline-flex items-center gap-1.5">
            <Mark state={c.ok ? "active" : "failed"} /> {c.name}: {c.ok ? "well" : (c.reason ?? "not well")}
          </span>
        ))}
      </PageHead>
      <div className="mt-6 grid grid-cols-[minmax(0,1fr)_320px] gap-8 max-lg:grid-cols-1">
        <div className="grid min-w-0 content-start gap-8">
          <Section title="What follows the log" note="how far behind the newest event each is, over the last two minutes">
            <ul className="border-t border-border">
              {data.consumers.map((c) => (
                <li key={c.name} className="grid grid-cols-[120px_minmax(0,1fr)_auto] items-center gap-4 border-b border-border py-2.5">
                  <span className="font-[550]">{c.name}</span>
                  <LagLine name={c.name} values={history[c.name] ?? []} />
                  <span className="text-right">
                    {c.lag === 0 ? "up to date" : `${milliseconds(c.lag_ms ?? 0)} behind`}
                    <span className="block text-small text-muted">{c.lag === 0 ? "nothing waits" : `${plural(c.lag, "commit")} to take`}</span>
                  </span>
                </li>
              ))}
            </ul>
          </Section>
          <StuckEvents stuck={data.stuck} />
          <OperationJobs />
        </div>
        <Section title="Facts">
          <Facts>
            <Fact name="Version">
              <span className="font-mono text-mono">{data.version}</span>
            </Fact>
            <Fact name="Store">
              <span className="font-mono text-mono">{data.store}</span>
            </Fact>
            <Fact name="Started">
              <When at={data.started_at} />
            </Fact>
            <Fact name="Log">{plural(data.log_position, "commit")}</Fact>
            <Fact name="Read models">
              generation {data.generation}, format {data.rows_format}
            </Fact>
            <Fact name="Attempts waiting">{count(data.waiting)} in memory</Fact>
            <Fact name="Live streams">{count(data.streams)} open</Fact>
          </Facts>
          <p className="mt-4 flex flex-wrap gap-x-4 gap-y-1">
            {[
              ["/docs", "API reference"],
              ["/metrics", "Metrics"],
              ["/readyz", "Readiness"],
            ].map(([to, name]) => (
              <a key={to} href={to} className="text-accent hover:underline">
                {name}
              </a>
            ))}
          </p>
        </Section>
      </div>
    </Page>
  );
}

/** The one sentence: how it is. */
function headline(s: System): string {
  const unwell = s.checks.find((c) => !c.ok);
  if (unwell) return `Not well: ${unwell.name}.`;
  if (s.stuck > 0) return `${plural(s.stuck, "event")} ${s.stuck === 1 ? "is" : "are"} set aside.`;
  const worst = s.consumers.toSorted((a, b) => (b.lag_ms ?? 0) - (a.lag_ms ?? 0))[0];
  if (!worst || worst.lag === 0 || (worst.lag_ms ?? 0) < 1000) return "Everything follows the log.";
  return `${worst.name} is ${milliseconds(worst.lag_ms ?? 0)} behind.`;
}
