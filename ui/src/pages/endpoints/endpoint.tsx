import { useQuery } from "@tanstack/react-query";
import { Link, useParams, useSearchParams } from "react-router";
import { api, ask } from "@/api/client";
import { useUserNames } from "@/api/names";
import { useStats } from "@/api/stats";
import type { Endpoint } from "@/api/types";
import { useAccess } from "@/app/access";
import { useService } from "@/app/service";
import { serviceKey } from "@/app/service-key";
import { useTitle } from "@/app/shell/title";
import { HealthStrip } from "@/charts/health-strip";
import { CopyButton } from "@/components/data/copy";
import { Id } from "@/components/data/id";
import { Code } from "@/components/data/json";
import { When } from "@/components/data/moment";
import { Fact, Facts, PageHead } from "@/components/layout/page";
import { Failed, Skeleton, useSlow } from "@/components/state/blank";
import { skipText } from "@/components/state/cause";
import { Tab, TabPanel, Tabs, TabsList } from "@/components/ui/tabs";
import { hostAndPath, percent, count } from "@/lib/format";
import { EndpointActions } from "./actions";
import { ConfirmPanel } from "./confirm-panel";
import { DeliveriesOf } from "./deliveries-of";
import { EventTypesOf } from "./event-types-of";
import { FailingPanel } from "./failing-panel";
import { HistoryOf } from "./history-of";
import { SecretPanel } from "./secret-panel";
import { EndpointState, unconfirmed } from "./state";

const handshake = `{
  "Type": "SubscriptionConfirmation",
  "Token": "…",
  "SubscribeURL": "https://sns.…"
}`;

export default function EndpointPage() {
  const { id: svc } = useService();
  const { ep = "" } = useParams();
  const { data: endpoint, error, isPending, refetch } = useQuery({
    queryKey: serviceKey(svc, "endpoint", ep),
    queryFn: () => ask(api.GET("/v1/services/{svc}/endpoints/{ep}", { params: { path: { svc, ep } } })),
    // A handshake is confirmed at SNS, which tells nobody: the page asks while one is under way.
    refetchInterval: (q) => (q.state.data && unconfirmed(q.state.data).length > 0 ? 4000 : false),
  });
  const slow = useSlow(isPending);
  useTitle(endpoint ? hostAndPath(endpoint.url) : "Endpoint", [{ text: "Endpoints", to: `/services/${svc}/endpoints` }]);
  if (error) return <Failed error={error} what="endpoint" retry={() => void refetch()} className="p-6" />;
  if (!endpoint) return slow ? <Skeleton className="p-6" /> : null;
  return <Shown svc={svc} endpoint={endpoint} />;
}

function Shown({ svc, endpoint }: { svc: string; endpoint: Endpoint }) {
  const access = useAccess();
  const [params, setParams] = useSearchParams();
  const { data: stats } = useStats(svc, { range: "24h" }, { endpoint_id: endpoint.id });
  const user = useUserNames(svc, [endpoint.user_id]).get(endpoint.user_id);
  const figures = stats?.total;
  const mine = stats?.endpoints.find((e) => e.endpoint_id === endpoint.id);
  const waiting = unconfirmed(endpoint).filter((s) => s.status !== "requested");
  const subscriptions = endpoint.subscriptions.filter((s) => s.status !== "removed");
  const topics = [...new Set(subscriptions.flatMap((s) => (s.sns?.topic_arn ? [s.sns.topic_arn] : [])))];
  const tab = params.get("tab") ?? "types";
  return (
    <div className="grid min-h-0 flex-1 grid-cols-[minmax(0,1fr)_320px] max-xl:grid-cols-1">
      <div className="min-w-0 px-6 py-5 max-md:px-4">
        <PageHead title={endpoint.url} mono actions={<EndpointActions svc={svc} endpoint={endpoint} />}>
          <EndpointState endpoint={endpoint} />
          <span>
            of{" "}
            <Link to={`/services/${svc}/users/${endpoint.user_id}`} className="font-[550] text-text hover:underline">
              {user?.name ?? "…"}
            </Link>
          </span>
          {figures && figures.success_rate !== null && (
            <span>
              {percent(figures.success_rate)} of {count(figures.delivered + figures.failed)} delivered in 24 h
            </span>
          )}
        </PageHead>
        {endpoint.description && <p className="mt-2 max-w-prose text-text-2">{endpoint.description}</p>}
        {waiting.map((s) => (
          <ConfirmPanel key={s.id} svc={svc} endpoint={endpoint} subscription={s} />
        ))}
        {mine && endpoint.status === "active" && <FailingPanel svc={svc} endpoint={endpoint} figures={mine} />}
        <Tabs value={tab} onValueChange={(to) => setParams(to === "types" ? {} : { tab: to }, { replace: true })} className="mt-6">
          <TabsList aria-label="About this endpoint">
            <Tab value="types" count={subscriptions.length}>
              Event types
            </Tab>
            <Tab value="messages">Deliveries</Tab>
            <Tab value="secret">Secret</Tab>
            <Tab value="history">History</Tab>
          </TabsList>
          <TabPanel value="types">
            <EventTypesOf svc={svc} endpoint={endpoint} figures={stats?.event_types} />
          </TabPanel>
          <TabPanel value="messages" className="pt-3">
            <DeliveriesOf svc={svc} endpoint={endpoint.id} />
          </TabPanel>
          <TabPanel value="secret" className="pt-4">
            <SecretPanel svc={svc} endpoint={endpoint} />
          </TabPanel>
          <TabPanel value="history" className="pt-2">
            <HistoryOf svc={svc} stream={`${svc}/${endpoint.id}`} />
          </TabPanel>
        </Tabs>
      </div>
      <aside aria-label="Facts" className="border-l border-border bg-bg px-5 py-5 max-xl:border-t max-xl:border-l-0 max-md:px-4">
        <h2 className="mb-2.5 font-semibold">Facts</h2>
        <Facts>
          <Fact name="Id">
            <Id id={endpoint.id} copy />
          </Fact>
          <Fact name="User">
            {user?.name ?? "…"} {user?.external_id && <span className="font-mono text-mono text-muted">{user.external_id}</span>}
          </Fact>
          <Fact name="Format">
            <span className="font-mono text-mono">{endpoint.format}</span>
            <span className="block text-small text-muted">{endpoint.format === "sns" ? "envelope, RSA signature" : "signed with its secret"}</span>
          </Fact>
          {topics.length > 0 && (
            <Fact name={topics.length === 1 ? "Topic" : "Topics"}>
              {topics.map((arn) => (
                <span key={arn} className="flex items-center gap-1 font-mono text-mono" title={arn}>
                  <span className="truncate">{arn.split(":").at(-1)?.replace(/_[0-9A-Z]{20}(?=[0-9A-Z]{6})/, "_…")}</span>
                  <CopyButton text={arn} what="topic" />
                </span>
              ))}
            </Fact>
          )}
          <Fact name="Retries">{endpoint.format === "sns" ? "by SNS, at most an hour" : "by WebPlug, for more than a day"}</Fact>
          <Fact name="Since">
            <When at={endpoint.created_at} />
          </Fact>
          {figures && figures.skipped > 0 && (
            <Fact name="Skipped">
              <Link to={`/services/${svc}/messages?endpoint_id=${endpoint.id}&range=24h`} className="text-accent hover:underline">
                {count(figures.skipped)} in 24 h
              </Link>
              {access.can("read") && Object.keys(figures.skip_reasons).length > 0 && <span className="block text-small text-muted">{Object.entries(figures.skip_reasons).map(([reason, n]) => `${n} ${skipText(reason)}`).join(", ")}</span>}
            </Fact>
          )}
        </Facts>
        {waiting.some((s) => s.status === "pending_confirmation") && (
          <div className="mt-6">
            <h2 className="mb-1 font-semibold">What its owner should look for</h2>
            <p className="mb-2 text-text-2">
              One POST from SNS, sent as <code>text/plain</code>:
            </p>
            <Code json label="handshake" text={handshake} />
            <p className="mt-2 text-small text-muted">SNS gives the token to the endpoint alone. WebPlug cannot read it, so its owner has to hand it over.</p>
          </div>
        )}
        {mine && (
          <div className="mt-6">
            <h2 className="mb-2 font-semibold">Last 24 hours</h2>
            <HealthStrip strip={mine.strip} />
            <p className="mt-1.5 text-small text-muted">The taller the bar, the worse the half hour.</p>
          </div>
        )}
      </aside>
    </div>
  );
}
