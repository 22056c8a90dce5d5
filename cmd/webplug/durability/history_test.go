package durability

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// event is an event of a webhook's history.
type event struct {
	ID      string    `json:"id"`
	Stream  string    `json:"stream"`
	Version uint64    `json:"version"`
	Type    string    `json:"type"`
	Time    time.Time `json:"time"`
	Actor   string    `json:"actor"`
	Data    struct {
		Plan      uint64    `json:"plan"`
		AttemptID string    `json:"attempt_id"`
		Attempt   int       `json:"attempt"`
		At        time.Time `json:"at"`
		Next      time.Time `json:"next"`
		Cause     string    `json:"cause"`
	} `json:"data"`
}

// history gives every event of a message.
func (a api) history(t testing.TB, of tenant, message string) []event {
	t.Helper()
	var page struct {
		Data []event `json:"data"`
	}
	a.must(t, http.StatusOK, http.MethodGet, of.path+"/messages/"+message+"/history", nil, &page)
	return page.Data
}

// types are the events' types in order, as one text.
func types(events []event) string {
	var out []string
	for _, e := range events {
		out = append(out, e.Type)
	}
	return strings.Join(out, " ")
}

// story is what a delivery's events have told so far.
type story struct {
	version  uint64
	last     time.Time
	plans    map[uint64]time.Time // when the plan that a version made was due
	ended    bool
	attempts map[string]bool
}

// legal says what is wrong with a webhook's history, or nil: one acceptance, every outcome of a plan that was made
// before it and no earlier than planned, no attempt twice, and no second end without a retry in between.
func legal(events []event) error {
	stories := map[string]*story{}
	for i, e := range events {
		if strings.Count(e.Stream, "/") == 1 {
			if i != 0 || e.Type != "MessageAccepted" || e.Version != 1 {
				return fmt.Errorf("event %d is %s@%d %s", i, e.Stream, e.Version, e.Type)
			}
			continue
		}
		s := stories[e.Stream]
		if s == nil {
			s = &story{last: events[0].Time, plans: map[uint64]time.Time{0: events[0].Time}, attempts: map[string]bool{}}
			stories[e.Stream] = s
		}
		if err := s.take(e); err != nil {
			return fmt.Errorf("%s@%d %s: %w", e.Stream, e.Version, e.Type, err)
		}
	}
	return nil
}

func (s *story) take(e event) error {
	if e.Version != s.version+1 || e.Time.Before(s.last) {
		return fmt.Errorf("it follows version %d of %v", s.version, s.last)
	}
	s.version, s.last = e.Version, e.Time
	switch e.Type {
	case "RetryRequested":
		s.plans[e.Version], s.ended = e.Time, false
		return nil
	case "AttemptFailed", "DeliverySucceeded", "DeliveryFailed":
		if err := s.outcome(e); err != nil {
			return err
		}
	case "DeliveryDiscarded":
	default:
		return fmt.Errorf("this type does not belong there")
	}
	if e.Type == "AttemptFailed" {
		if !e.Data.Next.IsZero() {
			s.plans[e.Version] = e.Data.Next
		}
		return nil
	}
	if s.ended {
		return fmt.Errorf("the delivery had ended before")
	}
	s.ended = true
	return nil
}

func (s *story) outcome(e event) error {
	due, planned := s.plans[e.Data.Plan]
	switch {
	case !planned:
		return fmt.Errorf("it is of plan %d, which nothing made", e.Data.Plan)
	case e.Data.AttemptID == "": // it ended without a request
		return nil
	case e.Data.At.Before(due):
		return fmt.Errorf("the attempt of %v was planned for %v", e.Data.At, due)
	case s.attempts[e.Data.AttemptID]:
		return fmt.Errorf("attempt %s is there twice", e.Data.AttemptID)
	case e.Data.Attempt != len(s.attempts)+1:
		return fmt.Errorf("attempt %d follows %d", e.Data.Attempt, len(s.attempts))
	}
	s.attempts[e.Data.AttemptID] = true
	return nil
}

// wantLegal checks every message's history, and that each of its deliveries was made.
func wantLegal(t testing.TB, a api, of tenant, messages []string) {
	t.Helper()
	for _, id := range messages {
		if err := legal(a.history(t, of, id)); err != nil {
			t.Errorf("%s: %v", id, err)
		}
	}
}
