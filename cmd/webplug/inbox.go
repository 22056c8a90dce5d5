package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"webplug/cmd/webplug/envelope"
)

const (
	maxReceived   = 1 << 20 // bytes of a webhook's body
	maxRemembered = 10_000  // ids by which repeats are recognised
)

// What an arrival's Signature may be.
const (
	signatureValid     = "valid"
	signatureInvalid   = "invalid"
	signatureUnchecked = "not checked"
)

// arrival is one webhook as it came in.
type arrival struct {
	Time      time.Time      `json:"time"`
	ID        string         `json:"id"`
	Type      string         `json:"type"`
	Signature string         `json:"signature"`
	Reason    string         `json:"reason,omitempty"` // why it is not valid, or not checked
	Note      string         `json:"note,omitempty"`   // what was done with a handshake of SNS's
	RepeatOf  *earlier       `json:"repeat_of,omitempty"`
	Status    int            `json:"status"` // what is answered
	Body      jsontext.Value `json:"body,omitempty"`
	Text      string         `json:"text,omitempty"` // the body if it is not JSON
}

// earlier is the first arrival of an id.
type earlier struct {
	Time   time.Time `json:"time"`
	Status int       `json:"status"`
}

// inbox is an endpoint that shows what it gets. It is safe for concurrent use.
type inbox struct {
	verifiers []*standardwebhooks.Webhook // none: signatures are not checked
	sns       *envelope.Keys
	// unconfirmed leaves handshakes of SNS's to somebody else.
	unconfirmed bool
	status      int
	failures    int // how many requests get a 503 first
	delay       time.Duration
	now         func() time.Time
	show        func(arrival)
	end         <-chan struct{} // no more waiting before an answer

	mu       sync.Mutex
	seen     map[string]earlier
	order    []string // of seen, oldest first
	came     int
	repeats  int
	invalids int
}

// ServeHTTP takes one webhook.
func (in *inbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "a webhook is a POST", http.StatusMethodNotAllowed)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxReceived))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		http.Error(w, fmt.Sprintf("a webhook has at most %d bytes here", maxReceived), http.StatusRequestEntityTooLarge)
		return
	case err != nil:
		return // the other side has gone
	}
	status := in.take(r.Context(), r.Header, body)
	if in.delay > 0 {
		wait := time.NewTimer(in.delay)
		defer wait.Stop()
		select {
		case <-wait.C:
		case <-in.end:
		case <-r.Context().Done():
			return
		}
	}
	if status == http.StatusNoContent {
		w.WriteHeader(status)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, "receive: told to answer %d", status) // a status without a body has none
}

// take notes and shows a webhook, and gives the status to answer.
func (in *inbox) take(ctx context.Context, headers http.Header, body []byte) int {
	a := arrival{Time: in.now(), ID: headers.Get(standardwebhooks.HeaderWebhookID)}
	if headers.Get(envelope.Header) != "" {
		body = in.openSNS(ctx, &a, body)
	} else {
		a.Signature, a.Reason = in.verify(headers, body)
	}
	if value := jsontext.Value(body); value.IsValid() {
		a.Body = value
		var webhook struct {
			Type string `json:"type"`
		}
		if json.Unmarshal(body, &webhook) == nil && webhook.Type != "" {
			a.Type = webhook.Type
		}
	} else {
		a.Text = string(body)
	}

	in.mu.Lock()
	defer in.mu.Unlock()
	a.Status = in.status
	if in.came < in.failures {
		a.Status = http.StatusServiceUnavailable
	}
	in.came++
	if a.Signature == signatureInvalid {
		in.invalids++
	}
	in.remember(&a)
	in.show(a)
	return a.Status
}

// remember recognises a repeat by its id, as a receiver should.
func (in *inbox) remember(a *arrival) {
	if a.ID == "" {
		return
	}
	if first, repeated := in.seen[a.ID]; repeated {
		a.RepeatOf = &first
		in.repeats++
		return
	}
	if in.seen == nil {
		in.seen = make(map[string]earlier)
	}
	if len(in.order) == maxRemembered {
		delete(in.seen, in.order[0])
		in.order = in.order[1:]
	}
	in.seen[a.ID] = earlier{a.Time, a.Status}
	in.order = append(in.order, a.ID)
}

// verify checks a webhook by each secret; one that matches is enough.
func (in *inbox) verify(headers http.Header, body []byte) (verdict, reason string) {
	if len(in.verifiers) == 0 {
		return signatureUnchecked, "no secret was given"
	}
	for _, verifier := range in.verifiers {
		err := verifier.Verify(body, headers)
		if err == nil {
			return signatureValid, ""
		}
		reason = reasonOf(err)
	}
	return signatureInvalid, reason
}

func reasonOf(err error) string {
	switch {
	case errors.Is(err, standardwebhooks.ErrRequiredHeaders):
		return "webhook-id, webhook-timestamp or webhook-signature is missing"
	case errors.Is(err, standardwebhooks.ErrInvalidHeaders):
		return "webhook-timestamp is not a number"
	case errors.Is(err, standardwebhooks.ErrMessageTooOld):
		return "webhook-timestamp is more than 5 minutes ago"
	case errors.Is(err, standardwebhooks.ErrMessageTooNew):
		return "webhook-timestamp is more than 5 minutes ahead"
	case errors.Is(err, standardwebhooks.ErrNoMatchingSignature):
		return "no signature matches: another secret, or a changed body"
	}
	return err.Error()
}

// summary says what came in all.
func (in *inbox) summary() string {
	in.mu.Lock()
	defer in.mu.Unlock()
	return fmt.Sprintf("%s received, %s, %s", counted(in.came, "webhook"), counted(in.repeats, "repeat"), counted(in.invalids, "invalid signature"))
}
