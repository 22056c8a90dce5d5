import { Check, Plus } from "lucide-react";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { useServices } from "@/api/services";
import { useAccess } from "@/app/access";
import { Menu, MenuItem, MenuLabel, MenuSeparator } from "@/components/ui/menu";

/** Switches to another service. */
export function ServiceMenu({ service, children }: { service: string | null; children: ReactNode }) {
  const { data } = useServices();
  const access = useAccess();
  const open = (data?.data ?? []).filter((s) => !s.archived_at);
  return (
    <Menu trigger={children} align="start" className="w-60">
      <MenuLabel>Services</MenuLabel>
      {open.slice(0, 30).map((s) => (
        <MenuItem key={s.id} asChild>
          <Link to={`/services/${s.id}`}>
            <ServiceLetter name={s.name} />
            <span className="min-w-0 flex-1 truncate">{s.name}</span>
            {s.id === service && <Check aria-label="shown now" />}
          </Link>
        </MenuItem>
      ))}
      <MenuSeparator />
      <MenuItem asChild>
        <Link to="/services">All services</Link>
      </MenuItem>
      {access.allServices && access.can("manage") && (
        <MenuItem asChild>
          <Link to="/services?new=1">
            <Plus /> New service
          </Link>
        </MenuItem>
      )}
    </Menu>
  );
}

export function ServiceLetter({ name }: { name: string }) {
  return (
    <span aria-hidden className="inline-flex size-6 shrink-0 items-center justify-center rounded-chip bg-ink text-small font-semibold text-on-ink">
      {name.charAt(0).toUpperCase()}
    </span>
  );
}
