package projections

import (
	"context"
	"errors"
	"fmt"
	"time"

	"webplug/domain"
	"webplug/domain/eventlog"
)

// What SNS refuses is asked for again after these times.
const (
	againSoon  = 10 * time.Second // throttled, unavailable
	againLater = 5 * time.Minute  // a quota, a URL, a right
)

// subscribe asks SNS to send to the endpoint's URL, in a topic that has room.
func (r *reconciling) subscribe(ctx context.Context) (time.Time, error) {
	var full []int
	for {
		slot, arn, err := r.slot(ctx, full)
		if err != nil {
			return r.failed(ctx, err)
		}
		link := domain.Link{TopicARN: arn, Slot: slot.Name, URL: slot.URL}
		found, err := r.look(ctx, link, Ask)
		refused := asTransport(err)
		switch {
		case err == nil:
			link.SubscriptionARN = found.SubscriptionARN
			if found.Pending {
				return r.pending(ctx, link)
			}
			return time.Time{}, r.confirmed(ctx, link, found)
		case refused.NoTopic: // taken away behind our back: it is made anew
			if err := r.noTopic(ctx, r.service, r.typ(), slot.Shard, r.cause); err != nil {
				return time.Time{}, err
			}
			return r.Now().Add(time.Second), nil
		case refused.Reason != domain.FailPolicyLimit:
			return r.failed(ctx, err)
		}
		full = append(full, slot.Shard) // a further topic may have room
	}
}

// slot gives the endpoint a slot, and its topic, which stands.
func (r *reconciling) slot(ctx context.Context, full []int) (domain.Slot, string, error) {
	name, err := r.newSlot()
	if err != nil {
		return domain.Slot{}, "", err
	}
	stream := domain.TopicsStream(r.service, r.typ())
	assign := domain.AssignSlot{
		EndpointID: r.endpoint.ID, URL: r.endpoint.URL, Name: name, Full: full,
		MaxSlots: orDefault(r.MaxSlots, defaultSlots), MaxShards: orDefault(r.MaxShards, defaultShards),
	}
	topics, err := eventlog.Execute(ctx, r.Log, stream, assign, r.cause)
	if err != nil {
		return domain.Slot{}, "", err
	}
	slot, ok := topics.State.Held(r.endpoint.ID, r.endpoint.URL)
	if !ok {
		return slot, "", fmt.Errorf("%s has no slot after it was given one", r.endpoint.ID)
	}
	if arn, ok := topics.State.ARNs[slot.Shard]; ok && !r.drift {
		return slot, arn, nil
	}
	arn, err := r.topic(ctx, r.service, r.typ(), slot.Shard, r.cause)
	return slot, arn, err
}

func orDefault(v, otherwise int) int {
	if v == 0 {
		return otherwise
	}
	return v
}

// failed records why SNS does not take the subscription, and says when to ask again. What is no refusal of SNS's is the
// caller's to repeat.
func (r *reconciling) failed(ctx context.Context, err error) (time.Time, error) {
	reason, detail := domain.FailReason(""), err.Error()
	var refused *TransportError
	var full *domain.Error
	switch {
	case errors.As(err, &refused):
		reason = refused.Reason
	case errors.As(err, &full) && full.Code == string(domain.FailPolicyLimit):
		reason = domain.FailPolicyLimit
	default:
		return time.Time{}, err
	}
	if err := r.record(ctx, domain.RecordFailure{EventTypeID: r.typ(), Reason: reason, Detail: detail}); err != nil {
		return time.Time{}, err
	}
	if reason == domain.FailThrottled || reason == domain.FailUnavailable {
		return r.Now().Add(againSoon), nil
	}
	return r.Now().Add(againLater), nil
}

// Confirm hands the token of a handshake back to SNS, and records that it is confirmed.
func (r *Reconciler) Confirm(
	ctx context.Context, service, endpoint, eventType, token string, cause eventlog.Cause,
) (after eventlog.Loaded[domain.Endpoint], err error) {
	confirmer, ok := r.Transport.(Confirmer)
	if !ok {
		return after, domain.Refuse(domain.Conflict, "", "the transport has no handshake")
	}
	stream := domain.EndpointStream(service, endpoint)
	loaded, err := eventlog.Load[domain.Endpoint](ctx, r.Log, stream)
	if err != nil {
		return after, err
	}
	if err := loaded.State.Confirmable(eventType); err != nil {
		return after, err
	}
	s, _ := loaded.State.Subscription(eventType)
	link := s.ToConfirm()
	arn, err := confirmer.Confirm(ctx, link.TopicARN, token)
	if err != nil {
		return after, r.refusedToken(ctx, stream, eventType, err, cause)
	}
	if arn != link.SubscriptionARN {
		return after, domain.Refuse(domain.Invalid, "token", "is of another subscription")
	}
	one := reconciling{Reconciler: r, service: service, endpoint: loaded.State, sub: s, cause: cause}
	found, err := one.look(ctx, link, Look)
	if err != nil || found.SubscriptionARN == "" {
		found = Found{Authenticated: true} // SNS has just said so
	}
	record := domain.RecordConfirmation{EventTypeID: eventType, Link: link, Authenticated: found.Authenticated}
	return eventlog.Execute(ctx, r.Log, stream, record, cause)
}

// refusedToken says what a refusal of SNS's means to who gave the token. A quota that is used up is recorded.
func (r *Reconciler) refusedToken(ctx context.Context, stream eventlog.Stream, eventType string, err error, cause eventlog.Cause) error {
	refused := asTransport(err)
	switch {
	case refused.Token:
		return domain.Refuse(domain.Invalid, "token", "SNS does not know this token; ask for a new handshake")
	case refused.Reason == domain.FailPolicyLimit:
		fail := domain.RecordFailure{EventTypeID: eventType, Reason: refused.Reason, Detail: err.Error()}
		if _, err := eventlog.Execute(ctx, r.Log, stream, fail, cause); err != nil {
			return err
		}
		return domain.Refuse(domain.Conflict, "", "SNS's quota of filter policies is used up; confirm again when there is room")
	}
	return domain.Refuse(domain.Unavailable, "", "SNS did not confirm it now (%s); try again", refused.Reason)
}
