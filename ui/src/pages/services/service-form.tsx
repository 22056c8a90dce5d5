import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useNavigate } from "react-router";
import { api, ask } from "@/api/client";
import type { Service } from "@/api/types";
import { SheetForm } from "@/components/form/sheet-form";
import { Field, Input, Select } from "@/components/ui/field";

type Format = Service["default_format"];

/** Creates a service, or changes one. */
export function ServiceForm({ open, service, onClose }: { open: boolean; service: Service | null; onClose: () => void }) {
  const [name, setName] = useState("");
  const [format, setFormat] = useState<Format | "">("");
  const client = useQueryClient();
  const navigate = useNavigate();
  useEffect(() => {
    if (!open) return;
    setName(service?.name ?? "");
    setFormat(service?.default_format ?? "");
  }, [open, service]);

  async function submit() {
    const default_format = format || undefined;
    const saved = service
      ? await ask(api.PATCH("/v1/services/{svc}", { params: { path: { svc: service.id } }, body: { name, default_format } }))
      : await ask(api.POST("/v1/services", { body: { name, default_format } }));
    await client.invalidateQueries();
    if (!service) setTimeout(() => void navigate(`/services/${saved.id}`));
  }

  return (
    <SheetForm open={open} onClose={onClose} submit={submit} title={service ? `Edit ${service.name}` : "New service"} action={service ? "Save" : "Create the service"} fields={["name", "default_format"]}>
      {(errors) => (
        <>
          <Field label="Name" error={errors["name"]} hint="What your application is called.">
            {(c) => <Input {...c} value={name} onChange={(e) => setName(e.target.value)} maxLength={200} autoComplete="off" />}
          </Field>
          <Field label="Format of new endpoints" error={errors["default_format"]} hint="standard-webhooks: a signed POST. sns: what Amazon SNS sends, with its confirmation. Each endpoint can choose for itself.">
            {(c) => (
              <Select {...c} value={format} onChange={(e) => setFormat(e.target.value as Format)}>
                {!service && <option value="">as this deployment has it</option>}
                <option value="standard-webhooks">standard-webhooks</option>
                <option value="sns">sns</option>
              </Select>
            )}
          </Field>
        </>
      )}
    </SheetForm>
  );
}
