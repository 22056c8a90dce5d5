import { useQuery, useQueryClient } from "@tanstack/react-query";
import { RotateCw } from "lucide-react";
import { useState } from "react";
import { api, ask } from "@/api/client";
import { tell } from "@/api/problem";
import { Ago } from "@/components/data/moment";
import { Section } from "@/components/layout/page";
import { Failed } from "@/components/state/blank";
import { Mark } from "@/components/state/marks";
import { Button } from "@/components/ui/button";
import { plural } from "@/lib/format";

/** Events that a consumer could not take: set aside, so that all others go on. */
export function StuckEvents({ stuck }: { stuck: number }) {
  const client = useQueryClient();
  const [failed, setFailed] = useState<Record<string, unknown>>({});
  const { data, error, refetch } = useQuery({ queryKey: ["stuck", stuck], queryFn: () => ask(api.GET("/v1/stuck", { params: { query: { limit: 50 } } })) });
  async function retry(id: string) {
    try {
      await ask(api.POST("/v1/stuck/{id}/retry", { params: { path: { id } }, body: {} }));
      setFailed((f) => Object.fromEntries(Object.entries(f).filter(([other]) => other !== id)));
    } catch (refusal) {
      setFailed((f) => ({ ...f, [id]: refusal }));
    }
    await client.invalidateQueries({ queryKey: ["stuck"] });
    await client.invalidateQueries({ queryKey: ["system"] });
  }
  return (
    <Section title="Events set aside">
      {error && <Failed error={error} what="events" retry={() => void refetch()} />}
      {data?.data.length === 0 && <p className="border-t border-border py-3 text-text-2">None. Every event was taken by everything that follows the log.</p>}
      {data && data.data.length > 0 && (
        <ul className="border-t border-border">
          {data.data.map((s) => (
            <li key={s.id} className="flex flex-wrap items-start gap-3 border-b border-border py-2.5">
              <Mark state="failed" className="mt-0.5" />
              <div className="min-w-0 flex-1 basis-72">
                <p className="font-mono text-mono wrap-anywhere">
                  {s.stream} v{s.version}
                </p>
                <p className="text-text-2 wrap-anywhere">
                  {s.consumer}: {s.error}
                </p>
                <p className="text-small text-muted">
                  since <Ago at={s.since} suffix="" />, tried {plural(s.tries, "time")}
                </p>
                {failed[s.id] !== undefined && (
                  <p role="alert" className="text-danger">
                    Still stuck: {tell(failed[s.id])}
                  </p>
                )}
              </div>
              <Button size="small" onClick={() => void retry(s.id)}>
                <RotateCw /> Try again
              </Button>
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}
