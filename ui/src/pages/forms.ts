import { onDemand } from "@/components/form/on-demand";

// The forms of all pages, as pages use them.
export const EndpointForm = onDemand(async () => (await import("./endpoints/endpoint-form")).EndpointForm);
export const EventTypeForm = onDemand(async () => (await import("./event-types/event-type-form")).EventTypeForm);
export const KeyForm = onDemand(async () => (await import("./keys/key-form")).KeyForm);
export const PublishForm = onDemand(async () => (await import("./messages/publish-form")).PublishForm);
export const ServiceForm = onDemand(async () => (await import("./services/service-form")).ServiceForm);
export const UserForm = onDemand(async () => (await import("./users/user-form")).UserForm);
export const PickDelivery = onDemand(async () => (await import("./webhook/pick-delivery")).PickDelivery);
