import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { api, ask } from "@/api/client";
import { serviceKey } from "@/app/service-key";
import { When } from "@/components/data/moment";
import { Failed, Skeleton, useSlow } from "@/components/state/blank";
import { EntryMark } from "@/story/entry-mark";
import { sentenceOf } from "@/story/sentence";

/** The newest events of a stream, told. */
export function HistoryOf({ svc, stream }: { svc: string; stream: string }) {
  const { data, error, isPending, refetch } = useQuery({
    queryKey: serviceKey(svc, "endpoints", "history", stream),
    queryFn: () => ask(api.GET("/v1/services/{svc}/history", { params: { path: { svc }, query: { stream, order: "newest", limit: 50 } } })),
  });
  const slow = useSlow(isPending);
  if (error) return <Failed error={error} what="history" retry={() => void refetch()} />;
  if (!data) return slow ? <Skeleton rows={4} /> : null;
  return (
    <>
      <ol>
        {data.data.map((e) => {
          const told = sentenceOf(e, { endpoint: () => undefined });
          return (
            <li key={e.id} className="flex items-center gap-3 border-b border-border py-2">
              <EntryMark mark={told.mark} actor={e.actor_name} />
              <span className="min-w-0 flex-1 wrap-anywhere">
                {told.said}
                {told.more && <span className="block text-small text-muted">{told.more}</span>}
              </span>
              <span className="font-mono text-mono text-muted max-md:hidden">{e.type}</span>
              <When at={e.time} className="text-text-2" />
            </li>
          );
        })}
      </ol>
      <p className="pt-3">
        <Link to={`/services/${svc}/audit?stream=${encodeURIComponent(stream)}`} className="text-accent hover:underline">
          All of it in the audit, with the raw events
        </Link>
      </p>
    </>
  );
}
