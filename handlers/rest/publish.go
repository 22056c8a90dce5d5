package rest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"webplug/domain"
	"webplug/domain/eventlog"
	"webplug/projections"
)

// publishing is a request to publish a message. Its payload is a part of the request's body, byte for byte.
type publishing struct {
	eventType string
	userID    string
	payload   jsontext.Value
}

// publish is the way that most requests take: it reads nothing from the log unless it has an Idempotency-Key.
func (a *API) publish(ctx context.Context, c *call) error {
	c.quiet = true
	p, err := c.decodePublishing()
	if err != nil {
		return err
	}
	key, err := c.idempotencyKey()
	if err != nil {
		return err
	}
	n, err := a.messageOf(c, key, p)
	if err != nil {
		return err
	}
	return a.accept(ctx, c, n, func() (domain.PublishMessage, error) { return a.routed(ctx, c, p) })
}

// messageOf is the message that a request is to make, alone or in a batch. key is its Idempotency-Key or "".
func (a *API) messageOf(c *call, key string, p publishing) (creation, error) {
	if key == "" {
		return creation{id: domain.PrefixMessage + a.NewID()}, nil
	}
	n, err := derived(domain.PrefixMessage, c.service.ID, c.own(key), nil, p.eventType, p.userID)
	n.payload = p.payload
	return n, err
}

// samePayload says whether a message bears the payload of a request that repeats its Idempotency-Key.
func (a *API) samePayload(ctx context.Context, m domain.Message, payload []byte) (bool, error) {
	stored, err := a.Log.Reveal(ctx, m.Accepted.Payload)
	if err != nil {
		return false, fmt.Errorf("open the payload of %s: %w", m.ID, err)
	}
	was, err := canonical(stored)
	is, err2 := canonical(payload)
	return was == is, errors.Join(err, err2)
}

// routed decides who gets a message.
func (a *API) routed(ctx context.Context, c *call, p publishing) (cmd domain.PublishMessage, err error) {
	if err := c.service.AcceptsCommands(); err != nil {
		return cmd, err
	}
	user := func() error { return nil }
	if p.userID != "" {
		user = func() error { return a.acceptsUser(ctx, c, p.userID) }
	}
	if a.Function { // each looks into the log, which is a network away: side by side
		accepted, look := make(chan error, 1), user
		go func() { accepted <- look() }()
		user = func() error { return <-accepted }
	}
	cmd.EventType, err = a.eventTypeNamed(ctx, c.service.ID, "event_type", p.eventType)
	if refused := user(); err != nil || refused != nil {
		return cmd, cmp.Or(err, refused)
	}
	if cmd.Schema, err = a.Directory.Schema(cmd.EventType); err != nil {
		return cmd, err
	}
	now := a.now()
	if cmd.Routed, err = projections.RouteFirst(ctx, a.Directory, c.service.ID, cmd.EventType.ID, p.userID, now); err != nil {
		return cmd, err
	}
	cmd.UserID, cmd.Payload = p.userID, p.payload
	cmd.PayloadKey = domain.PayloadKey(c.service.ID, p.userID, now)
	return cmd, nil
}

// accept appends a message and answers 202, or answers what the first request with its Idempotency-Key was answered.
func (a *API) accept(ctx context.Context, c *call, n creation, build func() (domain.PublishMessage, error)) error {
	m, err := a.acceptOnce(ctx, c, n, build)
	if err != nil {
		return err
	}
	c.did(domain.MessageStream(c.service.ID, n.id), 1)
	body := make([]byte, 0, 96+160*len(m.Accepted.Skipped))
	if body, err = appendAccepted(body, m); err != nil {
		return err
	}
	writeBody(c.Response(), http.StatusAccepted, "application/json", append(body, '\n'))
	return nil
}

// acceptOnce appends a message, or finds the one that the first request with its Idempotency-Key made. It is safe for
// concurrent use within a call.
func (a *API) acceptOnce(
	ctx context.Context, c *call, n creation, build func() (domain.PublishMessage, error),
) (domain.Message, error) {
	stream := domain.MessageStream(c.service.ID, n.id)
	message := eventlog.Loaded[domain.Message]{Stream: stream}
	if !n.fresh() {
		var err error
		if message, err = eventlog.Load[domain.Message](ctx, a.Log, stream); err != nil {
			return message.State, err
		}
	}
	if message.State.Exists() {
		if message.State.Accepted.Request != n.request {
			return message.State, reused()
		}
		return message.State, a.repeats(ctx, n, message.State)
	}
	cmd, err := build()
	if err != nil {
		return message.State, err
	}
	cmd.Request = n.request
	step := eventlog.On(stream, cmd).From(message).Into(&message)
	if n.fresh() {
		step = step.Fresh()
	}
	if err = eventlog.ExecuteAll(ctx, a.Log, c.cause, step); err == nil && !n.fresh() { // another may have been quicker
		err = a.repeats(ctx, n, message.State)
	}
	return message.State, err
}

// repeats refuses a request whose Idempotency-Key made a message with another payload.
func (a *API) repeats(ctx context.Context, n creation, m domain.Message) error {
	if n.payload == nil {
		return nil
	}
	same, err := a.samePayload(ctx, m, n.payload)
	if err == nil && !same {
		err = reused()
	}
	return err
}

// appendAccepted writes what became of a message: by hand, since nothing is answered as often.
func appendAccepted(body []byte, m domain.Message) ([]byte, error) {
	body = append(body, `{"id":"`...)
	body = append(body, m.ID...)
	body = append(body, `","deliveries":`...)
	body = strconv.AppendInt(body, int64(len(m.Accepted.Targets)), 10)
	body = append(body, `,"skipped":`...)
	if len(m.Accepted.Skipped) == 0 {
		body = append(body, `[]`...)
	} else {
		skipped, err := json.Marshal(m.Accepted.Skipped)
		if err != nil {
			return nil, err
		}
		body = append(body, skipped...)
	}
	if m.Accepted.More != "" {
		body = append(body, `,"more":true`...)
	}
	return append(body, '}'), nil
}

// decodePublishing reads the body.
func (c *call) decodePublishing() (publishing, error) {
	var body struct {
		EventType string  `json:"event_type"`
		UserID    *string `json:"user_id"`
		Payload   inPlace `json:"payload"`
	}
	if err := c.decode(&body); err != nil {
		return publishing{}, err
	}
	return c.newPublishing(body.EventType, body.UserID, c.body[body.Payload.start:body.Payload.end])
}

func (c *call) newPublishing(eventType string, user *string, payload []byte) (publishing, error) {
	p := publishing{eventType: eventType, payload: payload}
	if user != nil {
		// An empty variable of the caller's must not send one customer's message to all.
		if p.userID = *user; p.userID == "" {
			return p, domain.Refuse(domain.Invalid, "user_id", "is empty; leave it out to publish to all users")
		}
	}
	return p, c.ownUser(p.userID)
}

// inPlace is a JSON value that is left where it lies in the body: neither copied nor touched.
type inPlace struct{ start, end int64 }

// UnmarshalJSONFrom notes the place of the next value.
func (p *inPlace) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	v, err := dec.ReadValue()
	p.end = dec.InputOffset()
	p.start = p.end - int64(len(v))
	return err
}
