import { ChevronsUpDown, Moon, Search, Sun, SunMoon } from "lucide-react";
import { Link } from "react-router";
import { useServiceName } from "@/api/services";
import { Logo } from "@/app/logo";
import { type Theme, useTheme, useZone } from "@/app/preferences";
import { Button } from "@/components/ui/button";
import { Tooltip } from "@/components/ui/tooltip";
import { ServiceMenu } from "./service-menu";
import { useCrumbs } from "./title";

/** within says that the page is about the service, which then begins its path. */
export function Header({ service, within, onSearch }: { service: string | null; within: boolean; onSearch: () => void }) {
  const crumbs = useCrumbs();
  const name = useServiceName(service);
  return (
    <header className="sticky top-0 z-20 grid h-12 shrink-0 grid-cols-[1fr_auto_1fr] items-center gap-4 border-b border-border bg-surface px-6 max-lg:grid-cols-[1fr_auto_auto] max-md:h-13 max-md:grid-cols-[1fr_auto] max-md:px-4">
      <nav aria-label="Path" className="flex min-w-0 items-center gap-2 max-md:hidden">
        {within && name && service && (
          <>
            <Link to={`/services/${service}`} className="truncate text-text-2 hover:text-text">
              {name}
            </Link>
            <Slash />
          </>
        )}
        {crumbs.map((c, i) => (
          <span key={i} className="flex min-w-0 items-center gap-2">
            {c.to ? (
              <Link to={c.to} className="text-text-2 hover:text-text">
                {c.text}
              </Link>
            ) : (
              <span aria-current="page" className="truncate font-semibold">
                {c.text}
              </span>
            )}
            {i < crumbs.length - 1 && <Slash />}
          </span>
        ))}
      </nav>
      <div className="flex min-w-0 items-center gap-2 md:hidden">
        <Logo size={22} />
        <ServiceMenu service={service}>
          <Button variant="ghost" className="-ml-1 min-w-0 px-2 text-text">
            <span className="truncate font-semibold">{name ?? "Services"}</span>
            <ChevronsUpDown className="text-muted" />
          </Button>
        </ServiceMenu>
      </div>
      <button
        type="button"
        onClick={onSearch}
        className="flex h-[30px] w-[292px] items-center gap-2.5 rounded-field border border-border bg-bg px-2.5 text-muted transition-colors duration-120 hover:border-border-strong hover:text-text-2 max-lg:w-44 max-md:size-11 max-md:justify-center max-md:border-0 max-md:bg-transparent"
        aria-keyshortcuts="Meta+K Control+K"
      >
        <Search size={16} strokeWidth={1.75} />
        <span className="flex-1 truncate text-left max-md:sr-only">Jump to an id, a URL or a page</span>
        <kbd aria-hidden className="rounded-mark border border-border bg-surface px-1 font-sans text-axis max-md:hidden">⌘K</kbd>
      </button>
      <div className="flex items-center justify-end gap-1 max-md:hidden">
        <ZoneButton />
        <ThemeButton />
      </div>
    </header>
  );
}

function Slash() {
  return (
    <span aria-hidden className="text-border-strong">
      /
    </span>
  );
}

export function ZoneButton() {
  const [zone, setZone] = useZone();
  return (
    <Tooltip text={zone === "UTC" ? "All times are in UTC. Show local ones" : "All times are local. Show UTC"}>
      <Button variant="ghost" size="small" onClick={() => setZone(zone === "UTC" ? "local" : "UTC")} aria-label={zone === "UTC" ? "UTC: show local times" : "Local: show times in UTC"}>
        {zone === "UTC" ? "UTC" : "Local"}
      </Button>
    </Tooltip>
  );
}

const next: Record<Theme, Theme> = { system: "light", light: "dark", dark: "system" };
const said: Record<Theme, string> = { system: "as the system has it", light: "light", dark: "dark" };

export function ThemeButton() {
  const [theme, setTheme] = useTheme();
  const Icon = theme === "light" ? Sun : theme === "dark" ? Moon : SunMoon;
  return (
    <Tooltip text={`Theme: ${said[theme]}`}>
      <Button variant="ghost" size="icon" aria-label={`Theme: ${said[theme]}; change`} onClick={() => setTheme(next[theme])}>
        <Icon strokeWidth={1.75} />
      </Button>
    </Tooltip>
  );
}
