import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { api, ask } from "@/api/client";
import type { EventType } from "@/api/types";
import { serviceKey } from "@/app/service-key";
import { jsonText } from "@/components/data/json";
import { JsonField, readJson } from "@/components/form/json-field";
import { SheetForm } from "@/components/form/sheet-form";
import { Field, Input, Textarea } from "@/components/ui/field";

/** Creates an event type, or changes its description, schema and example. */
export function EventTypeForm({ svc, open, type, onClose, onSaved }: { svc: string; open: boolean; type: EventType | null; onClose: () => void; onSaved?: (t: EventType) => void }) {
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const [schema, setSchema] = useState("");
  const [example, setExample] = useState("");
  const client = useQueryClient();
  useEffect(() => {
    if (!open) return;
    setName(type?.name ?? "");
    setDescription(type?.description ?? "");
    setSchema(type && type.schema !== null ? jsonText(type.schema) : "");
    setExample(type && type.example !== null ? jsonText(type.example) : "");
  }, [open, type]);

  async function submit() {
    const body = { description: description || null, schema: (readJson(schema) ?? null) as Record<string, never> | null, example: (readJson(example) ?? null) as never };
    const saved = type
      ? await ask(api.PATCH("/v1/services/{svc}/event-types/{typ}", { params: { path: { svc, typ: type.id } }, body }))
      : await ask(api.POST("/v1/services/{svc}/event-types", { params: { path: { svc } }, body: { name, ...body } }));
    await client.invalidateQueries({ queryKey: serviceKey(svc) });
    if (onSaved) setTimeout(() => onSaved(saved));
  }
  return (
    <SheetForm open={open} onClose={onClose} submit={submit} title={type ? `Edit ${type.name}` : "New event type"} action={type ? "Save" : "Create the event type"} fields={["name", "description", "schema", "example"]}>
      {(errors) => (
        <>
          {!type && (
            <Field label="Name" error={errors["name"]} hint="Receivers know the type by it, so it stays. A-Z a-z 0-9 _ . -">
              {(c) => <Input {...c} value={name} onChange={(e) => setName(e.target.value)} maxLength={200} autoComplete="off" spellCheck={false} className="font-mono" placeholder="card_issued" />}
            </Field>
          )}
          <Field label="Description" optional error={errors["description"]}>
            {(c) => <Textarea {...c} value={description} onChange={(e) => setDescription(e.target.value)} maxLength={2000} />}
          </Field>
          <JsonField label="Example" optional value={example} onChange={setExample} error={errors["example"]} hint="A payload that fits the schema; tests send it." rows={7} />
          <JsonField label="Schema" optional value={schema} onChange={setSchema} error={errors["schema"]} hint="JSON Schema 2020-12. Payloads that do not fit are refused." />
        </>
      )}
    </SheetForm>
  );
}
