import type { ReactNode } from "react";
import type { Event, EventName, LiveEvent } from "@/api/types";
import { causeText, skipText, statusText } from "@/components/state/cause";
import type { State } from "@/components/state/marks";
import { hostAndPath, milliseconds, plural } from "@/lib/format";
import { endpointOf, list, member, number, text } from "./data";

type Told = Pick<Event | LiveEvent, "type" | "stream" | "data" | "actor" | "actor_name">;

/** What an event's entry shows beside its time. */
export interface Sentence {
  /** A state's form; "person" for what somebody did, "dot" for the rest. */
  mark: State | "person" | "dot";
  said: ReactNode;
  /** A second line: an endpoint's answer, a reason. */
  more?: ReactNode;
}

/** How ids are called: from what the page has loaded. */
export interface Names {
  endpoint: (id: string | undefined) => string | undefined;
}

const people = new Set<EventName>(["RetryRequested", "DeliveryDiscarded"]);

/** Programs of WebPlug itself that act; everything else is a key, held by somebody. */
const machines = new Set(["dispatch", "routing", "schedule", "reconcile", "sns"]);

export function byHand(e: Told): boolean {
  return people.has(e.type) && !machines.has(e.actor);
}
export function byMachine(actor: string): boolean {
  return machines.has(actor);
}

/** Tells an event in a sentence, for the story of one webhook and for the audit. */
export function sentenceOf(e: Told, names: Names): Sentence {
  const where = endpointName(e, names);
  const d = e.data;
  switch (e.type) {
    case "MessageAccepted":
      return accepted(e, names);
    case "MessageRouted":
      return routed(e, names);
    case "MessagePublished":
      return { mark: "dot", said: `SNS took it for ${plural(list(d, "to").length || 1, "endpoint")}` };
    case "AttemptFailed":
      return attempt(e, where, "retrying", text(d, "next") ? undefined : "It is tried again");
    case "DeliverySucceeded":
      return attempt(e, where, "delivered");
    case "DeliveryFailed":
      return text(d, "attempt_id") ? attempt(e, where, "failed", "Given up: now a dead letter") : { mark: "failed", said: <><b>{where}</b> failed without a request: {causeText(text(d, "cause"))}. Now a dead letter</> };
    case "DeliveryUnreported":
      return { mark: "no_report", said: <>SNS said nothing about <b>{where}</b> for 75 min</> };
    case "DeliveryDiscarded":
      return { mark: byHand(e) ? "person" : "discarded", said: <><b>{e.actor_name}</b> discarded the delivery to {where}</>, more: reason(d) };
    case "RetryRequested":
      return { mark: byHand(e) ? "person" : "dot", said: <><b>{e.actor_name}</b> asked for a retry to {where}</>, more: reason(d) };
    default:
      return catalogue(e, where);
  }
}

function reason(d: Told["data"]): ReactNode {
  const why = text(d, "reason");
  return why ? `“${why}”` : undefined;
}

function endpointName(e: Told, names: Names): string {
  const id = endpointOf(e.stream) ?? text(e.data, "endpoint_id");
  const url = text(e.data, "url");
  return url ? hostAndPath(url) : (names.endpoint(id) ?? "the endpoint");
}

function accepted(e: Told, names: Names): Sentence {
  const targets = list(e.data, "targets");
  const skipped = list(e.data, "skipped");
  const nobody = targets.length === 0;
  return {
    mark: nobody ? "skipped" : "dot",
    said: (
      <>
        <b>{e.actor_name}</b> published <span className="font-mono text-mono">{text(e.data, "event_type") ?? "it"}</span>: {nobody ? <b>nobody gets it</b> : <b>{plural(targets.length, "endpoint gets it", "endpoints get it")}</b>}
        {skipped.length > 0 && !nobody && `, ${skipped.length} skipped`}
      </>
    ),
    more: whyNot(skipped, names),
  };
}

/** A further part of a large audience. */
function routed(e: Told, names: Names): Sentence {
  const targets = list(e.data, "targets");
  const skipped = list(e.data, "skipped");
  return {
    mark: "dot",
    said: (
      <>
        <b>{plural(targets.length, "further endpoint gets it", "further endpoints get it")}</b>
        {skipped.length > 0 && `, ${skipped.length} skipped`}
      </>
    ),
    more: whyNot(skipped, names),
  };
}

/** Who is skipped, and why: the first three. */
function whyNot(skipped: ReturnType<typeof list>, names: Names): ReactNode {
  if (skipped.length === 0) return undefined;
  const first = skipped.slice(0, 3).map((s) => `${names.endpoint(member(s, "endpoint_id")) ?? (member(s, "endpoint_id") ? "an endpoint" : "all users")}: ${skipText(member(s, "reason"))}`);
  return first.join(" · ") + (skipped.length > 3 ? ` · and ${skipped.length - 3} more` : "");
}

function attempt(e: Told, where: string, mark: State, then?: string): Sentence {
  const d = e.data;
  const code = number(d, "status_code");
  const took = number(d, "duration_ms");
  const n = number(d, "attempt");
  const after = took === undefined ? "" : ` after ${milliseconds(took)}`;
  const ordinal = n && n > 1 ? `, attempt ${n}` : "";
  const answer = text(d, "answer");
  return {
    mark,
    said: (
      <>
        <b>{where}</b> {code ? <>answered <b>{code}</b> {mark !== "delivered" && statusText(code)}</> : <>did not take it: <b>{causeText(text(d, "cause")).toLowerCase()}</b></>}
        {after}
        {ordinal}
        {then && `. ${then}`}
      </>
    ),
    more: answer && mark !== "delivered" ? `“${answer.slice(0, 160)}${answer.length > 160 ? "…" : ""}”` : undefined,
  };
}

/** Events about what stands: services, users, types, endpoints, subscriptions, keys, jobs. */
function catalogue(e: Told, where: string): Sentence {
  const d = e.data;
  const who = byMachine(e.actor) ? null : <b>{e.actor_name}</b>;
  const name = text(d, "name");
  const did = (what: ReactNode, more?: ReactNode, mark: Sentence["mark"] = "dot"): Sentence => ({ mark, said: who ? <>{who} {what}</> : what, more });
  switch (e.type) {
    case "ServiceCreated":
      return did(<>created the service <b>{name}</b></>);
    case "ServiceUpdated":
      return did("changed the service");
    case "ServiceArchived":
      return did("archived the service");
    case "UserRegistered":
      return did(<>registered <b>{name}</b></>, text(d, "external_id"));
    case "UserUpdated":
      return did("changed the user");
    case "UserArchived":
      return did("archived the user");
    case "EventTypeCreated":
      return did(<>created the event type <span className="font-mono text-mono">{name}</span></>);
    case "EventTypeUpdated":
      return did("changed the event type");
    case "EventTypeArchived":
      return did("archived the event type");
    case "EndpointAdded":
      return did(<>added <b>{where}</b></>, text(d, "format"));
    case "EndpointUpdated":
      return did(<>changed {text(d, "url") ? <>the URL to <b>{where}</b></> : "the endpoint"}</>);
    case "EndpointPaused":
      return text(d, "reason") === "gone" ? { mark: "paused", said: <><b>{where}</b> answered 410: it is paused</> } : did(<>paused {where}</>, undefined, "paused");
    case "EndpointResumed":
      return did(<>resumed {where}</>);
    case "EndpointRemoved":
      return did(<>removed {where}</>);
    case "SecretRead":
      return did(<>looked at the secret of {where}</>);
    case "SecretRotated":
      return did(<>gave {where} a new secret; the old one signs along for 24 h</>);
    case "SubscriptionAdded":
      return did(<>subscribed {where}</>);
    case "SubscriptionRemoved":
      return did(<>unsubscribed {where}</>);
    case "SubscriptionPending":
      return did("SNS sent the handshake and waits for its confirmation", text(d, "url"), "pending_confirmation");
    case "SubscriptionConfirmed":
      return did("the subscription is confirmed", text(d, "url"), "active");
    case "SubscriptionExpired":
      return did("nobody confirmed within 48 h", undefined, "expired");
    case "SubscriptionFailed":
      return did(`SNS refused the subscription: ${text(d, "reason") ?? "no reason given"}`, text(d, "detail"), "sub_failed");
    case "HandshakeRequested":
      return did("asked for a new handshake");
    case "KeyCreated":
      return did(<>made the key <b>{name}</b></>, list(d, "scopes").join(", "));
    case "KeyRevoked":
      return did("revoked the key");
    case "JobRequested":
      return did(`asked for a job: ${text(d, "kind") ?? ""}`, reason(d));
    case "JobFailed":
      return did("the job failed", text(d, "error"), "failed");
    default:
      return did(e.type.replaceAll(/([a-z])([A-Z])/g, (_, a: string, b: string) => `${a} ${b.toLowerCase()}`).toLowerCase());
  }
}
