package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/cobra"

	"webplug/cmd/webplug/api"
	"webplug/cmd/webplug/output"
)

const listenHelp = `Forwards the service's messages to a port on your own machine, as an endpoint would get them: the same body, signed by Standard
Webhooks with a secret of its own, which it prints and keeps. It takes nothing away from anybody: endpoints get theirs as ever.

It keeps a cursor under $XDG_STATE_HOME/webplug/listen (~/.local/state if it is not set), so that sleep, a restart or a server
that is away lose nothing: it goes on with the message after the last one that was answered. A message may come again, with
the same webhook-id, after a crash, and does after a retry by hand. While nothing listens at the port it waits; any answer of
your program ends the matter, unless --retries says otherwise.`

// listening is what listen takes.
type listening struct {
	forwardTo, name, secret, since, user string
	types                                []string
	retries, atOnce                      int
	printSecret, reset                   bool
}

func (a *app) listenCommand() *cobra.Command {
	var l listening
	c := &cobra.Command{
		Use: "listen", Short: "Forward messages to a port on your own machine", Long: listenHelp,
		Example: "  webplug listen --forward-to http://127.0.0.1:3000/webhooks\n" +
			"  SECRET=$(webplug listen --forward-to http://127.0.0.1:3000/webhooks --print-secret)",
	}
	c.RunE = a.run(func(s *session, _ []string) error { return l.run(s) })
	f := c.Flags()
	f.StringVar(&l.forwardTo, "forward-to", "", "the URL to forward to, or a port of this machine; required")
	f.StringSliceVar(&l.types, "event-type", nil, "only messages of event types with these names")
	f.StringVar(&l.user, "user-id", "", "only what the endpoints of this user, by id or external id, could get: messages for this user and for all")
	f.StringVar(&l.name, "name", "", "of the cursor and the secret; made of service and URL if it is left out")
	f.StringVar(&l.secret, "secret", "", "sign with this secret, whsec_…, and keep it")
	f.StringVar(&l.since, "since", "", "where there is no cursor yet, begin at this time, or so long ago")
	f.BoolVar(&l.reset, "reset", false, "forget the cursor: begin now, or at --since")
	f.IntVar(&l.retries, "retries", 0, "how often to try again what was not answered with 2xx, after 1 s, 2 s, 4 s, …")
	f.IntVar(&l.atOnce, "at-once", 8, "how many requests at once")
	f.BoolVar(&l.printSecret, "print-secret", false, "print the secret and end")
	return c
}

func (l listening) check() (string, error) {
	to := l.forwardTo
	if to != "" && strings.Trim(to, "0123456789") == "" {
		to = "http://127.0.0.1:" + to
	}
	u, err := url.Parse(to)
	switch {
	case to == "":
		return "", usage("--forward-to must be given")
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return "", usage("--forward-to: %q is neither a URL, as http://127.0.0.1:3000/webhooks, nor a port", l.forwardTo)
	case l.retries < 0:
		return "", usage("--retries: %d is negative", l.retries)
	case l.atOnce < 1 || l.atOnce > 64:
		return "", usage("--at-once: %d is not of 1 to 64", l.atOnce)
	}
	return to, nil
}

func (l listening) run(s *session) error {
	to, err := l.check()
	if err != nil {
		return err
	}
	if _, err := s.within(); err != nil {
		return err
	}
	if err := l.find(s); err != nil {
		return err
	}
	state, err := openListener(s, first(l.name, s.service+" "+to), l)
	if err != nil {
		return err
	}
	defer state.close()
	if l.printSecret {
		_, err = fmt.Fprintln(s.out, state.Secret)
		return err
	}
	forward, err := newForwarder(s, to, state.Secret, l.retries)
	if err != nil {
		return err
	}
	l.greet(s, to, state)
	return l.forward(s, state, forward)
}

// find finds out whether there is what messages are chosen by: a name that is wrong would never match.
func (l *listening) find(s *session) (err error) {
	if l.user, err = s.userID(l.user); err != nil {
		return err
	}
	for _, name := range l.types {
		if _, _, err := s.resolve(eventTypes(), name); err != nil {
			return err
		}
	}
	return nil
}

// forward follows the feed until it is interrupted. A page's cursor is kept when all of it was answered.
func (l listening) forward(s *session, state *listener, to *forwarder) error {
	q := url.Values{"type": {"MessageAccepted,RetryRequested"}}
	if state.Cursor == "" && state.Since != "" {
		q.Set("since", state.Since)
	}
	f, err := s.feed(q, state.Cursor)
	if err != nil {
		return err
	}
	if err := f.follow(s.ctx, func(events []jsontext.Value, next string) error {
		done, err := l.page(s, state, to, events)
		if err != nil || s.ctx.Err() != nil {
			return errors.Join(err, state.keep(f.cursor, append(state.Done, done...)))
		}
		return state.keep(next, nil)
	}); err != nil {
		return err
	}
	s.tell("%s", to.summary())
	return nil
}

// page forwards what a page has for this listener, several at once. It gives the events that are done with.
func (l listening) page(s *session, state *listener, to *forwarder, events []jsontext.Value) ([]string, error) {
	var mu sync.Mutex
	var done []string
	var failure error
	var workers sync.WaitGroup
	places := make(chan struct{}, l.atOnce)
	retried := map[string]bool{}
	for _, raw := range events {
		e, err := readLive(raw)
		if err != nil {
			return done, err
		}
		again := e.Type == "RetryRequested"
		if slices.Contains(state.Done, e.ID) || !l.wantsEvent(e) || again && retried[e.MessageID] {
			continue
		}
		retried[e.MessageID] = retried[e.MessageID] || again
		select {
		case places <- struct{}{}:
		case <-s.ctx.Done():
		}
		if s.ctx.Err() != nil {
			break
		}
		workers.Add(1)
		go func() {
			defer workers.Done()
			defer func() { <-places }()
			err := l.one(s, to, e)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				done = append(done, e.ID)
			}
			failure = errors.Join(failure, err)
		}()
	}
	workers.Wait()
	if s.ctx.Err() != nil {
		failure = nil // what was interrupted comes again
	}
	return done, failure
}

func (l listening) wantsEvent(e liveEvent) bool {
	if len(l.types) > 0 && !slices.Contains(l.types, e.EventType) {
		return false
	}
	return l.user == "" || e.UserID == l.user || e.UserID == "" && e.Type == "MessageAccepted"
}

// one forwards one message.
func (l listening) one(s *session, to *forwarder, e liveEvent) error {
	for {
		m, err := s.message(e.MessageID) // its payload byte for byte, which the feed's is not
		switch {
		case err == nil:
			return to.forward(s.ctx, m)
		case ExitCode(err, false) == ExitNotFound:
			return nil
		case !api.Passing(err):
			return err
		}
		if err := api.Wait(s.ctx, awayFirst); err != nil {
			return err
		}
	}
}

// greet tells what listens how.
func (l listening) greet(s *session, to string, state *listener) {
	from := "from now on"
	switch {
	case state.Cursor != "":
		from = "from where it stopped at " + output.At(state.Kept)
	case state.Since != "":
		from = "since " + state.Since
	}
	if s.json {
		o := newObject()
		o.set("forward_to", text(to))
		o.set("secret", text(state.Secret))
		o.set("from", text(from))
		_ = output.JSONLine(s.err, o.value()) // if nobody reads it, nobody needs it
		return
	}
	s.tell("forwarding to %s, %s\nsecret %s", output.Line(to, 200), from, state.Secret)
}

// forwardLimit is how long a program may take to answer, as in production.
const forwardLimit = 15 * time.Second

// forwarder makes requests as production does, and shows what was answered.
type forwarder struct {
	s       *session
	to      string
	secret  []byte
	retries int
	http    *http.Client

	mu            sync.Mutex
	seen          map[string]bool
	waiting       bool // nothing listens there
	came, refused int
}

func (f *forwarder) summary() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return fmt.Sprintf("%s forwarded, %d not answered with 2xx", counted(f.came, "message"), f.refused)
}

// forward sends a message until the program has answered. It fails only if it is interrupted.
func (f *forwarder) forward(ctx context.Context, m message) error {
	body := m.webhook()
	for attempt := 0; ; {
		a := f.attempt(ctx, m.ID, body)
		if ctx.Err() != nil && a.Error != "" {
			return ctx.Err()
		}
		if a.refusedConnection {
			f.nobodyThere()
			if err := api.Wait(ctx, time.Second/2); err != nil {
				return err
			}
			continue
		}
		f.show(m, a)
		if a.ok() || attempt == f.retries {
			return nil
		}
		if err := api.Wait(ctx, api.Doubled(time.Second, time.Minute, attempt)); err != nil {
			return err
		}
		attempt++
	}
}
