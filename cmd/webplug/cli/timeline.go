package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"webplug/cmd/webplug/output"
)

// attempt is what the events of attempts have.
type attempt struct {
	Attempt    int       `json:"attempt"`
	AttemptID  string    `json:"attempt_id"`
	URL        string    `json:"url"`
	StatusCode int       `json:"status_code"`
	Cause      string    `json:"cause"`
	DurationMS float64   `json:"duration_ms"`
	Answer     any       `json:"answer"`
	Next       time.Time `json:"next"`
	At         time.Time `json:"at"`
}

// audience is what MessageAccepted and MessageRouted have.
type audience struct {
	EventType string   `json:"event_type"`
	UserID    string   `json:"user_id"`
	Targets   []string `json:"targets"`
	Skipped   []struct {
		EndpointID string    `json:"endpoint_id"`
		Reason     string    `json:"reason"`
		Since      time.Time `json:"since"`
		By         string    `json:"by"`
	} `json:"skipped"`
	Test bool   `json:"test"`
	More string `json:"more"` // "" where it is decided on all
}

// tell says what happened, and what is to be known of it. What it does not know it names by the event's own type.
func (e event) tell() (what string, details []string) {
	switch e.Type {
	case "MessageAccepted":
		return e.tellAccepted()
	case "MessageRouted":
		return e.tellRouted()
	case "AttemptFailed", "DeliveryFailed", "DeliverySucceeded":
		return e.tellAttempt()
	case "RetryRequested":
		return "retry asked for", e.reason()
	case "DeliveryDiscarded":
		return "discarded", e.reason()
	case "DeliveryUnreported":
		return "nothing was reported", []string{"SNS told nothing of it for 75 minutes"}
	case "MessagePublished":
		return "published to SNS", e.fact("topic_arn", "sns_message_id")
	}
	return sentence(e.Type), nil
}

func (e event) tellAccepted() (string, []string) {
	var a audience
	if json.Unmarshal(e.Data, &a) != nil {
		return "accepted", nil
	}
	whom := "all users"
	if a.UserID != "" {
		whom = a.UserID
	}
	what := a.EventType + " for " + whom
	if a.Test {
		what = "test of " + what
	}
	return "accepted", a.details(what + ", to " + counted(len(a.Targets), "endpoint"))
}

// tellRouted tells of a further part of a large audience.
func (e event) tellRouted() (string, []string) {
	var a audience
	if json.Unmarshal(e.Data, &a) != nil {
		return "routed on", nil
	}
	return "routed on", a.details("to " + counted(len(a.Targets), "further endpoint"))
}

// details are who gets it, who does not and why, and whether that is all.
func (a audience) details(to string) []string {
	if a.More != "" {
		to += "; on others it is decided next"
	}
	details := []string{to}
	for _, s := range a.Skipped {
		skipped := "not to " + s.EndpointID + ": " + strings.ReplaceAll(s.Reason, "_", " ")
		if s.EndpointID == "" {
			skipped = "to nobody: " + strings.ReplaceAll(s.Reason, "_", " ")
		}
		if !s.Since.IsZero() {
			skipped += " since " + output.At(s.Since)
		}
		if s.By != "" {
			skipped += " by " + s.By
		}
		details = append(details, skipped)
	}
	return details
}

func (e event) tellAttempt() (string, []string) {
	var a attempt
	if json.Unmarshal(e.Data, &a) != nil {
		return sentence(e.Type), nil
	}
	what := map[string]string{
		"AttemptFailed": "attempt %d failed", "DeliveryFailed": "attempt %d failed for good", "DeliverySucceeded": "attempt %d delivered",
	}[e.Type]
	if e.Type == "DeliveryFailed" && a.AttemptID == "" { // there was no request
		return "failed for good", []string{words(a.Cause)}
	}
	var details []string
	var parts []string
	if a.StatusCode > 0 {
		parts = append(parts, fmt.Sprintf("HTTP %d", a.StatusCode))
	}
	if a.Cause != "" && a.Cause != fmt.Sprintf("http_%d", a.StatusCode) {
		parts = append(parts, words(a.Cause))
	}
	parts = append(parts, "in "+output.Duration(time.Duration(a.DurationMS*float64(time.Millisecond))))
	if a.URL != "" {
		parts = append(parts, "from "+a.URL)
	}
	details = append(details, strings.Join(parts, " "))
	if text, ok := a.Answer.(string); ok && text != "" {
		details = append(details, "it said: "+output.Line(text, 200))
	}
	if !a.Next.IsZero() {
		details = append(details, "next attempt at "+output.At(a.Next))
	}
	return fmt.Sprintf(what, a.Attempt), details
}

func (e event) reason() []string {
	if reason := output.Plain(output.Find(e.Data, "reason")); reason != "-" {
		return []string{"because: " + reason}
	}
	return nil
}

func (e event) fact(names ...string) []string {
	var facts []string
	for _, name := range names {
		if text := output.Plain(output.Find(e.Data, name)); text != "-" {
			facts = append(facts, words(name)+" "+text)
		}
	}
	return facts
}

func words(s string) string { return strings.ReplaceAll(s, "_", " ") }

// sentence is "topic provisioned" of TopicProvisioned.
func sentence(eventType string) string {
	var b strings.Builder
	for i, r := range eventType {
		if r >= 'A' && r <= 'Z' {
			if i > 0 {
				b.WriteByte(' ')
			}
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}
