import { useQueryClient } from "@tanstack/react-query";
import { Eye, RefreshCw } from "lucide-react";
import { useEffect, useState } from "react";
import { api, ask } from "@/api/client";
import { tell } from "@/api/problem";
import type { Endpoint } from "@/api/types";
import { useAccess } from "@/app/access";
import { serviceKey } from "@/app/service-key";
import { CopyButton } from "@/components/data/copy";
import { useNow, When } from "@/components/data/moment";
import { Confirm } from "@/components/form/confirm";
import { Button } from "@/components/ui/button";
import { duration } from "@/lib/format";

const overlap = 24 * 3_600_000;
const hideAfter = 60_000;

/** The signing secret: shown when asked for, hidden again after a minute; and its rotation. */
export function SecretPanel({ svc, endpoint }: { svc: string; endpoint: Endpoint }) {
  const access = useAccess();
  const client = useQueryClient();
  const [secret, setSecret] = useState<string | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [rotating, setRotating] = useState(false);
  const params = { path: { svc, ep: endpoint.id } };
  useEffect(() => {
    if (!secret) return undefined;
    const timer = setTimeout(() => setSecret(null), hideAfter);
    return () => clearTimeout(timer);
  }, [secret]);

  async function reveal() {
    setError(null);
    try {
      setSecret((await ask(api.GET("/v1/services/{svc}/endpoints/{ep}/secret", { params }))).secret);
    } catch (refusal) {
      setError(refusal);
    }
  }
  if (endpoint.format === "sns") return <p className="max-w-prose text-text-2">In format sns the endpoint checks Amazon's RSA signature, with the certificate at SigningCertURL. There is no secret to share.</p>;
  return (
    <div className="grid max-w-2xl gap-4">
      <p className="text-text-2">Receivers check the header webhook-signature with it, by the Standard Webhooks specification.</p>
      <div className="flex flex-wrap items-center gap-2">
        <code aria-label="Signing secret" className="min-w-0 flex-1 rounded-field bg-sunken px-3 py-2 wrap-anywhere">
          {secret ?? "whsec_••••••••••••••••••••••••••••••••"}
        </code>
        {secret && <CopyButton text={secret} what="secret" />}
        {access.can("secrets") && !secret && (
          <Button onClick={() => void reveal()}>
            <Eye /> Reveal
          </Button>
        )}
        {access.can("manage") && endpoint.status !== "removed" && (
          <Button onClick={() => setRotating(true)}>
            <RefreshCw /> Rotate…
          </Button>
        )}
      </div>
      {access.can("secrets") && <p className="text-small text-muted">To reveal it is recorded as the event SecretRead.</p>}
      {error !== null && (
        <p role="alert" className="text-danger">
          {tell(error)}
        </p>
      )}
      {endpoint.previous_secret_until && <Overlap until={endpoint.previous_secret_until} />}
      <Confirm
        open={rotating}
        title="Make a new secret?"
        action="Rotate the secret"
        danger={false}
        onClose={() => setRotating(false)}
        confirm={async () => {
          await ask(api.POST("/v1/services/{svc}/endpoints/{ep}/secret/rotate", { params, body: {} }));
          setSecret(null);
          await client.invalidateQueries({ queryKey: serviceKey(svc) });
        }}
      >
        Webhooks are signed with both secrets for 24 hours; then with the new one only. Give the new one to the endpoint's owner before.
      </Confirm>
    </div>
  );
}

/** Both secrets on a bar of time: until when the former one still signs. */
function Overlap({ until }: { until: string }) {
  const now = useNow();
  const left = new Date(until).getTime() - now;
  if (left <= 0) return null;
  const past = Math.min(100, Math.max(0, (1 - left / overlap) * 100));
  return (
    <div className="grid gap-2" aria-label="Rotation under way">
      <p>
        <span className="font-[550]">The former secret signs too for {duration(left)}</span>, until <When at={until} />.
      </p>
      <svg viewBox="0 0 100 12" preserveAspectRatio="none" aria-hidden className="h-6 w-full">
        <rect x="0" y="0" width="100" height="5" rx=".6" className="fill-success-mark" />
        
        <rect x="0" y="7" width="100" height="5" rx=".6" className="fill-skip-mark" opacity=".55" />
        <rect x={past} y="0" width=".5" height="12" className="fill-accent-mark" />
      </svg>
      <p className="flex justify-between text-small text-muted">
        <span>new above, former below; the line is now</span>
        <span>24 h</span>
      </p>
    </div>
  );
}
