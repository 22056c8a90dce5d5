import { useMemo, useState } from "react";
import { flawOf } from "@/api/problem";
import type { Source } from "@/api/sources";
import type { Delivery } from "@/api/types";
import { Picker } from "@/components/form/picker";
import { SheetForm } from "@/components/form/sheet-form";
import { wordOf } from "@/components/state/marks";
import { Field, Input } from "@/components/ui/field";

interface PickProps {
  open: boolean;
  what: "retry" | "discard" | null;
  deliveries: readonly Delivery[];
  name: (d: Delivery) => string;
  onClose: () => void;
  onChosen: (d: Delivery, reason: string | null) => Promise<void>;
}

const shown = 20;

/** Finds one delivery of very many by its endpoint's URL, to retry it or to give it up. */
export function PickDelivery({ open, what, deliveries, name, onClose, onChosen }: PickProps) {
  const [endpoint, setEndpoint] = useState("");
  const [reason, setReason] = useState("");
  const source = useMemo<Source>(
    () => ({
      key: ["deliveries", deliveries[0]?.message_id, what],
      find: (text) =>
        Promise.resolve(
          deliveries
            .filter((d) => name(d).toLowerCase().includes(text.toLowerCase()) || d.endpoint_id === text)
            .slice(0, shown)
            .map((d) => ({ value: d.endpoint_id ?? "", label: name(d), mono: true, hint: wordOf(d.status).toLowerCase() })),
        ),
    }),
    [deliveries, name, what],
  );
  const chosen = deliveries.find((d) => d.endpoint_id === endpoint);
  function close() {
    setEndpoint("");
    setReason("");
    onClose();
  }
  return (
    <SheetForm
      open={open}
      onClose={close}
      title={what === "retry" ? "Retry one endpoint" : "Give up one delivery"}
      description={what === "retry" ? "It has the whole schedule again, from now." : "It is not tried any more; it can be retried later."}
      action={what === "retry" ? "Retry it" : "Discard it"}
      fields={["endpoint", "reason"]}
      submit={async () => {
        if (!chosen) throw flawOf("endpoint", "choose an endpoint");
        await onChosen(chosen, reason.trim() || null);
      }}
    >
      {(errors) => (
        <>
          <Field label="Endpoint" error={errors["endpoint"]}>
            {(c) => <Picker {...c} mono source={source} chosen={chosen ? name(chosen) : ""} placeholder="Find it by its URL" onChoose={(choice) => setEndpoint(choice.value)} />}
          </Field>
          <Field label="Why" optional hint="It stands in the history." error={errors["reason"]}>
            {(c) => <Input {...c} value={reason} maxLength={500} onChange={(e) => setReason(e.target.value)} />}
          </Field>
        </>
      )}
    </SheetForm>
  );
}
