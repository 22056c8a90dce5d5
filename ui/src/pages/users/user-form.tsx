import { useQueryClient } from "@tanstack/react-query";
import { Plus, X } from "lucide-react";
import { useEffect, useState } from "react";
import { api, ask } from "@/api/client";
import type { User } from "@/api/types";
import { serviceKey } from "@/app/service-key";
import { SheetForm } from "@/components/form/sheet-form";
import { Button } from "@/components/ui/button";
import { Field, Input } from "@/components/ui/field";

interface Entry {
  key: number;
  name: string;
  value: string;
}

let nextEntry = 0;
const entriesOf = (metadata: Record<string, string>): Entry[] => Object.entries(metadata).map(([name, value]) => ({ key: nextEntry++, name, value }));

/** Registers a user, or changes one. */
export function UserForm({ svc, open, user, onClose, onSaved }: { svc: string; open: boolean; user: User | null; onClose: () => void; onSaved?: (u: User) => void }) {
  const [name, setName] = useState("");
  const [externalId, setExternalId] = useState("");
  const [metadata, setMetadata] = useState<Entry[]>([]);
  const client = useQueryClient();
  useEffect(() => {
    if (!open) return;
    setName(user?.name ?? "");
    setExternalId(user?.external_id ?? "");
    setMetadata(entriesOf(user?.metadata ?? {}));
  }, [open, user]);

  async function submit() {
    const body = { name, external_id: externalId || null, metadata: Object.fromEntries(metadata.filter((e) => e.name).map((e) => [e.name, e.value])) };
    const saved = user
      ? await ask(api.PATCH("/v1/services/{svc}/users/{usr}", { params: { path: { svc, usr: user.id } }, body }))
      : await ask(api.POST("/v1/services/{svc}/users", { params: { path: { svc } }, body }));
    await client.invalidateQueries({ queryKey: serviceKey(svc) });
    if (onSaved) setTimeout(() => onSaved(saved));
  }
  const change = (key: number, with_: Partial<Entry>) => setMetadata(metadata.map((e) => (e.key === key ? { ...e, ...with_ } : e)));

  return (
    <SheetForm open={open} onClose={onClose} submit={submit} title={user ? `Edit ${user.name}` : "New user"} description="A customer of this service, who has endpoints." action={user ? "Save" : "Register the user"} fields={["name", "external_id", "metadata"]}>
      {(errors) => (
        <>
          <Field label="Name" error={errors["name"]}>
            {(c) => <Input {...c} value={name} onChange={(e) => setName(e.target.value)} maxLength={200} autoComplete="off" />}
          </Field>
          <Field label="External id" optional error={errors["external_id"]} hint="Your own id of the user; unique within the service.">
            {(c) => <Input {...c} value={externalId} onChange={(e) => setExternalId(e.target.value)} maxLength={200} autoComplete="off" className="font-mono" />}
          </Field>
          <fieldset className="grid gap-2">
            <legend className="mb-1.5 font-[550]">
              Metadata <span className="ml-1 text-small font-normal text-muted">optional</span>
            </legend>
            {metadata.map((e) => (
              <div key={e.key} className="flex gap-2">
                <Input aria-label="Name of the entry" placeholder="plan" value={e.name} onChange={(ev) => change(e.key, { name: ev.target.value })} className="flex-1" />
                <Input aria-label="Value of the entry" placeholder="enterprise" value={e.value} onChange={(ev) => change(e.key, { value: ev.target.value })} className="flex-1" />
                <Button variant="ghost" size="icon" aria-label="Take the entry away" onClick={() => setMetadata(metadata.filter((other) => other.key !== e.key))}>
                  <X />
                </Button>
              </div>
            ))}
            {errors["metadata"] && <p className="text-small text-danger">{errors["metadata"]}</p>}
            <div>
              <Button variant="ghost" size="small" onClick={() => setMetadata([...metadata, { key: nextEntry++, name: "", value: "" }])}>
                <Plus /> Add an entry
              </Button>
            </div>
          </fieldset>
        </>
      )}
    </SheetForm>
  );
}
