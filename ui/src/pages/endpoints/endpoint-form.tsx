import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { api, ask } from "@/api/client";
import { useEventTypes, useUsers } from "@/api/names";
import type { Endpoint } from "@/api/types";
import { useAccess } from "@/app/access";
import { serviceKey } from "@/app/service-key";
import { SheetForm } from "@/components/form/sheet-form";
import { Checkbox, Field, Input, Select, Textarea } from "@/components/ui/field";

type Format = Endpoint["format"];

interface EndpointFormProps {
  svc: string;
  open: boolean;
  endpoint: Endpoint | null;
  /** Whose it becomes, where that is clear. */
  userId?: string | undefined;
  onClose: () => void;
  onSaved?: (e: Endpoint) => void;
}

/** Adds an endpoint with its event types, or changes its URL and description. */
export function EndpointForm({ svc, open, endpoint, userId, onClose, onSaved }: EndpointFormProps) {
  const access = useAccess();
  const users = useUsers(svc, open && !endpoint && !userId);
  const types = useEventTypes(svc, open && !endpoint);
  const [user, setUser] = useState("");
  const [url, setUrl] = useState("");
  const [format, setFormat] = useState<Format | "">("");
  const [description, setDescription] = useState("");
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const client = useQueryClient();
  useEffect(() => {
    if (!open) return;
    setUser(userId ?? access.userId ?? "");
    setUrl(endpoint?.url ?? "");
    setDescription(endpoint?.description ?? "");
    setFormat("");
    setChosen([]);
  }, [open, endpoint, userId, access.userId]);

  async function submit() {
    const path = { svc };
    const saved = endpoint
      ? await ask(api.PATCH("/v1/services/{svc}/endpoints/{ep}", { params: { path: { ...path, ep: endpoint.id } }, body: { url, description: description || null } }))
      : await ask(api.POST("/v1/services/{svc}/endpoints", { params: { path }, body: { user_id: user, url, format: format || undefined, description: description || undefined, event_types: [...chosen] } }));
    await client.invalidateQueries({ queryKey: serviceKey(svc) });
    if (onSaved) setTimeout(() => onSaved(saved));
  }

  return (
    <SheetForm open={open} onClose={onClose} submit={submit} title={endpoint ? "Edit the endpoint" : "Add an endpoint"} action={endpoint ? "Save" : "Add the endpoint"} fields={["user_id", "url", "format", "description", "event_types"]}>
      {(errors) => (
        <>
          {!endpoint && !userId && access.userId === null && (
            <Field label="User" error={errors["user_id"]}>
              {(c) => (
                <Select {...c} value={user} onChange={(e) => setUser(e.target.value)}>
                  <option value="">Whose endpoint is it?</option>
                  {users.map((u) => (
                    <option key={u.id} value={u.id}>
                      {u.name}
                      {u.external_id ? ` (${u.external_id})` : ""}
                    </option>
                  ))}
                </Select>
              )}
            </Field>
          )}
          <Field label="URL" error={errors["url"]} hint={endpoint?.format === "sns" ? "A new URL must be confirmed; until then the old one receives." : "Where webhooks are sent by POST: https://…"}>
            {(c) => <Input {...c} type="url" value={url} onChange={(e) => setUrl(e.target.value)} autoComplete="off" spellCheck={false} className="font-mono" placeholder="https://example.com/webhooks" />}
          </Field>
          {!endpoint && (
            <Field label="Format" error={errors["format"]} hint="standard-webhooks: a signed POST, no handshake. sns: as Amazon SNS sends, after a confirmation.">
              {(c) => (
                <Select {...c} value={format} onChange={(e) => setFormat(e.target.value as Format)}>
                  <option value="">as the service has it</option>
                  <option value="standard-webhooks">standard-webhooks</option>
                  <option value="sns">sns</option>
                </Select>
              )}
            </Field>
          )}
          {!endpoint && (
            <fieldset>
              <legend className="mb-1.5 font-[550]">Event types</legend>
              {types.length === 0 ? (
                <p className="text-text-2">There are none yet. Create one first, or subscribe later.</p>
              ) : (
                <div className="scroll-thin max-h-56 overflow-y-auto rounded-field border border-control">
                  {types.map((t) => (
                    <label key={t.id} className="flex min-h-9 items-center gap-2.5 border-b border-border px-3 last:border-0 hover:bg-hover max-md:min-h-11">
                      <Checkbox checked={chosen.includes(t.name)} onChange={(e) => setChosen(e.target.checked ? [...chosen, t.name] : chosen.filter((n) => n !== t.name))} />
                      <span className="font-mono text-mono">{t.name}</span>
                    </label>
                  ))}
                </div>
              )}
              {errors["event_types"] && <p className="mt-1.5 text-small text-danger">{errors["event_types"]}</p>}
            </fieldset>
          )}
          <Field label="Description" optional error={errors["description"]}>
            {(c) => <Textarea {...c} value={description} onChange={(e) => setDescription(e.target.value)} maxLength={2000} />}
          </Field>
        </>
      )}
    </SheetForm>
  );
}
