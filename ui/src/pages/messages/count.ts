import type { DeliveryStatus, Stats } from "@/api/types";
import { count, plural } from "@/lib/format";

interface Filter {
  status?: DeliveryStatus | undefined;
  cause?: string | undefined;
  /** A time was chosen. */
  timed: boolean;
}

/**
 * How many there are of what the list shows, of figures that have its other filters: messages where all are shown, else
 * deliveries, since that is what the figures count. "" where they do not know.
 */
export function countText(stats: Stats, { status, cause, timed }: Filter, when: string): string {
  const { total, now } = stats;
  if (cause) return status && status !== "failed" ? "" : `${plural(total.causes[cause] ?? 0, "delivery", "deliveries")} failed so ${when}`;
  switch (status) {
    case undefined: {
      const n = total.accepted ?? total.deliveries;
      return n === null ? "" : `${count(n)} accepted ${when}`;
    }
    case "retrying":
    case "pending": {
      const waiting = now[status];
      return timed ? "" : `${plural(waiting, "delivery", "deliveries")}${now.more ? " and more" : ""} now`;
    }
    case "delivered":
    case "failed":
    case "discarded":
    case "skipped":
      return `${plural(total[status], "delivery", "deliveries")} ${when}`;
  }
}
