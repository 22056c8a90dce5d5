package domain

import (
	"slices"
	"time"

	"webplug/domain/eventlog"
)

// The events of a delivery's stream, a leaf of its message. Version 0, before any of them, is the plan that
// MessageAccepted made: the first attempt at once.
type (
	// AttemptFailed is one failed request. Next is zero if it planned nothing: it belonged to an older plan, or the
	// delivery had ended meanwhile.
	AttemptFailed struct {
		AttemptRecord
		Next time.Time `json:"next,omitzero"`
	}
	// DeliverySucceeded is a request that the endpoint took.
	DeliverySucceeded struct{ AttemptRecord }
	// DeliveryFailed ends a plan for good. Without an attempt id there was no request: the endpoint was paused or
	// removed when it was due.
	DeliveryFailed struct{ AttemptRecord }
	// RetryRequested is a new plan: the whole schedule again from now.
	RetryRequested struct {
		Reason string `json:"reason,omitzero"`
	}
	// DeliveryDiscarded says that nobody shall try again.
	DeliveryDiscarded struct {
		Reason string `json:"reason,omitzero"`
	}
)

// AttemptRecord is what outcome events keep of an attempt.
type AttemptRecord struct {
	AttemptID       string           `json:"attempt_id,omitzero"`
	Attempt         int              `json:"attempt,omitzero"` // 1 is the delivery's first
	Plan            eventlog.Version `json:"plan"`             // version that planned it, 0 for MessageAccepted's
	EndpointVersion eventlog.Version `json:"endpoint_version,omitzero"`
	URL             string           `json:"url,omitzero"`
	StatusCode      int              `json:"status_code,omitzero"`
	Cause           Cause            `json:"cause,omitzero"`
	DurationMS      float64          `json:"duration_ms,omitzero"`
	RetryAfterS     int              `json:"retry_after_s,omitzero"`
	At              time.Time        `json:"at,omitzero"`
	Answer          eventlog.Sealed  `json:"-"` // sealed
}

// EventType is the stored name.
func (AttemptFailed) EventType() string { return "AttemptFailed" }

// EventType is the stored name.
func (DeliverySucceeded) EventType() string { return "DeliverySucceeded" }

// EventType is the stored name.
func (DeliveryFailed) EventType() string { return "DeliveryFailed" }

// EventType is the stored name.
func (RetryRequested) EventType() string { return "RetryRequested" }

// EventType is the stored name.
func (DeliveryDiscarded) EventType() string { return "DeliveryDiscarded" }

// SealedFields names what is sealed.
func (a *AttemptRecord) SealedFields() []eventlog.SealedField {
	return []eventlog.SealedField{{Name: "answer", Sealed: &a.Answer}}
}

// DeliveryStream is the stream of a message's delivery to an endpoint.
func DeliveryStream(service, message, endpoint string) eventlog.Stream {
	return eventlog.Stream{Service: service, Root: message, Leaf: endpoint}
}

// DeliveryStatus is the state of a delivery.
type DeliveryStatus string

// The states, see ARCHITECTURE.md. Skipped ones have no stream: MessageAccepted says so.
const (
	Pending   DeliveryStatus = "pending"  // no attempt of the standing plan has failed yet
	Retrying  DeliveryStatus = "retrying" // one has failed, another is planned
	Delivered DeliveryStatus = "delivered"
	Failed    DeliveryStatus = "failed" // for good, unless somebody retries
	Discarded DeliveryStatus = "discarded"
	Skipped   DeliveryStatus = "skipped"
)

// Delivery is a message on its way to one endpoint. The zero value is pending by the plan 0.
type Delivery struct {
	status     DeliveryStatus
	Plan       eventlog.Version // the standing plan; meaningful while pending or retrying
	Tries      int              // attempts of the standing plan
	Attempts   int              // attempts in all
	Due        time.Time        // of the next attempt; zero: at once, or none
	StatusCode int              // of the newest attempt
	Cause      Cause            // of the newest failure; "" after a success
	AttemptAt  time.Time        // of the newest attempt
	EndedAt    time.Time        // when it was delivered, failed or discarded
	Round      eventlog.Version // that the whole schedule began with: 0 for MessageAccepted's, else a RetryRequested's
	RoundBase  int              // attempts before it
	Unreported bool             // it is failed because SNS told nothing
	PlannedBy  string           // id of the event that made the standing plan; "" for MessageAccepted
	Version    eventlog.Version
	seen       []string // attempt ids, so that a report that comes twice is recognised
}

// Status is the delivery's state.
func (d Delivery) Status() DeliveryStatus {
	if d.status == "" {
		return Pending
	}
	return d.status
}

// Open says whether an attempt is planned.
func (d Delivery) Open() bool { return d.Status() == Pending || d.Status() == Retrying }

// Evolve folds one event.
func (d Delivery) Evolve(r eventlog.Recorded) Delivery {
	d.Version = r.Version
	switch e := r.Event.(type) {
	case AttemptFailed:
		if e.Next.IsZero() { // of an older plan: it changes nothing but the count
			d = d.counted(e.AttemptRecord)
			break
		}
		d = d.attempted(e.AttemptRecord)
		d.status, d.Due, d.Plan, d.PlannedBy, d.Tries = Retrying, e.Next, r.Version, r.ID, d.Tries+1
	case DeliverySucceeded:
		d = d.attempted(e.AttemptRecord)
		d.status, d.Due, d.EndedAt, d.Unreported = Delivered, time.Time{}, r.Time, false
	case DeliveryFailed:
		d = d.attempted(e.AttemptRecord)
		d.status, d.Due, d.EndedAt, d.Unreported = Failed, time.Time{}, r.Time, false
	case DeliveryUnreported:
		d.status, d.Due, d.EndedAt, d.Cause, d.Unreported = Failed, time.Time{}, r.Time, CauseNoReport, true
	case RetryRequested:
		d.status, d.Due, d.Plan, d.PlannedBy, d.Tries, d.EndedAt = Pending, r.Time, r.Version, r.ID, 0, time.Time{}
		d.Round, d.RoundBase, d.Unreported = r.Version, d.Attempts, false
	case DeliveryDiscarded:
		d.status, d.Due, d.EndedAt = Discarded, time.Time{}, r.Time
	}
	return d
}

func (d Delivery) attempted(a AttemptRecord) Delivery {
	if a.AttemptID != "" {
		d = d.counted(a)
		d.StatusCode, d.AttemptAt = a.StatusCode, a.At
	}
	d.Cause = a.Cause
	return d
}

// counted never changes the list that an older state holds.
func (d Delivery) counted(a AttemptRecord) Delivery {
	d.seen = append(slices.Clip(d.seen), a.AttemptID)
	d.Attempts = max(d.Attempts+1, a.Attempt) // SNS's reports leave attempts out
	return d
}

// RecordOutcome makes an event of a report.
type RecordOutcome struct {
	Report          Report
	Plan            eventlog.Version // that the attempt was made by
	EndpointVersion eventlog.Version // of the endpoint whose URL and secrets it used
	Schedule        Schedule
	Jitter          float64 // in [0, 1)
	AnswerKey       string  // data key for the answer
}

// statusGone is HTTP's 410: the endpoint wants no more (Standard Webhooks).
const statusGone = 410

// Gone says whether the endpoint asked to be sent nothing more.
func (c RecordOutcome) Gone() bool { return c.Report.StatusCode == statusGone }

// Decide records each attempt once. A success always wins; a failure changes only the plan that it was made by.
func (c RecordOutcome) Decide(d Delivery) ([]eventlog.Event, error) {
	if slices.Contains(d.seen, c.Report.AttemptID) {
		return nil, nil
	}
	record := c.record(d)
	if c.Report.Delivered() {
		return []eventlog.Event{DeliverySucceeded{record}}, nil
	}
	if !d.Open() || d.Plan != c.Plan {
		return []eventlog.Event{AttemptFailed{AttemptRecord: record}}, nil
	}
	next := c.Schedule.Next(d.Tries+1, c.Report.At.Add(c.Report.Duration), c.Report.RetryAfter, c.Jitter)
	if c.Gone() || next.IsZero() {
		return []eventlog.Event{DeliveryFailed{record}}, nil
	}
	next = next.UTC().Add(time.Microsecond - 1).Truncate(time.Microsecond) // as all times are stored, and never earlier
	return []eventlog.Event{AttemptFailed{AttemptRecord: record, Next: next}}, nil
}

func (c RecordOutcome) record(d Delivery) AttemptRecord {
	r := c.Report
	a := AttemptRecord{
		AttemptID: r.AttemptID, Attempt: d.Attempts + 1, Plan: c.Plan, EndpointVersion: c.EndpointVersion, URL: r.URL,
		StatusCode: r.StatusCode, Cause: r.Cause, DurationMS: float64(r.Duration.Microseconds()) / 1000,
		RetryAfterS: int(r.RetryAfter.Seconds()), At: r.At.UTC().Truncate(time.Microsecond),
	}
	if len(r.Answer) > 0 {
		a.Answer = eventlog.Sealed{Key: c.AnswerKey, Plain: r.Answer}
	}
	return a
}

// EndDelivery ends a plan without a request: its endpoint is paused or removed when it is due.
type EndDelivery struct {
	Plan            eventlog.Version
	Cause           Cause
	EndpointVersion eventlog.Version
}

// Decide leaves a newer plan, and a delivery that has ended, as they are.
func (c EndDelivery) Decide(d Delivery) ([]eventlog.Event, error) {
	if !d.Open() || d.Plan != c.Plan {
		return nil, nil
	}
	return []eventlog.Event{DeliveryFailed{AttemptRecord{Plan: c.Plan, Cause: c.Cause, EndpointVersion: c.EndpointVersion}}}, nil
}

// RetryDelivery asks for a delivery to be tried again.
type RetryDelivery struct {
	Message  Message
	Endpoint Endpoint
	Reason   string
	// TopicGone says that the event type's topic is taken down for good: SNS cannot send it (TopicGone).
	TopicGone bool
}

// TopicGone says whether the topics of an event type are taken down by a time, since it or its service was archived.
func TopicGone(t EventType, s Service, now time.Time) bool {
	gone := func(archived time.Time) bool { return !archived.IsZero() && !now.Before(archived.Add(TopicAfterlife)) }
	return gone(t.ArchivedAt) || gone(s.ArchivedAt)
}

// Decide refuses what cannot be sent; a pending delivery is about to be tried anyway.
func (c RetryDelivery) Decide(d Delivery) ([]eventlog.Event, error) {
	if err := CheckReason(c.Reason); err != nil {
		return nil, err
	}
	if err := checkDelivery(c.Message, c.Endpoint.ID); err != nil {
		return nil, err
	}
	switch {
	case d.Status() == Pending:
		return nil, nil
	case c.Endpoint.Removed():
		return nil, Refuse(Conflict, "", "the endpoint is removed")
	case c.Endpoint.Status == EndpointStatusPaused:
		return nil, Refuse(Conflict, "", "the endpoint is paused (%s); resume it first", c.Endpoint.PauseReason)
	}
	if c.Endpoint.Format == SNS && c.TopicGone {
		return nil, Refuse(Conflict, "", "the event type was archived over %d hours ago, and its SNS topic is gone: publish under another type", int(TopicAfterlife.Hours()))
	}
	if _, ok := c.Endpoint.LinkFor(c.Message); c.Endpoint.Format == SNS && !ok {
		return nil, Refuse(Conflict, "", "the endpoint's subscription is not confirmed: SNS would not send it")
	}
	return []eventlog.Event{RetryRequested{Reason: c.Reason}}, nil
}

// DiscardDelivery ends a delivery that is not delivered.
type DiscardDelivery struct {
	Message    Message
	EndpointID string
	Reason     string
}

// Decide is repeatable.
func (c DiscardDelivery) Decide(d Delivery) ([]eventlog.Event, error) {
	if err := CheckReason(c.Reason); err != nil {
		return nil, err
	}
	if err := checkDelivery(c.Message, c.EndpointID); err != nil {
		return nil, err
	}
	switch d.Status() {
	case Discarded:
		return nil, nil
	case Delivered:
		return nil, Refuse(Conflict, "", "the delivery has been delivered")
	default:
		return []eventlog.Event{DeliveryDiscarded{Reason: c.Reason}}, nil
	}
}

func checkDelivery(m Message, endpoint string) error {
	if !m.Exists() {
		return Refuse(NotFound, "", "no such message")
	}
	if skip, ok := m.SkippedFor(endpoint); ok {
		return Refuse(Conflict, "", "the endpoint was skipped (%s): there is no delivery; publish it again with user_id", skip.Reason)
	}
	if !m.Targets(endpoint) {
		return Refuse(NotFound, "", "the message has no delivery to this endpoint")
	}
	return nil
}

// Worst is the status that a message shows for its deliveries: the one that most needs somebody's eye.
func Worst(statuses []DeliveryStatus) DeliveryStatus {
	order := []DeliveryStatus{Failed, Retrying, Pending, Discarded, Delivered, Skipped}
	for _, s := range order {
		if slices.Contains(statuses, s) {
			return s
		}
	}
	return Skipped
}
