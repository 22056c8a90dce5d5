package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"syscall"
	"time"

	"github.com/go-json-experiment/json"

	"webplug/cmd/webplug/output"
	"webplug/domain"
	"webplug/infra/sender"
)

func newForwarder(s *session, to, secret string, retries int) (*forwarder, error) {
	parsed, err := domain.ParseSecret(secret)
	if err != nil {
		return nil, usage("--secret: %s", err.Error())
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.Proxy = nil // it is on this machine
	return &forwarder{
		s: s, to: to, secret: parsed, retries: retries, seen: map[string]bool{},
		http: &http.Client{Transport: transport, Timeout: forwardLimit, CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse // as in production
		}},
	}, nil
}

// answered is one attempt, and what came of it.
type answered struct {
	Time       time.Time `json:"time"`
	ID         string    `json:"id"`
	Type       string    `json:"type"`
	Repeat     bool      `json:"repeat"`
	StatusCode int       `json:"status_code,omitzero"`
	DurationMS float64   `json:"duration_ms"`
	Answer     string    `json:"answer,omitempty"`
	Error      string    `json:"error,omitempty"`

	refusedConnection bool
}

func (a answered) ok() bool { return a.StatusCode >= 200 && a.StatusCode <= 299 }

const maxShown = 4 << 10 // bytes of an answer, as production keeps

// attempt makes one request. It is not cut off when ctx ends: the program may have taken it already.
func (f *forwarder) attempt(ctx context.Context, id string, body []byte) answered {
	now := time.Now()
	a := answered{Time: now, ID: id}
	request, err := http.NewRequestWithContext(context.WithoutCancel(ctx), http.MethodPost, f.to, bytes.NewReader(body))
	if err != nil {
		a.Error = err.Error()
		return a
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "webplug-listen")
	request.Header.Set(headerID, id)
	request.Header.Set(headerTimestamp, strconv.FormatInt(now.Unix(), 10))
	request.Header.Set(headerSignature, sender.Signature(id, now, body, [][]byte{f.secret}))
	answer, err := f.http.Do(request)
	a.DurationMS = float64(time.Since(now).Microseconds()) / 1000
	if err != nil {
		var wrapped *url.Error
		if errors.As(err, &wrapped) {
			err = wrapped.Err
		}
		a.Error, a.refusedConnection = err.Error(), errors.Is(err, syscall.ECONNREFUSED)
		return a
	}
	defer func() { _ = answer.Body.Close() }()
	shown, _ := io.ReadAll(io.LimitReader(answer.Body, maxShown)) // what came of it is shown
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, 1<<20))
	a.StatusCode, a.Answer = answer.StatusCode, string(bytes.ToValidUTF8(shown, []byte("\uFFFD")))
	return a
}

// nobodyThere says once that it waits.
func (f *forwarder) nobodyThere() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.waiting {
		f.waiting = true
		f.s.tell("nothing listens at %s; waiting, nothing is lost", output.Line(f.to, 200))
	}
}

// show writes what was answered as a line.
func (f *forwarder) show(m message, a answered) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.waiting = false
	a.Type, a.Repeat = m.EventType, f.seen[m.ID]
	if len(f.seen) > 100_000 {
		clear(f.seen) // it only marks repeats
	}
	f.seen[m.ID] = true
	f.came++
	if !a.ok() {
		f.refused++
	}
	if f.s.json {
		line, err := json.Marshal(a)
		if err == nil {
			_ = output.JSON(f.s.out, line) // if nobody reads it, forwarding goes on
		}
		return
	}
	p := f.s.colours
	what, colour := strconv.Itoa(a.StatusCode), p.Good
	if a.Error != "" {
		what = output.Line(a.Error, 200)
	}
	if !a.ok() {
		colour = p.Bad
	}
	repeat := ""
	if a.Repeat {
		repeat = p.Paint(p.Note, "  again")
	}
	text := ""
	if a.Answer != "" {
		text = "  " + p.Paint(p.Dim, output.Line(a.Answer, 120))
	}
	_, _ = fmt.Fprintf(f.s.out, "%s  %s  %s%s  ▶ %s in %s%s\n", p.Paint(p.Dim, a.Time.Local().Format("15:04:05.000")),
		p.Paint(p.Bold, output.Line(a.Type, 60)), output.Line(a.ID, 60), repeat, p.Paint(colour, what),
		output.Duration(time.Duration(a.DurationMS*float64(time.Millisecond))), text)
}
