import { Navigate } from "react-router";
import { useServices } from "@/api/services";
import { useAccess } from "@/app/access";
import { lastService } from "@/app/preferences";
import { Failed, Skeleton, useSlow } from "@/components/state/blank";

/** The root leads to the service that was looked at last, else to the newest, else to all of none. */
export default function Home() {
  const access = useAccess();
  const { data, error, isPending, refetch } = useServices();
  const slow = useSlow(isPending);
  if (error) return <Failed error={error} what="services" retry={() => void refetch()} className="p-6" />;
  if (!data) return slow ? <Skeleton className="p-6" /> : null;
  const open = data.data.filter((s) => !s.archived_at);
  const to = open.find((s) => s.id === (access.key.service_id ?? lastService())) ?? open[0];
  return <Navigate to={to ? `/services/${to.id}` : "/services"} replace />;
}
