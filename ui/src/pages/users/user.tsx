import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Pencil, Plus } from "lucide-react";
import { useState } from "react";
import { Link, useNavigate, useParams } from "react-router";
import { api, ask, tellServer } from "@/api/client";
import { useAccess } from "@/app/access";
import { useService } from "@/app/service";
import { serviceKey } from "@/app/service-key";
import { useTitle } from "@/app/shell/title";
import { Id } from "@/components/data/id";
import { When } from "@/components/data/moment";
import { Confirm } from "@/components/form/confirm";
import { Fact, Facts, Page, PageHead, Section } from "@/components/layout/page";
import { Failed, Skeleton, useSlow } from "@/components/state/blank";
import { StateWord } from "@/components/state/marks";
import { Button } from "@/components/ui/button";
import { useStats } from "@/api/stats";
import { percent } from "@/lib/format";
import { EndpointsOf } from "../endpoints/endpoints-of";
import { MessagesOf } from "../messages/messages-of";
import { EndpointForm, UserForm } from "@/pages/forms";

export default function UserPage() {
  const { id: svc } = useService();
  const { usr = "" } = useParams();
  const access = useAccess();
  const navigate = useNavigate();
  const client = useQueryClient();
  const [editing, setEditing] = useState(false);
  const [adding, setAdding] = useState(false);
  const [archiving, setArchiving] = useState(false);
  const { data: user, error, isPending, refetch } = useQuery({ queryKey: serviceKey(svc, "user", usr), queryFn: () => ask(api.GET("/v1/services/{svc}/users/{usr}", { params: { path: { svc, usr } } })) });
  const { data: stats } = useStats(svc, { range: "24h" }, { user_id: usr });
  const slow = useSlow(isPending);
  useTitle(user?.name ?? "User", access.userId === null ? [{ text: "Users", to: `/services/${svc}/users` }] : []);
  if (error) return <Failed error={error} what="user" retry={() => void refetch()} className="p-6" />;
  if (!user) return slow ? <Skeleton className="p-6" /> : null;
  const mayChange = access.can("manage") && !user.archived_at;
  const rate = stats?.total.success_rate;
  return (
    <Page>
      <PageHead
        title={user.name}
        actions={
          mayChange && (
            <>
              {access.userId === null && (
                <>
                  <Button variant="ghost" onClick={() => setArchiving(true)}>
                    Archive…
                  </Button>
                  <Button onClick={() => setEditing(true)}>
                    <Pencil /> Edit
                  </Button>
                </>
              )}
              <Button variant="primary" onClick={() => setAdding(true)}>
                <Plus /> Add an endpoint
              </Button>
            </>
          )
        }
      >
        {user.archived_at && <StateWord state="archived" />}
        {user.external_id && <span className="font-mono text-mono">{user.external_id}</span>}
        {rate !== null && rate !== undefined && (
          <span>
            {percent(rate, 2)} of {stats ? stats.total.delivered + stats.total.failed : 0} delivered in 24 h
          </span>
        )}
        <Id id={user.id} whole copy />
      </PageHead>
      <div className="mt-6 grid grid-cols-[minmax(0,1fr)_280px] gap-8 max-xl:grid-cols-1">
        <div className="grid min-w-0 content-start gap-7">
          <Section title="Endpoints">
            <EndpointsOf svc={svc} filter={{ user_id: usr }} empty={mayChange ? "No endpoint yet. Add the URL where this user takes webhooks." : "No endpoint yet."} />
          </Section>
          <Section
            title="Newest messages"
            actions={
              <Link to={`/services/${svc}/messages?user_id=${usr}`} className="text-accent hover:underline">
                All of them
              </Link>
            }
          >
            <MessagesOf svc={svc} filter={{ user_id: usr }} empty="No message for this user yet. Broadcasts are not among them." />
          </Section>
        </div>
        <Section title="Facts">
          <Facts>
            <Fact name="Since">
              <When at={user.created_at} />
            </Fact>
            {Object.entries(user.metadata).map(([name, value]) => (
              <Fact key={name} name={name}>
                {value}
              </Fact>
            ))}
          </Facts>
          <p className="mt-4">
            <Link to={`/services/${svc}/audit?stream=${encodeURIComponent(`${svc}/${usr}`)}`} className="text-accent hover:underline">
              History of this user
            </Link>
          </p>
        </Section>
      </div>
      <UserForm svc={svc} open={editing} user={user} onClose={() => setEditing(false)} />
      <EndpointForm svc={svc} open={adding} endpoint={null} userId={usr} onClose={() => setAdding(false)} onSaved={(e) => void navigate(`/services/${svc}/endpoints/${e.id}`)} />
      <Confirm
        open={archiving}
        title={`Archive ${user.name}?`}
        action={`Archive ${user.name}`}
        onClose={() => setArchiving(false)}
        confirm={async () => {
          await tellServer(api.DELETE("/v1/services/{svc}/users/{usr}", { params: { path: { svc, usr } } }));
          await client.invalidateQueries({ queryKey: serviceKey(svc) });
        }}
      >
        Nothing new is sent to the endpoints of this user. What was accepted is still delivered. The history stays{user.external_id && <>; the external id {user.external_id} is free again</>}. This cannot be undone.
      </Confirm>
    </Page>
  );
}
