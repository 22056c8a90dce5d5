import { Eye, EyeOff } from "lucide-react";
import { type FormEvent, useState } from "react";
import { sentence } from "@/api/problem";
import { WordMark } from "@/app/logo";
import { keepKey, lastEnding } from "@/app/session";
import { Code } from "@/components/data/json";
import { Mark } from "@/components/state/marks";
import { Button } from "@/components/ui/button";
import { Input } from "@/components/ui/field";
import { SignInPicture } from "./picture";

/** Asks the server whether it knows the key; what is wrong with it, or null. */
async function check(key: string): Promise<string | null> {
  let response: Response;
  try {
    response = await fetch("/v1/whoami", { headers: { Authorization: `Bearer ${key}` }, cache: "no-store" });
  } catch {
    return "The server does not answer. Is it running?";
  }
  if (response.ok) return null;
  const problem = (await response.json().catch(() => null)) as { type?: string; detail?: string } | null;
  switch (problem?.type) {
    case "key-revoked":
      return "This key was revoked. Use another one.";
    case "key-unknown":
      return "There is no such key. Is it whole?";
    default:
      return sentence(problem?.detail ?? `The server answered ${response.status}.`);
  }
}

export default function SignIn() {
  const [key, setKey] = useState("");
  const [shown, setShown] = useState(false);
  const [error, setError] = useState<string | null>(lastEnding() === "refused" ? "The server refuses the key that was in use: it was revoked, or changed. Sign in again; the page is kept." : null);
  const [busy, setBusy] = useState(false);

  async function submit(e: FormEvent) {
    e.preventDefault();
    const text = key.trim();
    if (!text) {
      setError("Paste an API key.");
      return;
    }
    setBusy(true);
    const wrong = /^[\x21-\x7e]+$/.test(text) ? await check(text) : "A key has no spaces or special characters. Is it whole?";
    setBusy(false);
    setError(wrong);
    if (!wrong) keepKey(text);
  }

  return (
    <main className="grid min-h-dvh grid-cols-[minmax(0,560px)_1fr] max-lg:grid-cols-1">
      <title>Sign in · WebPlug</title>
      <div className="flex flex-col px-24 py-10 max-lg:mx-auto max-lg:w-full max-lg:max-w-lg max-md:px-5 max-md:py-6">
        <WordMark size={24} />
        <form onSubmit={(e) => void submit(e)} className="my-auto grid gap-4 py-10" noValidate>
          <div>
            <h1 className="text-sentence font-semibold">Sign in</h1>
            <p className="mt-1 text-text-2">
              to <span className="font-[550] text-text">{location.host}</span>
            </p>
          </div>
          <div className="grid gap-1.5">
            <label htmlFor="key" className="font-[550]">
              API key
            </label>
            <div className="relative">
              <Input
                id="key"
                name="key"
                type={shown ? "text" : "password"}
                value={key}
                onChange={(e) => setKey(e.target.value)}
                autoComplete="off"
                autoCapitalize="off"
                spellCheck={false}
                placeholder="wpk_…"
                className="h-10 pr-11 font-mono"
                aria-invalid={error ? true : undefined}
                aria-describedby={error ? "key-error" : "key-hint"}
              />
              <Button variant="ghost" size="icon" className="absolute top-1 right-1 max-md:top-0 max-md:right-0" aria-label={shown ? "Hide the key" : "Show the key"} aria-pressed={shown} onClick={() => setShown(!shown)}>
                {shown ? <EyeOff /> : <Eye />}
              </Button>
            </div>
            {error && (
              <p id="key-error" role="alert" className="flex items-start gap-2 text-danger">
                <Mark state="failed" className="mt-0.5" />
                {error}
              </p>
            )}
          </div>
          <Button type="submit" variant="primary" className="h-9" disabled={busy}>
            Sign in
          </Button>
          <p id="key-hint" className="text-small text-muted">
            The key stays in this browser tab and is forgotten when you close it.
          </p>
        </form>
        <div className="grid gap-2">
          <p className="text-text-2">
            <span className="font-semibold text-text">No key yet?</span> The first one was printed when the server started, and is kept in its data folder:
          </p>
          <Code text="cat data/admin.key" label="command" />
        </div>
      </div>
      <div className="flex items-center border-l border-border bg-bg px-[7vw] max-lg:hidden">
        <SignInPicture />
      </div>
    </main>
  );
}
