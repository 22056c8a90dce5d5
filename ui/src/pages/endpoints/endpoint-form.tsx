import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { api, ask } from "@/api/client";
import { useUserNames } from "@/api/names";
import { userSource } from "@/api/sources";
import type { Endpoint } from "@/api/types";
import { useAccess } from "@/app/access";
import { serviceKey } from "@/app/service-key";
import { Picker } from "@/components/form/picker";
import { SheetForm } from "@/components/form/sheet-form";
import { Field, Input, Select, Textarea } from "@/components/ui/field";
import { TypeChecks } from "./type-checks";

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
  const [user, setUser] = useState("");
  const [url, setUrl] = useState("");
  const [format, setFormat] = useState<Format | "">("");
  const [description, setDescription] = useState("");
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const userName = useUserNames(svc, [user]).get(user)?.name ?? "";
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
              {(c) => <Picker {...c} source={userSource(svc)} chosen={userName} placeholder="Whose endpoint is it?" onChoose={(u) => setUser(u.value)} />}
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
              <TypeChecks svc={svc} open={open} chosen={chosen} onChange={setChosen} />
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
