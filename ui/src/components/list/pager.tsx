import { ChevronLeft, ChevronRight } from "lucide-react";
import { LiveProngs } from "@/app/logo";
import { Button } from "../ui/button";

export function Pager({ newer, older }: { newer?: (() => void) | undefined; older?: (() => void) | undefined }) {
  if (!newer && !older) return null;
  return (
    <nav aria-label="Pages of the list" className="flex items-center gap-2 py-4">
      {newer && (
        <Button size="small" onClick={newer}>
          <ChevronLeft /> Newer
        </Button>
      )}
      {older && (
        <Button size="small" onClick={older}>
          Older <ChevronRight />
        </Button>
      )}
    </nav>
  );
}

/** How many rows wait above, since somebody is aiming at the ones below. */
export function Waiting({ count, show }: { count: number; show: () => void }) {
  if (count === 0) return null;
  return (
    <button type="button" onClick={show} className="inline-flex h-6 items-center gap-2 rounded-full bg-selected px-2.5 text-small font-[550] text-accent max-md:h-11">
      <LiveProngs state="live" /> {count} new
    </button>
  );
}
