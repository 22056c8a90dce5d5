import type { Camel, Input } from "./casing.js";
import type { components } from "./openapi.js";

type Schemas = components["schemas"];
/** A schema of the API's description, as it is answered. */
type Out<Name extends keyof Schemas> = Camel<Schemas[Name]>;
/** A schema of the API's description, as it is sent. */
type In<Name extends keyof Schemas> = Input<Schemas[Name]>;

/** Payloads by the name of their event type: `{ card_issued: { card: string } }`. */
export type PayloadMap = object;
/** Where nothing is said of payloads: any name, any payload. */
export type AnyPayloads = Record<string, unknown>;

export type Service = Out<"Service">;
export type NewService = In<"NewService">;
export type ServiceChange = In<"ServiceChange">;

export type User = Out<"User">;
export type NewUser = In<"NewUser">;
export type UserChange = In<"UserChange">;

export type EventType = Out<"EventType">;
export type NewEventType = In<"NewEventType">;
export type EventTypeChange = In<"EventTypeChange">;

export type Endpoint = Out<"Endpoint">;
export type NewEndpoint = In<"NewEndpoint">;
export type EndpointChange = In<"EndpointChange">;
/** The secret that signs now, `whsec_…`, and until when the former one signs too. */
export interface EndpointSecret {
  secret: string;
  previousSecretUntil: string | null;
}

export type Subscription = Out<"Subscription">;
export type NewSubscription = In<"NewSubscription">;

/** A message to publish; without `userId` it goes to all users. */
export type NewMessage<M extends PayloadMap = AnyPayloads> = {
  [Name in keyof M & string]: { type: Name; payload: M[Name]; userId?: string | null | undefined };
}[keyof M & string];
/** A message of a batch, with an idempotency key of its own if it is to have one. */
export type NewMessageOfBatch<M extends PayloadMap = AnyPayloads> = NewMessage<M> & { idempotencyKey?: string | null | undefined };
/** What publish answers: how many endpoints get it, and which do not, and why. */
export interface Accepted {
  id: string;
  /** With `more` those of the first 500 that match; `skipped` too. */
  deliveries: number;
  skipped: Out<"Skipped">[];
  /** More than 500 endpoints match: on the others it is decided in the background. */
  more?: boolean;
}
/** What became of one message of a batch. */
export type BatchResult = (Accepted & { problem?: never }) | { id?: never; problem: Out<"Problem"> };

export type Message = Out<"Message">;
/** A message with its payload. */
export type WholeMessage<M extends PayloadMap = AnyPayloads> = {
  [Name in keyof M & string]: Omit<Out<"WholeMessage">, "eventType" | "payload"> & { eventType: Name; payload: M[Name] };
}[keyof M & string];
export type Delivery = Out<"Delivery">;
export type DeliveryStatus = Schemas["DeliveryStatus"];
/** An event of the log; its `data` is as it was stored, with names in snake_case. */
export type Event = Out<"Event">;
/** An event, and which message it is about. */
export type LiveEvent = Out<"LiveEvent">;

export type DeadLetterFilter = In<"DeadLetterFilter">;
export type DeadLetterGroup = Out<"DeadLetterGroup">;

export type Job = Out<"Job">;
export type JobStatus = Job["status"];
/** A job that goes on by itself; `count` is how many there are to do. */
export interface StartedJob {
  jobId: string;
  count: number;
}

export type Key = Out<"Key">;
export type NewKey = In<"NewKey">;
/** A new key, with the key itself, shown this once. */
export type CreatedKey = Out<"CreatedKey">;

/** A key as it sees itself. */
export type Whoami = Out<"Whoami">;

export type Stats = Out<"Stats">;
export type System = Out<"System">;
export type StuckEvent = Out<"Stuck">;
