import { type FormEvent, type ReactNode, useRef, useState } from "react";
import { Refused, tell } from "@/api/problem";
import { Mark } from "../state/marks";
import { Button } from "../ui/button";
import { Dialog, Sheet } from "../ui/dialog";

interface SheetFormProps {
  open: boolean;
  title: ReactNode;
  description?: ReactNode;
  /** What the button says: a verb, and of what. */
  action: string;
  /** Sends it. What it throws is told: by field, where the server names fields. */
  submit: () => Promise<void>;
  onClose: () => void;
  /** The form's fields, given what is wrong with each. */
  children: (errors: Record<string, string>) => ReactNode;
  /** Names of the fields that the form shows; what is wrong with others is told above the button. */
  fields: readonly string[];
}

/** A form in a sheet. One that was typed into asks before it closes. */
export function SheetForm(props: SheetFormProps) {
  const { open, title, description, action, submit, onClose, children, fields } = props;
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const [asking, setAsking] = useState(false);
  const dirty = useRef(false);
  const form = useRef<HTMLFormElement>(null);

  function close() {
    dirty.current = false;
    setAsking(false);
    setError(null);
    onClose();
  }

  async function send(e: FormEvent) {
    e.preventDefault();
    setBusy(true);
    setError(null);
    try {
      await submit();
      close();
    } catch (refusal) {
      setError(refusal);
      requestAnimationFrame(() => form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus());
    } finally {
      setBusy(false);
    }
  }

  const told = error instanceof Refused ? error.fields : {};
  const shown = fieldsOf(told, fields);
  const others = Object.entries(told).filter(([field]) => !(topOf(field, fields) in shown));
  return (
    <>
      <Sheet open={open && !asking} onClose={() => (dirty.current ? setAsking(true) : close())} title={title} description={description}>
        <form ref={form} onSubmit={(e) => void send(e)} onInput={() => (dirty.current = true)} noValidate className="flex min-h-0 flex-1 flex-col">
          <div className="scroll-thin grid flex-1 content-start gap-5 overflow-y-auto px-5 py-5">{children(shown)}</div>
          <footer className="grid gap-3 border-t border-border px-5 py-3.5">
            {error !== null && (others.length > 0 || Object.keys(shown).length === 0) && (
              <p role="alert" className="flex items-start gap-2 text-danger">
                <Mark state="failed" className="mt-0.5" />
                <span>{others.length > 0 ? others.map(([field, text]) => `${field}: ${text}`).join(" ") : tell(error)}</span>
              </p>
            )}
            <div className="flex items-center justify-end gap-2">
              <Button variant="ghost" onClick={() => (dirty.current ? setAsking(true) : close())}>
                Cancel
              </Button>
              <Button type="submit" variant="primary" disabled={busy}>
                {action}
              </Button>
            </div>
          </footer>
        </form>
      </Sheet>
      <Dialog open={open && asking} onClose={() => setAsking(false)} title="Discard what you typed?" description="It was not sent yet.">
        <div className="mt-5 flex justify-end gap-2">
          <Button variant="ghost" onClick={() => setAsking(false)}>
            Go on typing
          </Button>
          <Button variant="danger" onClick={close}>
            Discard it
          </Button>
        </div>
      </Dialog>
    </>
  );
}

/** The form's own field that a path such as "payload.card.limit" is about. */
function topOf(path: string, fields: readonly string[]): string {
  return fields.find((f) => path === f || path.startsWith(`${f}.`) || path.startsWith(`${f}[`)) ?? path;
}

function fieldsOf(told: Record<string, string>, fields: readonly string[]): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [path, text] of Object.entries(told)) {
    const field = topOf(path, fields);
    if (!fields.includes(field)) continue;
    const said = path === field ? text : `${path.slice(field.length).replace(/^\./, "")}: ${text}`;
    out[field] = out[field] ? `${out[field]} ${said}` : said;
  }
  return out;
}
