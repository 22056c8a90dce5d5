import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { api, ask } from "@/api/client";
import { useUserNames } from "@/api/names";
import { useServices } from "@/api/services";
import { userSource } from "@/api/sources";
import type { Scope } from "@/api/types";
import { Code } from "@/components/data/json";
import { Picker } from "@/components/form/picker";
import { SheetForm } from "@/components/form/sheet-form";
import { Button } from "@/components/ui/button";
import { Sheet } from "@/components/ui/dialog";
import { Checkbox, Field, Input, Select } from "@/components/ui/field";

const scopes: [scope: Scope, may: string][] = [
  ["publish", "publish messages"],
  ["read", "see lists, histories and payloads, but no secrets"],
  ["manage", "change things: endpoints, retries, pauses, tests"],
  ["secrets", "see signing secrets"],
];

/** Makes a key, and shows it this once. */
export function KeyForm({ open, onClose }: { open: boolean; onClose: () => void }) {
  const client = useQueryClient();
  const [name, setName] = useState("");
  const [chosen, setChosen] = useState<readonly Scope[]>(["publish"]);
  const [service, setService] = useState("");
  const [user, setUser] = useState("");
  const [holder, setHolder] = useState("");
  const [kind, setKind] = useState<"person" | "program">("program");
  const [made, setMade] = useState<string | null>(null);
  const { data: services } = useServices();
  const userName = useUserNames(service, [user]).get(user)?.name ?? "";
  useEffect(() => {
    if (!open) return;
    setName("");
    setChosen(["publish"]);
    setService("");
    setUser("");
    setHolder("");
    setKind("program");
  }, [open]);

  async function submit() {
    const created = await ask(
      api.POST("/v1/keys", {
        body: { name, scopes: [...chosen], service_id: service || undefined, user_id: user || undefined, holder: holder ? { name: holder, kind } : undefined },
      }),
    );
    setMade(created.key);
    await client.invalidateQueries({ queryKey: ["keys"] });
  }
  return (
    <>
      <SheetForm open={open} onClose={onClose} submit={submit} title="New API key" description="It is shown once, after it is made." action="Make the key" fields={["name", "scopes", "service_id", "user_id", "holder"]}>
        {(errors) => (
          <>
            <Field label="Name" error={errors["name"]}>
              {(c) => <Input {...c} value={name} onChange={(e) => setName(e.target.value)} maxLength={200} autoComplete="off" placeholder="billing, production" />}
            </Field>
            <fieldset className="grid gap-1">
              <legend className="mb-1.5 font-[550]">It may</legend>
              {scopes.map(([scope, may]) => (
                <label key={scope} className="flex min-h-8 items-center gap-2.5 max-md:min-h-11">
                  <Checkbox checked={chosen.includes(scope)} onChange={(e) => setChosen(e.target.checked ? [...chosen, scope] : chosen.filter((s) => s !== scope))} />
                  <span className="w-16 font-mono text-mono">{scope}</span>
                  <span className="text-text-2">{may}</span>
                </label>
              ))}
              {errors["scopes"] && <p className="text-small text-danger">{errors["scopes"]}</p>}
            </fieldset>
            <Field label="Sees" error={errors["service_id"]}>
              {(c) => (
                <Select
                  {...c}
                  value={service}
                  onChange={(e) => {
                    setService(e.target.value);
                    setUser("");
                  }}
                >
                  <option value="">every service</option>
                  {(services?.data ?? [])
                    .filter((s) => !s.archived_at)
                    .map((s) => (
                      <option key={s.id} value={s.id}>
                        {s.name} alone
                      </option>
                    ))}
                </Select>
              )}
            </Field>
            {service && (
              <Field label="Of it" error={errors["user_id"]} hint="A key of one user sees that user's endpoints and messages alone.">
                {(c) => (
                  <div className="flex gap-2">
                    <div className="flex-1">
                      <Picker {...c} source={userSource(service)} chosen={userName} placeholder="every user" onChoose={(u) => setUser(u.value)} />
                    </div>
                    {user !== "" && <Button onClick={() => setUser("")}>Every user</Button>}
                  </div>
                )}
              </Field>
            )}
            <Field label="Who has it" optional error={errors["holder"]} hint="Histories show this name.">
              {(c) => <Input {...c} value={holder} onChange={(e) => setHolder(e.target.value)} maxLength={200} autoComplete="off" placeholder="Ada Obi" />}
            </Field>
            {holder && (
              <Field label="That is">
                {(c) => (
                  <Select {...c} value={kind} onChange={(e) => setKind(e.target.value === "person" ? "person" : "program")}>
                    <option value="program">a program</option>
                    <option value="person">a person</option>
                  </Select>
                )}
              </Field>
            )}
          </>
        )}
      </SheetForm>
      <Sheet open={made !== null} onClose={() => setMade(null)} title="The new key" description="It is shown this once. Copy it now.">
        <div className="grid content-start gap-5 px-5 py-5">
          <Code text={made ?? ""} label="API key" />
          <div>
            <p className="mb-2 font-[550]">Test it</p>
            <Code text={`export WEBPLUG_API_KEY='${made ?? ""}'\ncurl -H "Authorization: Bearer $WEBPLUG_API_KEY" ${location.origin}/v1/whoami`} label="lines to test the key" />
          </div>
          <div>
            <Button variant="primary" onClick={() => setMade(null)}>
              I have copied it
            </Button>
          </div>
        </div>
      </Sheet>
    </>
  );
}
