import type { DeadLetterGroup } from "@/api/types";

/** Whether the endpoint has taken something since the last of these failed: then they may go again. */
export function answersAgain(g: DeadLetterGroup): boolean {
  return g.last_attempt !== null && g.last_attempt.delivered && g.last_attempt.at >= g.newest;
}
