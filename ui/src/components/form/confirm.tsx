import { type ReactNode, useState } from "react";
import { tell } from "@/api/problem";
import { Mark } from "../state/marks";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { Field, Input } from "../ui/field";

interface ConfirmProps {
  open: boolean;
  title: ReactNode;
  /** What follows from it. */
  children: ReactNode;
  action: string;
  danger?: boolean;
  /** Asks for a reason, which stands in the history. */
  reason?: boolean;
  confirm: (reason: string | null) => Promise<void>;
  onClose: () => void;
}

/** Asks before something that cannot simply be taken back. */
export function Confirm({ open, title, children, action, danger = true, reason, confirm, onClose }: ConfirmProps) {
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const [why, setWhy] = useState("");
  function close() {
    setError(null);
    setWhy("");
    onClose();
  }
  async function go() {
    setBusy(true);
    setError(null);
    try {
      await confirm(why.trim() || null);
      close();
    } catch (refusal) {
      setError(refusal);
    } finally {
      setBusy(false);
    }
  }
  return (
    <Dialog open={open} onClose={close} title={title} description={children}>
      <form
        onSubmit={(e) => {
          e.preventDefault();
          void go();
        }}
      >
        {reason && (
          <div className="mt-4">
            <Field label="Why" optional hint="It stands in the history of each.">
              {(c) => <Input {...c} value={why} maxLength={500} onChange={(e) => setWhy(e.target.value)} />}
            </Field>
          </div>
        )}
        {error !== null && (
          <p role="alert" className="mt-4 flex items-start gap-2 text-danger">
            <Mark state="failed" className="mt-0.5" />
            {tell(error)}
          </p>
        )}
        <div className="mt-5 flex justify-end gap-2">
          <Button variant="ghost" onClick={close}>
            Cancel
          </Button>
          <Button type="submit" variant={danger ? "danger" : "primary"} disabled={busy}>
            {action}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
