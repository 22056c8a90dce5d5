import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useNavigate } from "react-router";
import { api, ask } from "@/api/client";
import { useEventTypes, useUsers } from "@/api/names";
import { useAccess } from "@/app/access";
import { serviceKey } from "@/app/service-key";
import { jsonText } from "@/components/data/json";
import { JsonField, readJson } from "@/components/form/json-field";
import { SheetForm } from "@/components/form/sheet-form";
import { Field, Select } from "@/components/ui/field";

interface PublishProps {
  svc: string;
  open: boolean;
  onClose: () => void;
  userId?: string | undefined;
  eventType?: string | undefined;
}

/** Publishes a message, with the type's example to begin with. */
export function PublishForm({ svc, open, onClose, userId, eventType }: PublishProps) {
  const access = useAccess();
  const types = useEventTypes(svc, open);
  const users = useUsers(svc, open);
  const [type, setType] = useState("");
  const [user, setUser] = useState("");
  const [payload, setPayload] = useState("");
  const navigate = useNavigate();
  const client = useQueryClient();
  useEffect(() => {
    if (!open) return;
    setType(eventType ?? "");
    setUser(userId ?? access.userId ?? "");
    setPayload("");
  }, [open, eventType, userId, access.userId]);
  const chosen = types.find((t) => t.name === type);
  const example = chosen?.example ?? null;
  const shown = payload || (chosen ? jsonText(example ?? { hello: "world" }) : "");

  async function submit() {
    const sent = await ask(api.POST("/v1/services/{svc}/messages", { params: { path: { svc } }, body: { event_type: type, user_id: user || undefined, payload: (readJson(shown) ?? null) as never } }));
    await client.invalidateQueries({ queryKey: serviceKey(svc) });
    setTimeout(() => void navigate(`/services/${svc}/messages/${sent.id}`));
  }
  return (
    <SheetForm open={open} onClose={onClose} submit={submit} title="Publish a message" description="Every endpoint that is subscribed gets it, now." action="Publish" fields={["event_type", "user_id", "payload"]}>
      {(errors) => (
        <>
          <Field label="Event type" error={errors["event_type"]}>
            {(c) => (
              <Select {...c} value={type} onChange={(e) => setType(e.target.value)} className="font-mono">
                <option value="">Choose one</option>
                {types.map((t) => (
                  <option key={t.id} value={t.name}>
                    {t.name}
                  </option>
                ))}
              </Select>
            )}
          </Field>
          {access.userId === null && (
            <Field label="To" error={errors["user_id"]} hint="Without a user it is a broadcast.">
              {(c) => (
                <Select {...c} value={user} onChange={(e) => setUser(e.target.value)}>
                  <option value="">all users</option>
                  {users.map((u) => (
                    <option key={u.id} value={u.id}>
                      {u.name}
                    </option>
                  ))}
                </Select>
              )}
            </Field>
          )}
          <JsonField label="Payload" value={shown} onChange={setPayload} error={errors["payload"]} hint={example === null ? "JSON. Endpoints get it as data, byte for byte." : "It begins with the type's example."} rows={14} />
        </>
      )}
    </SheetForm>
  );
}
