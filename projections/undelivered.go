package projections

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"webplug/domain"
	"webplug/domain/eventlog"
)

// Undelivered is a message that SNS could not deliver, as its dead-letter queue has it: a second witness beside the delivery
// status records, for when those are lost.
type Undelivered struct {
	Body   []byte // the envelope that the endpoint did not take
	SentAt time.Time
	Handle string // the queue's own
}

// UndeliveredQueue is SNS's dead-letter queue. A message that is neither forgotten nor put off comes again by itself.
type UndeliveredQueue interface {
	// Receive gives some messages; none where the queue is empty.
	Receive(context.Context) ([]Undelivered, error)
	// Forget takes one away.
	Forget(context.Context, Undelivered) error
	// PutOff lets one come again after a time.
	PutOff(context.Context, Undelivered, time.Duration) error
}

const (
	// undeliveredAfter is how long a message waits for the record that says with which status it failed.
	undeliveredAfter = 5 * time.Minute
	// undeliveredAgain is how long one waits that fits no message of ours, up to UnmatchedLimit.
	undeliveredAgain = 15 * time.Minute
)

// envelope is what SNS sends (Amazon SNS Developer Guide, "HTTP/HTTPS notification JSON format").
type envelope struct {
	MessageID      string `json:"MessageId"`
	TopicARN       string `json:"TopicArn"`
	Message        string `json:"Message"`
	UnsubscribeURL string `json:"UnsubscribeURL"` // names the subscription
}

func (e envelope) subscription() string {
	u, err := url.Parse(e.UnsubscribeURL)
	if err != nil {
		return ""
	}
	return u.Query().Get("SubscriptionArn")
}

// TakeUndelivered makes outcomes of what a dead-letter queue has, until it is empty or ctx ends.
func (s *SNSReports) TakeUndelivered(ctx context.Context, q UndeliveredQueue) error {
	for ctx.Err() == nil {
		all, err := q.Receive(ctx)
		if err != nil || len(all) == 0 {
			return err
		}
		for _, one := range all {
			if err := s.undelivered(ctx, q, one); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *SNSReports) undelivered(ctx context.Context, q UndeliveredQueue, u Undelivered) error {
	age := s.Now().Sub(u.SentAt)
	if age < undeliveredAfter {
		return q.PutOff(ctx, u, undeliveredAfter-age)
	}
	known, err := s.outcomeOf(ctx, u)
	if err != nil && (transient(err) || errors.Is(err, eventlog.ErrConflict)) {
		return err
	}
	if err != nil {
		s.Logger.Error("a message in SNS's dead-letter queue cannot be recorded; it waits", "error", err)
	}
	switch {
	case known:
	case age < domain.UnmatchedLimit:
		return q.PutOff(ctx, u, undeliveredAgain)
	default:
		if err := s.giveUp(ctx, waitingReport{Record: u.Body, Came: u.SentAt}); err != nil {
			return err
		}
	}
	return q.Forget(ctx, u)
}

// outcomeOf records that a delivery has failed, unless its record has come. It says whether there is such a delivery.
func (s *SNSReports) outcomeOf(ctx context.Context, u Undelivered) (known bool, err error) {
	var e envelope
	if json.Unmarshal(u.Body, &e) != nil {
		return false, nil
	}
	for _, key := range []string{e.MessageID, MD5(e.Message)} {
		if key == "" || known {
			continue
		}
		err := s.Mappings.each(ctx, key, func(m Mapping) (bool, error) {
			at, to, ok, err := s.targetOf(ctx, e, m)
			if err == nil && ok {
				known, err = true, s.recordUndelivered(ctx, e, m, at, to, u)
			}
			return known, err
		})
		if err != nil {
			return false, err
		}
	}
	return known, nil
}

// targetOf finds which target of a publish a subscription is, and its URL.
func (s *SNSReports) targetOf(ctx context.Context, e envelope, m Mapping) (at string, to MappedTarget, ok bool, err error) {
	subscription := e.subscription()
	for place, target := range m.Targets {
		at, here := strings.CutPrefix(place, mappedAt(e.TopicARN, ""))
		if !here {
			continue
		}
		endpoint, err := s.Endpoints.Endpoint(ctx, m.Service, target.EndpointID)
		if err != nil {
			return "", to, false, err
		}
		for _, sub := range endpoint.Subscriptions {
			for _, link := range sub.Held() {
				if link.SubscriptionARN == subscription && link.URL == at {
					return at, target, true, nil
				}
			}
		}
	}
	return "", to, false, nil
}

func (s *SNSReports) recordUndelivered(ctx context.Context, e envelope, m Mapping, at string, to MappedTarget, u Undelivered) error {
	d, err := eventlog.Load[domain.Delivery](ctx, s.Log, domain.DeliveryStream(m.Service, m.Message, to.EndpointID))
	if err != nil {
		return fmt.Errorf("look at a delivery: %w", err)
	}
	if d.State.Round != to.Plan || !d.State.Open() && !d.State.Unreported {
		return nil // the record has come, or it was asked for again
	}
	var r statusRecord
	r.Notification.TopicARN, r.Delivery.URL, r.Status, r.Delivery.Attempts = e.TopicARN, at, "FAILURE", s.Retries.Attempts()
	return s.record(ctx, m, to, r, u.Body)
}
