import { Activity, Inbox, LogOut, Mail, Menu as MenuIcon } from "lucide-react";
import { Link, NavLink } from "react-router";
import { useDeadLetterCount } from "@/api/attention";
import { useAccess } from "@/app/access";
import { forgetKey } from "@/app/session";
import { Menu, MenuItem, MenuSeparator } from "@/components/ui/menu";
import { cn } from "@/lib/classes";
import { count } from "@/lib/format";
import { ThemeButton, ZoneButton } from "./header";
import { pathTo, places } from "./pages";

const item = "flex h-full flex-1 flex-col items-center justify-center gap-1 text-axis";

/** The navigation of a phone. */
export function BottomBar({ service }: { service: string | null }) {
  const access = useAccess();
  const dead = useDeadLetterCount(service);
  const base = service ? `/services/${service}` : "/services";
  const main = [
    { name: "Overview", to: base, icon: Activity, end: true },
    { name: "Messages", to: `${base}/messages`, icon: Mail, end: false },
    { name: "Dead letters", to: `${base}/dead-letters`, icon: Inbox, end: false },
  ];
  return (
    <nav aria-label="Pages" className="fixed inset-x-0 bottom-0 z-30 flex h-16 border-t border-border bg-bg pb-[env(safe-area-inset-bottom)] md:hidden">
      {main.map(({ name, to, icon: Icon, end }) => (
        <NavLink key={name} to={to} end={end} className={({ isActive }) => cn(item, isActive ? "font-semibold text-text" : "text-text-2")}>
          {({ isActive }) => (
            <>
              {isActive && <Prongs />}
              <span className="relative">
                <Icon size={20} strokeWidth={1.75} aria-hidden className={isActive ? "text-accent" : ""} />
                {name === "Dead letters" && dead && <span className="absolute -top-2 left-3 rounded-chip bg-danger-soft px-1 text-axis text-danger">{count(dead.count)}{dead.more && "+"}<span className="sr-only"> dead letters</span></span>}
              </span>
              {name}
            </>
          )}
        </NavLink>
      ))}
      <Menu
        trigger={
          <button type="button" className={cn(item, "text-text-2")}>
            <MenuIcon size={20} strokeWidth={1.75} aria-hidden />
            More
          </button>
        }
      >
        {places
          .filter((p) => p.group !== "" && p.allowed(access))
          .map((p) => (
            <MenuItem key={p.name} asChild>
              <Link to={pathTo(p, service)}>
                <p.icon /> {p.name}
              </Link>
            </MenuItem>
          ))}
        <MenuSeparator />
        <div className="flex items-center justify-between px-1">
          <ZoneButton />
          <ThemeButton />
        </div>
        <MenuSeparator />
        <MenuItem onSelect={() => forgetKey("signed-out")}>
          <LogOut /> Sign out
        </MenuItem>
      </Menu>
    </nav>
  );
}

/** The two prongs, hanging from the bar's upper edge over the page one is on. */
function Prongs() {
  return (
    <span aria-hidden className="absolute top-0 flex gap-1">
      <span className="h-1.5 w-1 rounded-b-[2px] bg-accent-mark" />
      <span className="h-1.5 w-1 rounded-b-[2px] bg-accent-mark" />
    </span>
  );
}
