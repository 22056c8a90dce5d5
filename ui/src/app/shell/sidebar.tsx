import { ChevronsUpDown, LogOut } from "lucide-react";
import { Fragment } from "react";
import { Link, NavLink } from "react-router";
import { useDeadLetterCount, useUnconfirmedCount } from "@/api/attention";
import { useServiceName } from "@/api/services";
import { useAccess } from "@/app/access";
import { LiveProngs, Logo, WordMark } from "@/app/logo";
import { useFeedState } from "@/app/live/provider";
import { forgetKey } from "@/app/session";
import { Button } from "@/components/ui/button";
import { Tooltip } from "@/components/ui/tooltip";
import { cn } from "@/lib/classes";
import { count, initials } from "@/lib/format";
import { type Place, pathTo, places } from "./pages";
import { ServiceLetter, ServiceMenu } from "./service-menu";

export function Sidebar({ service }: { service: string | null }) {
  const access = useAccess();
  const name = useServiceName(service);
  return (
    <aside aria-label="WebPlug" className="sticky top-0 flex h-dvh w-53 shrink-0 flex-col border-r border-border bg-bg max-xl:w-14 max-md:hidden">
      <div className="px-4 pt-3.5 pb-3 max-xl:px-[17px]">
        <Link to={service ? `/services/${service}` : "/"} aria-label="WebPlug" className="inline-flex">
          <span className="max-xl:hidden">
            <WordMark />
          </span>
          <span className="xl:hidden">
            <Logo size={22} />
          </span>
        </Link>
      </div>
      <div className="px-2.5 max-xl:px-2">
        <ServiceMenu service={service}>
          <button type="button" className="flex w-full items-center gap-2.5 rounded-field border border-border-strong bg-surface p-2 text-left transition-colors duration-120 hover:bg-hover max-xl:justify-center max-xl:border-0 max-xl:bg-transparent">
            <ServiceLetter name={name ?? "?"} />
            <span className="min-w-0 flex-1 max-xl:sr-only">
              <span className="block truncate leading-4 font-semibold">{name ?? "No service"}</span>
              <span className="block truncate text-small text-muted">{location.host}</span>
              <span className="sr-only">, switch the service</span>
            </span>
            <ChevronsUpDown size={14} className="text-muted max-xl:hidden" />
          </button>
        </ServiceMenu>
      </div>
      <nav aria-label="Pages" className="scroll-thin mt-3 flex-1 overflow-y-auto px-2.5 max-xl:px-2">
        {(["", "Routing", "Record"] as const).map((group) => {
          const shown = places.filter((p) => p.group === group && p.allowed(access));
          if (shown.length === 0) return null;
          return (
            <Fragment key={group}>
              {group && <p className="px-2 pt-4 pb-1.5 text-small text-muted max-xl:mx-2 max-xl:my-3 max-xl:h-px max-xl:overflow-hidden max-xl:bg-border max-xl:p-0">{group}</p>}
              <ul>
                {shown.map((p) => (
                  <li key={p.name}>
                    <Item place={p} service={service} />
                  </li>
                ))}
              </ul>
            </Fragment>
          );
        })}
      </nav>
      <LiveLine />
      <div className="mx-2.5 flex items-center gap-2.5 border-t border-border py-3 pl-1.5 max-xl:mx-2 max-xl:justify-center max-xl:pl-0">
        <span aria-hidden className="inline-flex size-6 shrink-0 items-center justify-center rounded-full border border-border-strong bg-surface text-[9px] font-semibold max-xl:hidden">
          {initials(access.key.holder?.name ?? access.key.name)}
        </span>
        <div className="min-w-0 flex-1 max-xl:hidden">
          <p className="truncate leading-4 font-[550]">{access.key.holder?.name ?? access.key.name}</p>
          <p className="truncate text-small text-muted">{access.admin ? "admin key" : access.key.scopes.join(", ")}</p>
        </div>
        <Tooltip text="Sign out" side="right">
          <Button variant="ghost" size="icon" aria-label="Sign out" onClick={() => forgetKey("signed-out")}>
            <LogOut strokeWidth={1.75} />
          </Button>
        </Tooltip>
      </div>
    </aside>
  );
}

function Item({ place, service }: { place: Place; service: string | null }) {
  const Icon = place.icon;
  const needs = useNeeds(place, service);
  const to = pathTo(place, service);
  return (
    <NavLink
      to={to}
      end={place.path === ""}
      title={place.name}
      className={({ isActive }) =>
        cn(
          "flex h-[30px] items-center gap-2.5 rounded-button px-2 transition-colors duration-120 max-xl:h-10 max-xl:justify-center",
          isActive ? "bg-selected text-text prongs before:-left-2.5! after:-left-2.5! max-xl:before:-left-2! max-xl:after:-left-2!" : "text-text-2 hover:bg-hover hover:text-text",
        )
      }
    >
      <Icon size={16} strokeWidth={1.75} aria-hidden className="shrink-0" />
      <span className="flex-1 max-xl:sr-only">{place.name}</span>
      {needs && (
        <span className={cn("rounded-chip px-1.5 text-small max-xl:hidden", needs.tone === "danger" ? "bg-danger-soft text-danger" : "bg-warning-soft text-warning")}>
          {needs.count}
          <span className="sr-only"> {needs.said}</span>
        </span>
      )}
    </NavLink>
  );
}

/** A count stands only where somebody must act. */
function useNeeds(place: Place, service: string | null): { count: string; tone: "danger" | "warning"; said: string } | null {
  const dead = useDeadLetterCount(place.path === "dead-letters" ? service : null);
  const unconfirmed = useUnconfirmedCount(place.path === "endpoints" ? service : null);
  if (dead) return { count: count(dead.count) + (dead.more ? "+" : ""), tone: "danger", said: "dead letters" };
  if (unconfirmed) return { count: unconfirmed.more ? `${unconfirmed.count}+` : count(unconfirmed.count), tone: "warning", said: "unconfirmed subscriptions" };
  return null;
}

const states = {
  live: ["live", "Live"],
  polling: ["live", "Live · asks every 3 s"],
  connecting: ["paused", "Connecting"],
  reconnecting: ["reconnecting", "Reconnecting"],
  paused: ["paused", "Not following"],
} as const;

function LiveLine() {
  const [form, word] = states[useFeedState()];
  return (
    <p role="status" className="flex items-center gap-2 px-[18px] py-2.5 text-small text-text-2 max-xl:justify-center max-xl:px-0" title={word}>
      <LiveProngs state={form} />
      <span className="font-[550] max-xl:sr-only">{word}</span>
    </p>
  );
}
