import { ChevronRight, Ellipsis, RotateCw } from "lucide-react";
import { useId, useState } from "react";
import { Link } from "react-router";
import type { DeadLetterFilter, DeadLetterGroup, Endpoint, User } from "@/api/types";
import { useAccess } from "@/app/access";
import { Ago, When } from "@/components/data/moment";
import { Url } from "@/components/data/url";
import { causeText } from "@/components/state/cause";
import { Mark } from "@/components/state/marks";
import { Button } from "@/components/ui/button";
import { Menu, MenuItem } from "@/components/ui/menu";
import { cn } from "@/lib/classes";
import { count } from "@/lib/format";
import type { Asked } from "./action-dialog";
import { answersAgain } from "./group";
import { Letters } from "./letters";

interface GroupProps {
  svc: string;
  group: DeadLetterGroup;
  most: number;
  filter: DeadLetterFilter;
  endpoint: Endpoint | undefined;
  user: User | undefined;
  onAsk: (asked: Asked) => void;
}

/** Dead letters of one endpoint with one cause. Opened, it shows the newest, and what a retry will do. */
export function GroupRow({ svc, group: g, most, filter, endpoint, user, onAsk }: GroupProps) {
  const access = useAccess();
  const [open, setOpen] = useState(false);
  const id = useId();
  const well = answersAgain(g);
  const mine: DeadLetterFilter = { ...filter, endpoint_id: g.endpoint_id, cause: g.cause };
  const what = `of this cause and endpoint`;
  const paused = endpoint?.status !== "active";
  return (
    <section className="border-b border-border">
      <div className="grid min-h-14 grid-cols-[20px_minmax(0,1.5fr)_minmax(0,.8fr)_150px_76px_minmax(0,1fr)_150px] items-center gap-4 py-2 max-lg:grid-cols-[20px_minmax(0,1fr)_auto] max-lg:gap-x-3 max-lg:gap-y-1">
        <button type="button" aria-expanded={open} aria-controls={id} aria-label={`${causeText(g.cause)}: show the newest of ${g.count}`} onClick={() => setOpen(!open)} className="flex size-6 items-center justify-center rounded-chip text-muted hover:bg-hover hover:text-text max-md:size-11 max-md:-ml-3">
          <ChevronRight size={16} strokeWidth={1.75} className={cn("transition-transform duration-120", open && "rotate-90")} />
        </button>
        <div className="min-w-0">
          <p className="truncate font-[550]">{causeText(g.cause)}</p>
          <Link to={`/services/${svc}/endpoints/${g.endpoint_id}`} className="hover:underline">
            <Url url={endpoint?.url ?? "…"} className="text-text-2" />
          </Link>
        </div>
        <p className="truncate max-lg:hidden">{user?.name ?? "…"}</p>
        <div className="flex items-center justify-end gap-3">
          <svg width="72" height="8" aria-hidden className="max-lg:hidden">
            <rect width="72" height="8" rx="2" className="fill-hover" />
            <rect width={Math.max(3, (g.count / most) * 72)} height="8" rx="2" className="fill-danger-mark" />
          </svg>
          <span className="text-figure font-semibold">{count(g.count)}</span>
        </div>
        <Ago at={g.oldest} className="text-text-2 max-lg:hidden" />
        <div className="flex min-w-0 items-start gap-2 max-lg:col-start-2">
          <Mark state={g.last_attempt === null || paused ? (paused ? "paused" : "skipped") : well ? "delivered" : "failed"} className="mt-0.5" />
          <span className="min-w-0">
            {paused ? `Endpoint is ${endpoint?.status ?? "…"}` : g.last_attempt === null ? "No attempt known" : well ? "Answers again" : `Still: ${causeText(g.last_attempt.cause).toLowerCase()}`}
            {g.last_attempt && !paused && (
              <>
                , <Ago at={g.last_attempt.at} suffix=" ago" className="text-text-2" />
              </>
            )}
          </span>
        </div>
        <div className="flex items-center justify-end gap-1 max-lg:col-start-3">
          {access.jobs && (
            <>
              {paused ? (
                endpoint && (
                  <Button size="small" asChild>
                    <Link to={`/services/${svc}/endpoints/${g.endpoint_id}`}>{endpoint.status === "paused" ? "Resume first…" : "Its endpoint"}</Link>
                  </Button>
                )
              ) : (
                <Button size="small" onClick={() => onAsk({ kind: "retry", filter: mine, count: g.count, what })}>
                  {well ? `Retry ${count(g.count)}` : "Retry…"}
                </Button>
              )}
              <Menu
                trigger={
                  <Button variant="ghost" size="icon" className="size-7" aria-label="More actions on this group">
                    <Ellipsis />
                  </Button>
                }
              >
                <MenuItem asChild>
                  <Link to={`/services/${svc}/endpoints/${g.endpoint_id}`}>Open the endpoint</Link>
                </MenuItem>
                <MenuItem danger onSelect={() => onAsk({ kind: "discard", filter: mine, count: g.count, what })}>
                  Discard {count(g.count)}…
                </MenuItem>
              </Menu>
            </>
          )}
        </div>
      </div>
      {open && (
        <div id={id} className="grid grid-cols-[minmax(0,1.4fr)_minmax(0,1fr)] gap-8 pb-4 pl-9 max-lg:grid-cols-1 max-lg:pl-0">
          <Letters svc={svc} filter={mine} few />
          <div className="border-l border-border pl-8 max-lg:border-0 max-lg:pl-0">
            <h2 className="mb-1.5 font-semibold">What they have in common</h2>
            <ul className="grid gap-1 text-text-2 [&_li]:before:mr-2 [&_li]:before:text-muted [&_li]:before:content-['–']">
              <li>
                All ended with <b>{causeText(g.cause)}</b>
              </li>
              <li>
                First <When at={g.oldest} />, last <When at={g.newest} />
              </li>
              {g.last_attempt && (
                <li>
                  Newest attempt there: <b>{g.last_attempt.delivered ? (g.last_attempt.status_code ?? "delivered") : causeText(g.last_attempt.cause)}</b>, <Ago at={g.last_attempt.at} suffix=" ago" />
                </li>
              )}
            </ul>
            <h2 className="mt-4 mb-1.5 flex items-center gap-2 font-semibold">
              <RotateCw size={14} strokeWidth={2.1} aria-hidden /> If you retry
            </h2>
            <ul className="grid gap-1 text-text-2 [&_li]:before:mr-2 [&_li]:before:text-muted [&_li]:before:content-['–']">
              <li>Each has the whole schedule again, from now</li>
              <li>What fails again comes back to this list</li>
              <li>
                Receivers see the same <code>webhook-id</code>, so repeats can be dropped
              </li>
            </ul>
          </div>
        </div>
      )}
    </section>
  );
}
