package domain

import (
	"slices"
	"time"

	"webplug/domain/eventlog"
)

// What SNS reports of its own attempts. It may report each or only the last, twice, and in any order: a failure may be
// told before or after a success. All are legal histories.
type (
	// DeliveryUnreported says that SNS took a message and then told nothing of it.
	DeliveryUnreported struct {
		Plan        eventlog.Version `json:"plan"`
		PublishedAt time.Time        `json:"published_at"`
	}
	// ReportUnmatched is a report that no message was found for in a day. It has a stream of its own.
	ReportUnmatched struct {
		TopicARN     string          `json:"topic_arn,omitzero"`
		SNSMessageID string          `json:"sns_message_id,omitzero"`
		MD5          string          `json:"md5,omitzero"`
		URL          string          `json:"url,omitzero"`
		StatusCode   int             `json:"status_code,omitzero"`
		CameAt       time.Time       `json:"came_at"`
		Record       eventlog.Sealed `json:"-"` // sealed: as it came
	}
)

// EventType is the stored name.
func (DeliveryUnreported) EventType() string { return "DeliveryUnreported" }

// EventType is the stored name.
func (ReportUnmatched) EventType() string { return "ReportUnmatched" }

// SealedFields names what is sealed.
func (e *ReportUnmatched) SealedFields() []eventlog.SealedField {
	return []eventlog.SealedField{{Name: "record", Sealed: &e.Record}}
}

// ReportLimit is how long after a publish SNS is given to report: it tries for an hour at most (Amazon SNS Developer
// Guide, "Message delivery retries").
const ReportLimit = 75 * time.Minute

// UnmatchedLimit is how long a report waits for its message.
const UnmatchedLimit = 24 * time.Hour

// ReportsKey is the data key that reports without a message are sealed with.
const ReportsKey = eventlog.Above + "/reports"

// UnmatchedStream is the stream of a report that fits no message.
func UnmatchedStream(hash string) eventlog.Stream {
	return eventlog.Stream{Service: eventlog.Above, Root: "report_" + hash}
}

// HashReport is a report's name among those that fit no message.
func HashReport(record []byte) string { return hashed("report", string(record)) }

// RecordUnmatched records a report that fits no message.
type RecordUnmatched struct{ Report ReportUnmatched }

// UnmatchedReport is the state of such a report.
type UnmatchedReport struct{ Recorded bool }

// Evolve folds its one event.
func (u UnmatchedReport) Evolve(eventlog.Recorded) UnmatchedReport {
	return UnmatchedReport{Recorded: true}
}

// Decide records it once.
func (c RecordUnmatched) Decide(u UnmatchedReport) ([]eventlog.Event, error) {
	if u.Recorded {
		return nil, nil
	}
	return []eventlog.Event{c.Report}, nil
}

// RecordReport makes an event of what SNS reports of a delivery.
type RecordReport struct {
	Report    Report
	Plan      eventlog.Version // of the publish
	Attempts  int              // of this publish until now, as SNS counts; 0 if it does not say
	Last      bool             // SNS tries no more
	Next      time.Time        // about when SNS tries again, if it does
	AnswerKey string           // data key for the answer
}

// Gone says whether the endpoint asked to be sent nothing more.
func (c RecordReport) Gone() bool { return c.Report.StatusCode == statusGone }

// Retriable says whether SNS tries again after such an answer: server errors, 429 and none at all (Amazon SNS Developer
// Guide, "Message delivery retries").
func Retriable(statusCode int) bool {
	return statusCode == 0 || statusCode == 429 || statusCode >= 500
}

// Decide records each report once. A success always wins; a failure changes only the round that it is of.
func (c RecordReport) Decide(d Delivery) ([]eventlog.Event, error) {
	if slices.Contains(d.seen, c.Report.AttemptID) {
		return nil, nil
	}
	record := RecordOutcome{Report: c.Report, Plan: c.Plan, AnswerKey: c.AnswerKey}.record(d)
	if c.Attempts > 0 && c.Plan == d.Round {
		record.Attempt = d.RoundBase + c.Attempts
	}
	switch standing := d.Round == c.Plan && (d.Open() || d.Unreported); {
	case c.Report.Delivered():
		return []eventlog.Event{DeliverySucceeded{record}}, nil
	case !standing:
		return []eventlog.Event{AttemptFailed{AttemptRecord: record}}, nil
	case c.Last, d.Unreported, !Retriable(c.Report.StatusCode), c.Next.IsZero():
		return []eventlog.Event{DeliveryFailed{record}}, nil
	}
	next := c.Next.UTC().Add(time.Microsecond - 1).Truncate(time.Microsecond)
	return []eventlog.Event{AttemptFailed{AttemptRecord: record, Next: next}}, nil
}

// GiveUpReport ends a delivery that SNS told nothing of.
type GiveUpReport struct {
	Plan        eventlog.Version // of the publish
	PublishedAt time.Time
}

// Decide leaves a newer round, and a delivery that has ended, as they are.
func (c GiveUpReport) Decide(d Delivery) ([]eventlog.Event, error) {
	if !d.Open() || d.Round != c.Plan {
		return nil, nil
	}
	return []eventlog.Event{DeliveryUnreported(c)}, nil
}
