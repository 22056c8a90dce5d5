package projections

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"webplug/domain"
	"webplug/domain/eventlog"
)

// statusRecord is a line of SNS's delivery status log. No field is relied on: a record of another shape is kept as it came.
type statusRecord struct {
	Notification struct {
		MD5       string `json:"messageMD5Sum"`
		MessageID string `json:"messageId"`
		TopicARN  string `json:"topicArn"`
		Timestamp string `json:"timestamp"`
	} `json:"notification"`
	Delivery struct {
		ID         string  `json:"deliveryId"`
		URL        string  `json:"destination"`
		Answer     string  `json:"providerResponse"`
		DwellMS    float64 `json:"dwellTimeMs"`
		Attempts   int     `json:"attempts"`
		StatusCode int     `json:"statusCode"`
	} `json:"delivery"`
	Status string `json:"status"`
}

func parseRecord(record []byte) (statusRecord, error) {
	var r statusRecord
	err := json.Unmarshal(record, &r, jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true))
	return r, err
}

// publishedAt is when SNS took the message; zero if the record does not say.
func (r statusRecord) publishedAt() time.Time {
	t, err := time.Parse("2006-01-02 15:04:05.000", r.Notification.Timestamp)
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

// identity tells reports apart: a record that comes twice is one report, a second delivery of the same message another.
func (r statusRecord) identity(record []byte) string {
	if r.Delivery.ID == "" {
		return "sns_" + domain.HashReport(record)
	}
	return fmt.Sprintf("sns_%s_%d_%d", r.Delivery.ID, r.Delivery.Attempts, r.Delivery.StatusCode)
}

// report says what the record does. The status code decides; without one, what SNS calls it.
func (r statusRecord) report(record []byte, now time.Time) domain.Report {
	d := r.Delivery
	out := domain.Report{AttemptID: r.identity(record), URL: d.URL, StatusCode: d.StatusCode, At: now}
	took := time.Duration(d.DwellMS * float64(time.Millisecond))
	if at := r.publishedAt(); !at.IsZero() {
		out.At = at.Add(took)
	}
	if d.Attempts <= 1 { // later ones dwell through the retries, too
		out.Duration, out.At = took, out.At.Add(-took)
	}
	switch {
	case d.StatusCode == 0 && r.Status != "SUCCESS":
		out.Cause = domain.CauseNoAnswer
	case d.StatusCode != 0 && (d.StatusCode < 200 || d.StatusCode > 299):
		out.Cause = domain.CauseOfStatus(min(max(d.StatusCode, 100), 999))
	}
	answer := strings.ToValidUTF8(d.Answer, "\uFFFD")
	out.Answer = []byte(answer[:min(len(answer), domain.MaxAnswer)])
	return out
}

// Retries is how SNS's topics are told to retry: how many attempts there are at most, and about how long SNS waits after
// each.
type Retries interface {
	Attempts() int
	Delay(attempts int) time.Duration
}

// SNSReports makes outcome events of SNS's delivery status records.
type SNSReports struct {
	Log       *eventlog.Log
	Views     Views
	Mappings  *Mappings
	Endpoints Endpoints
	Retries   Retries
	Now       eventlog.Clock
	Logger    *slog.Logger
	Observe   func(domain.Report) // for metrics; may be nil
	// Proved is told of an endpoint that took a message while a handshake of it is under way; may be nil.
	Proved func(service, endpoint string)
	mu     sync.Mutex
	kept   time.Time // when a report was last kept for later
}

// ReportsActor is who records what SNS reports.
const ReportsActor = "sns"

// Take records a report, or keeps it until its message is found. When it returns nil the record need not come again; the
// same record twice is one report.
func (s *SNSReports) Take(ctx context.Context, record []byte) error {
	matched, err := s.tryMatch(ctx, record)
	if err != nil || matched {
		return err
	}
	now := s.Now()
	hash := domain.HashReport(record)
	sealed, err := s.Log.SealBeside(ctx, domain.ReportsKey, hash, record)
	if err != nil {
		return fmt.Errorf("keep a report: %w", err)
	}
	body, err := json.Marshal(waitingReport{sealed, now.UTC()})
	if err != nil {
		return fmt.Errorf("keep a report: %w", err)
	}
	row := Row{
		View: ViewReports, ID: hash, Version: eventlog.Version(now.UnixMicro()), Body: body,
		Lists: []Entry{{listReports(), timeKey(now) + "/" + hash}}, Expires: now.Add(30 * domain.UnmatchedLimit),
	}
	if err := s.Views.Apply(ctx, Beside, []Row{row}, 0); err != nil {
		return fmt.Errorf("keep a report: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept = now
	return nil
}

// hurried says whether a report was kept within the last minute: most then wait for a record that is on its way.
func (s *SNSReports) hurried() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.Now().Sub(s.kept) < time.Minute
}

func listReports() string { return "reports" }

// tryMatch is match, but a report whose message or endpoint cannot be read waits as one that fits none does: it must keep no
// other back.
func (s *SNSReports) tryMatch(ctx context.Context, record []byte) (bool, error) {
	matched, err := s.match(ctx, record)
	if err != nil && !transient(err) && !errors.Is(err, eventlog.ErrConflict) {
		s.Logger.Error("a report of SNS's cannot be recorded; it waits", "error", err)
		return false, nil
	}
	return matched, err
}

// match records a report if its message is found.
func (s *SNSReports) match(ctx context.Context, record []byte) (bool, error) {
	r, err := parseRecord(record)
	if err != nil {
		return false, nil // it waits, and is then recorded as it came
	}
	found, to, ok, err := s.find(ctx, r)
	if err != nil || !ok {
		return false, err
	}
	return true, s.record(ctx, found, to, r, record)
}

// find looks for the message by its body's MD5, then by SNS's own id: that the first is what the field has is practice, not
// documentation.
func (s *SNSReports) find(ctx context.Context, r statusRecord) (found Mapping, to MappedTarget, ok bool, err error) {
	at := mappedAt(r.Notification.TopicARN, r.Delivery.URL)
	for _, key := range []string{r.Notification.MD5, r.Notification.MessageID} {
		if key == "" {
			continue
		}
		if found, to, ok, err = s.Mappings.Find(ctx, key, at); err != nil {
			return found, to, false, err
		}
		if ok {
			return found, to, true, s.Mappings.prove(ctx, key == r.Notification.MD5)
		}
	}
	return found, to, false, nil
}

func (s *SNSReports) record(ctx context.Context, found Mapping, to MappedTarget, r statusRecord, record []byte) error {
	service := found.Service
	if found.CorrelationID == "" { // a mapping of a former version
		m, err := eventlog.Load[domain.Message](ctx, s.Log, domain.MessageStream(service, found.Message))
		if err != nil {
			return err
		}
		found.CorrelationID, found.CausationID, found.After = m.State.CorrelationID, m.State.EventID, m.State.RoutedAt
	}
	e := domain.Endpoint{UserID: found.UserID}
	if found.UserID == "" || s.Proved != nil {
		var err error
		if e, err = s.Endpoints.Endpoint(ctx, service, to.EndpointID); err != nil {
			return err
		}
	}
	report := r.report(record, s.Now())
	cmd := domain.RecordReport{Report: report, Plan: to.Plan, Attempts: r.Delivery.Attempts, Last: r.Delivery.Attempts >= s.Retries.Attempts()}
	if n := r.Delivery.Attempts; n > 0 && !cmd.Last {
		cmd.Next = report.At.Add(report.Duration + s.Retries.Delay(n))
	}
	if len(report.Answer) > 0 {
		cmd.AnswerKey = domain.PayloadKey(service, e.UserID, report.At)
	}
	cause := eventlog.Cause{Actor: ReportsActor, CorrelationID: found.CorrelationID, CausationID: found.CausationID, After: found.After}
	outcome := eventlog.On(domain.DeliveryStream(service, found.Message, to.EndpointID), cmd)
	if to.Plan == 0 && r.Delivery.Attempts <= 1 { // nothing came before, or it is loaded after the conflict
		outcome = outcome.From(eventlog.Loaded[domain.Delivery]{Stream: domain.DeliveryStream(service, found.Message, to.EndpointID)})
	}
	steps := []eventlog.Step{outcome}
	if cmd.Gone() {
		steps = append(steps, eventlog.On(domain.EndpointStream(service, to.EndpointID), domain.PauseEndpoint{Reason: domain.PausedGone}))
	}
	if err := eventlog.ExecuteAll(ctx, s.Log, cause, steps...); err != nil {
		return err
	}
	if s.Observe != nil {
		s.Observe(report)
	}
	if s.Proved != nil && report.Delivered() && handshaking(e, r.Notification.TopicARN) {
		s.Proved(service, to.EndpointID)
	}
	return nil
}

// handshaking says whether a handshake with a topic is under way.
func handshaking(e domain.Endpoint, topicARN string) bool {
	for _, sub := range e.Subscriptions {
		if sub.Handshake.TopicARN == topicARN {
			return true
		}
	}
	return false
}

// Retry tries the reports that wait once more. One that has waited for a day becomes an event of its own; one that cannot be
// read keeps no other back.
func (s *SNSReports) Retry(ctx context.Context) error {
	for from := ""; ; {
		rows, err := s.Views.List(ctx, Beside, ListQuery{View: ViewReports, List: listReports(), From: from, Limit: 200})
		if err != nil {
			return fmt.Errorf("read waiting reports: %w", err)
		}
		for _, row := range rows {
			if err := s.retry(ctx, row.Row); err != nil && (transient(err) || errors.Is(err, eventlog.ErrConflict)) {
				return err
			} else if err != nil {
				s.Logger.Error("a waiting report cannot be tried again", "report", row.ID, "error", err)
			}
			from = row.Sort + "\x00"
		}
		if len(rows) == 0 {
			return nil
		}
	}
}

func (s *SNSReports) retry(ctx context.Context, row Row) error {
	var w waitingReport
	if err := json.Unmarshal(row.Body, &w); err != nil {
		return fmt.Errorf("read a waiting report: %w", err)
	}
	var err error
	if w.Record, err = s.Log.OpenBeside(ctx, domain.ReportsKey, row.ID, w.Record); err != nil {
		return fmt.Errorf("read a waiting report: %w", err)
	}
	matched, err := s.tryMatch(ctx, w.Record)
	if err != nil {
		return err
	}
	if !matched {
		waited := s.Now().Sub(w.Came)
		if waited >= proofKept { // it may be that records name messages by something else
			if err := s.Mappings.prove(ctx, false); err != nil {
				return err
			}
		}
		if waited < domain.UnmatchedLimit {
			return nil
		}
		if err := s.giveUp(ctx, w); err != nil {
			return err
		}
	}
	row.Version, row.Body, row.Lists, row.Expires = row.Version+1, nil, nil, s.Now().Add(tombstoneLife)
	if err := s.Views.Apply(ctx, Beside, []Row{row}, 0); err != nil {
		return fmt.Errorf("forget a waiting report: %w", err)
	}
	return nil
}

func (s *SNSReports) giveUp(ctx context.Context, w waitingReport) error {
	r, _ := parseRecord(w.Record) // what cannot be read is recorded as it came
	hash := domain.HashReport(w.Record)
	event := domain.ReportUnmatched{
		TopicARN: r.Notification.TopicARN, SNSMessageID: r.Notification.MessageID, MD5: r.Notification.MD5, URL: r.Delivery.URL,
		StatusCode: r.Delivery.StatusCode, CameAt: w.Came.Truncate(time.Microsecond), Record: eventlog.Sealed{Key: domain.ReportsKey, Plain: w.Record},
	}
	s.Logger.Warn("a report of SNS's fits no message", "topic", event.TopicARN, "sns_message_id", event.SNSMessageID, "stream", domain.UnmatchedStream(hash).String())
	cause := eventlog.Cause{Actor: ReportsActor, CorrelationID: "report_" + hash, CausationID: "report_" + strconv.FormatInt(w.Came.UnixMicro(), 10)}
	_, err := eventlog.Execute(ctx, s.Log, domain.UnmatchedStream(hash), domain.RecordUnmatched{Report: event}, cause)
	return err
}
