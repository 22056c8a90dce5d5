import type { Endpoint, EndpointSubscription } from "@/api/types";
import { StateWord, type State } from "@/components/state/marks";

/** A subscription's state as the marks know it. */
export function subscriptionState(s: Pick<EndpointSubscription, "status">): State {
  return s.status === "failed" ? "sub_failed" : s.status;
}

/** What of an endpoint waits for its owner. */
export function unconfirmed(e: Endpoint): EndpointSubscription[] {
  return e.subscriptions.filter((s) => s.status === "pending_confirmation" || s.status === "expired" || s.status === "requested" || s.status === "failed");
}

/** An endpoint's state with its reason: "Paused after a 410". */
export function EndpointState({ endpoint }: { endpoint: Endpoint }) {
  if (endpoint.archived_at) return <StateWord state="archived" />;
  if (endpoint.status === "paused") return <StateWord state="paused" word={endpoint.reason === "gone" ? "Paused after a 410" : "Paused"} />;
  const waiting = unconfirmed(endpoint);
  if (endpoint.status === "active" && waiting.length > 0) {
    const all = endpoint.subscriptions.filter((s) => s.status !== "removed").length;
    const worst = waiting.some((s) => s.status === "failed") ? "sub_failed" : waiting.some((s) => s.status === "expired") ? "expired" : waiting.some((s) => s.status === "pending_confirmation") ? "pending_confirmation" : "requested";
    return <StateWord state={worst} word={`${waiting.length} of ${all} ${worst === "sub_failed" ? "refused" : worst === "expired" ? "expired" : "unconfirmed"}`} />;
  }
  return <StateWord state={endpoint.status} />;
}

const failures: Record<string, string> = {
  policy_limit: "SNS takes no more filter policies in this account",
  pending_limit: "SNS takes no more pending confirmations",
  topic_limit: "SNS takes no more topics in this account",
  throttled: "SNS asks to be asked more slowly",
  endpoint_refused: "SNS does not take this URL",
  denied: "SNS does not let WebPlug do it",
  unavailable: "SNS does not answer",
};

/** Why SNS did not take a subscription. */
export function failureText(reason: string | null | undefined): string {
  return (reason && failures[reason]) || "SNS refused it";
}
