package domain

import (
	"github.com/go-json-experiment/json/jsontext"

	"webplug/domain/eventlog"
)

// Events is every event type that is, or ever was, stored. testdata/events has a file for each schema version.
func Events() *eventlog.Registry {
	return eventlog.NewRegistry(
		eventlog.Define[NameReserved](),
		eventlog.Define[NameReleased](),

		eventlog.Define[ServiceCreated](),
		eventlog.Define[ServiceUpdated](),
		eventlog.Define[ServiceArchived](),

		eventlog.Define[UserRegistered](),
		eventlog.Define[UserUpdated](),
		eventlog.Define[UserArchived](),

		eventlog.Define[EventTypeCreated](),
		eventlog.Define[EventTypeUpdated](),
		eventlog.Define[EventTypeArchived](),

		eventlog.Define[EndpointAdded](),
		eventlog.Define[EndpointUpdated](),
		eventlog.Define[EndpointPaused](),
		eventlog.Define[EndpointResumed](),
		eventlog.Define[EndpointRemoved](),
		eventlog.Define[SecretRotated](),
		eventlog.Define[SecretRead](),
		eventlog.Define[SubscriptionAdded](),
		eventlog.Define[SubscriptionRemoved](),
		eventlog.Define[HandshakeRequested](),
		eventlog.Define[SubscriptionPending](),
		eventlog.Define[SubscriptionConfirmed](),
		eventlog.Define[SubscriptionExpired](),
		eventlog.Define[SubscriptionFailed](),
		eventlog.Define[SubscriptionReleased](),

		eventlog.Define[TopicProvisioned](),
		eventlog.Define[TopicRemoved](),
		eventlog.Define[QueueSubscribed](),
		eventlog.Define[SlotAssigned](),
		eventlog.Define[SlotReleased](),

		eventlog.Define[MessageAccepted](unchanged), // 2: more
		eventlog.Define[MessageRouted](),
		eventlog.Define[AttemptFailed](),
		eventlog.Define[DeliverySucceeded](),
		eventlog.Define[DeliveryFailed](),
		eventlog.Define[RetryRequested](),
		eventlog.Define[DeliveryDiscarded](),
		eventlog.Define[MessagePublished](),
		eventlog.Define[DeliveryUnreported](),
		eventlog.Define[ReportUnmatched](),

		eventlog.Define[KeyCreated](unchanged), // 2: user_id
		eventlog.Define[KeyRevoked](),

		eventlog.Define[JobRequested](),
		eventlog.Define[JobProgressed](),
		eventlog.Define[JobFinished](),
		eventlog.Define[JobFailed](),
		eventlog.Define[JobCancelled](),
	)
}

// unchanged is the upcast to a version that only has a further field, which may be absent.
func unchanged(data jsontext.Value) (jsontext.Value, error) { return data, nil }
