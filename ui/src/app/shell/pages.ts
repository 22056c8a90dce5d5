import { Activity, Inbox, KeyRound, type LucideIcon, Mail, ScrollText, Server, Shapes, Unplug, Users } from "lucide-react";
import type { Access } from "@/app/access";

export interface Place {
  name: string;
  /** Under the service, or from the root where it begins with a slash. */
  path: string;
  icon: LucideIcon;
  group: "" | "Routing" | "Record";
  allowed: (a: Access) => boolean;
}

const always = () => true;
const ofAllUsers = (a: Access) => a.userId === null;

/** The navigation. What a key may not see is left out. */
export const places: readonly Place[] = [
  { name: "Overview", path: "", icon: Activity, group: "", allowed: always },
  { name: "Messages", path: "messages", icon: Mail, group: "", allowed: always },
  { name: "Dead letters", path: "dead-letters", icon: Inbox, group: "", allowed: always },
  { name: "Users", path: "users", icon: Users, group: "Routing", allowed: ofAllUsers },
  { name: "Endpoints", path: "endpoints", icon: Unplug, group: "Routing", allowed: always },
  { name: "Event types", path: "event-types", icon: Shapes, group: "Routing", allowed: ofAllUsers },
  { name: "Audit", path: "audit", icon: ScrollText, group: "Record", allowed: always },
  { name: "API keys", path: "/keys", icon: KeyRound, group: "Record", allowed: (a) => a.admin },
  { name: "System", path: "/system", icon: Server, group: "Record", allowed: (a) => a.admin },
];

/** The path of a place, for a service. */
export function pathTo(place: Place, service: string | null): string {
  if (place.path.startsWith("/")) return place.path;
  if (!service) return "/services";
  return `/services/${service}${place.path && `/${place.path}`}`;
}
