import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useNavigate } from "react-router";
import { api, ask } from "@/api/client";
import { useEndpointNames, useUserNames } from "@/api/names";
import { flawOf } from "@/api/problem";
import { endpointSource, eventTypeSource, userSource } from "@/api/sources";
import { useAccess } from "@/app/access";
import { serviceKey } from "@/app/service-key";
import { Json, jsonText } from "@/components/data/json";
import { JsonField, jsonFlaw } from "@/components/form/json-field";
import { Picker } from "@/components/form/picker";
import { SheetForm } from "@/components/form/sheet-form";
import { Field } from "@/components/ui/field";
import { Segmented } from "@/components/ui/segmented";
import { hostAndPath, plural } from "@/lib/format";
import { messageBody } from "@/lib/json-text";
import { reachText, type To, useNewestPayload, useReach, useTypeNamed } from "./recipients";

interface PublishProps {
  svc: string;
  open: boolean;
  onClose: () => void;
  userId?: string | undefined;
  eventType?: string | undefined;
  /** A test goes to one endpoint, until something else is chosen. */
  test?: boolean;
}

/** Publishes a message, or tries a type out at one endpoint. It goes to nobody who was not chosen. */
export function PublishForm({ svc, open, onClose, userId, eventType, test = false }: PublishProps) {
  const access = useAccess();
  const [name, setName] = useState("");
  const [to, setTo] = useState<To>("user");
  const [user, setUser] = useState("");
  const [endpoint, setEndpoint] = useState("");
  const [payload, setPayload] = useState<string | null>(null);
  const navigate = useNavigate();
  const client = useQueryClient();
  const mayTest = access.can("manage");
  useEffect(() => {
    if (!open) return;
    setName(eventType ?? "");
    setTo(test && mayTest ? "endpoint" : "user");
    setUser(userId ?? access.userId ?? "");
    setEndpoint("");
    setPayload(null);
  }, [open, eventType, userId, test, mayTest, access.userId]);

  const { data: type } = useTypeNamed(svc, name, open);
  const example = type?.example ?? null;
  const { data: newest } = useNewestPayload(svc, name, open && type !== undefined && example === null && access.can("read"));
  const { data: first } = useFirstSubscriber(svc, name, open && to === "endpoint");
  const target = endpoint || first || "";
  const userName = useUserNames(svc, [user]).get(user)?.name ?? "";
  const url = useEndpointNames(svc, [target]).get(target)?.url;
  const reach = useReach(svc, type, to, user, open);
  const usual = example === null ? newest : jsonText(example);
  const shown = payload ?? usual ?? "";

  async function submit() {
    if (name === "") throw flawOf("event_type", "choose what it is");
    const sent = await (to === "endpoint" ? sendTest() : publish());
    await client.invalidateQueries({ queryKey: serviceKey(svc) });
    setTimeout(() => void navigate(`/services/${svc}/messages/${sent.id}`));
  }
  function sendTest() {
    if (target === "") throw flawOf("endpoint", "choose the endpoint that gets it");
    return ask(api.POST("/v1/services/{svc}/endpoints/{ep}/test", { params: { path: { svc, ep: target } }, body: { event_type: name } }));
  }
  function publish() {
    if (to === "user" && user === "") throw flawOf("user_id", "choose the user who gets it, or all users");
    if (!shown.trim()) throw flawOf("payload", "is required");
    const flaw = jsonFlaw(shown);
    if (flaw) throw flawOf("payload", flaw);
    const message = { event_type: name, user_id: to === "user" ? user : undefined };
    // The payload is sent as it was typed: through JSON.parse big numbers would be others.
    return ask(api.POST("/v1/services/{svc}/messages", { params: { path: { svc } }, body: { ...message, payload: null as never }, bodySerializer: () => messageBody(message, shown) }));
  }
  const choices: { value: To; label: string }[] = [];
  if (mayTest) choices.push({ value: "endpoint", label: "One endpoint" });
  choices.push({ value: "user", label: access.userId === null ? "One user" : "All my endpoints" });
  if (access.userId === null) choices.push({ value: "all", label: "All users" });
  const action = to === "endpoint" ? "Send the test" : to === "all" && reach.data && reach.data.count > 0 ? `Publish to ${plural(reach.data.count, "endpoint")}${reach.data.more ? " and more" : ""}` : "Publish";
  return (
    <SheetForm open={open} onClose={onClose} submit={submit} title={to === "endpoint" ? "Send a test message" : "Publish a message"} action={action} fields={["event_type", "user_id", "endpoint", "payload"]}>
      {(errors) => (
        <>
          <Field label="Event type" error={errors["event_type"]}>
            {(c) => (
              <Picker
                {...c}
                mono
                source={eventTypeSource(svc)}
                chosen={name}
                placeholder="What happened?"
                onChoose={(t) => {
                  setName(t.value);
                  setPayload(null);
                }}
              />
            )}
          </Field>
          <div className="grid gap-2.5">
            <div className="grid gap-1.5">
              <span aria-hidden className="font-[550]">
                To
              </span>
              <div>
                <Segmented label="To" value={to} choices={choices} onChange={setTo} />
              </div>
            </div>
            {to === "endpoint" && (
              <Field label="Endpoint" error={errors["endpoint"]}>
                {(c) => <Picker {...c} mono source={endpointSource(svc, access.userId ?? undefined)} chosen={url ? hostAndPath(url) : ""} placeholder="Find it by its URL" onChoose={(e) => setEndpoint(e.value)} />}
              </Field>
            )}
            {to === "user" && access.userId === null && (
              <Field label="User" error={errors["user_id"]}>
                {(c) => <Picker {...c} source={userSource(svc)} chosen={userName} placeholder="Find the user by name or your own id" onChoose={(u) => setUser(u.value)} />}
              </Field>
            )}
            <p role="status" className="text-text-2">
              {reachText(to, reach.data)}
            </p>
          </div>
          {to === "endpoint" ? (
            name !== "" && type !== undefined && (example === null ? <p className="text-text-2">This type has no example, and a test sends that. Give it one, or publish to one user.</p> : <Json value={example} label="example that is sent" />)
          ) : (
            <JsonField label="Payload" value={shown} onChange={setPayload} error={errors["payload"]} hint={payload !== null || !usual ? "JSON. Endpoints get it as data, byte for byte." : example === null ? "It begins with what was sent of this type last." : "It begins with the type's example."} rows={14} />
          )}
        </>
      )}
    </SheetForm>
  );
}

/** The endpoint that a test of a type is offered to first: one that is subscribed. */
function useFirstSubscriber(svc: string, name: string, enabled: boolean) {
  return useQuery({
    queryKey: serviceKey(svc, "subscriptions", "first-of", name),
    queryFn: async () => {
      const page = await ask(api.GET("/v1/services/{svc}/subscriptions", { params: { path: { svc }, query: { event_type: name, status: "active", limit: 1 } } }));
      return page.data[0]?.endpoint_id ?? null;
    },
    enabled: enabled && name !== "",
    staleTime: 5000,
  });
}
