import { useRouteError } from "react-router";
import { Failed } from "@/components/state/blank";

/** A page that broke, or whose code could not be loaded: the rest of the UI stays. */
export function RouteFailed() {
  return <Failed error={useRouteError()} what="page" retry={() => location.reload()} className="p-6" />;
}
