import type { components } from "./schema";

type Schemas = components["schemas"];

export type Service = Schemas["Service"];
export type User = Schemas["User"];
export type EventType = Schemas["EventType"];
export type Endpoint = Schemas["Endpoint"];
export type EndpointSubscription = Schemas["EndpointSubscription"];
export type Subscription = Schemas["Subscription"];
export type Message = Schemas["Message"];
export type WholeMessage = Schemas["WholeMessage"];
export type Delivery = Schemas["Delivery"];
export type DeliveryStatus = Schemas["DeliveryStatus"];
export type Event = Schemas["Event"];
export type EventName = Schemas["EventName"];
export type LiveEvent = Schemas["LiveEvent"];
export type Key = Schemas["Key"];
export type Scope = Schemas["Scope"];
export type Stats = Schemas["Stats"];
export type Figures = Schemas["Figures"];
export type Job = Schemas["Job"];
export type DeadLetterGroup = Schemas["DeadLetterGroup"];
export type DeadLetterFilter = Schemas["DeadLetterFilter"];
export type System = Schemas["System"];
export type Stuck = Schemas["Stuck"];
export type Whoami = Schemas["Whoami"];
export type Accepted = { id: string; deliveries: number; skipped: Schemas["Skipped"][] };

/** A page of a list. */
export interface Page<T> {
  data: T[];
  next_cursor: string | null;
}
