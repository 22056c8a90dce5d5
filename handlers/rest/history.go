package rest

import (
	"context"
	"encoding/hex"
	"errors"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"webplug/domain"
	"webplug/domain/eventlog"
	"webplug/projections"
)

// eventAnswer is an event of the log as the API shows it.
type eventAnswer struct {
	ID            string           `json:"id"`
	Stream        string           `json:"stream"`
	Version       eventlog.Version `json:"version"`
	Type          string           `json:"type"`
	Time          time.Time        `json:"time"`
	Actor         string           `json:"actor"`
	ActorName     string           `json:"actor_name"`
	CorrelationID string           `json:"correlation_id"`
	CausationID   string           `json:"causation_id"`
	Data          jsontext.Value   `json:"data"`
	Hash          string           `json:"hash"`
}

// serviceHistory is the audit query over one service's events.
func (a *API) serviceHistory(ctx context.Context, c *call) error {
	return a.historyOf(ctx, c, c.service.ID)
}

// history is the audit query over everything.
func (a *API) history(ctx context.Context, c *call) error { return a.historyOf(ctx, c, "") }

func (a *API) historyOf(ctx context.Context, c *call, service string) error {
	q := c.query()
	filter := projections.HistoryFilter{Stream: q.text("stream"), Actor: q.text("actor"), Audience: c.caller.user()}
	filter.Type = word(q, "type", a.Log.Registry().Names()...)
	if filter.Stream != "" {
		if _, err := eventlog.ParseStream(filter.Stream); err != nil {
			q.refuse("stream", "is not a stream's name")
		}
	}
	filter.Since, filter.Until = q.span()
	filter.NewestFirst = word(q, "order", "oldest", "newest") == "newest"
	request := q.page()
	if err := a.settle(ctx, c, q); err != nil {
		return err
	}
	page, err := a.Queries.History(ctx, service, filter, request)
	if err != nil {
		return err
	}
	return list(c, page, a.events(ctx, c).show)
}

// events shows events to one caller, and remembers who did them.
type events struct {
	ctx   context.Context
	api   *API
	opens bool   // payloads and answers
	user  string // whose part the caller sees alone
	names map[string]string
}

func (a *API) events(ctx context.Context, c *call) *events {
	return &events{ctx, a, c.caller.has(domain.ScopeRead), c.caller.user(), map[string]string{}}
}

func (v *events) show(r eventlog.Recorded) (eventAnswer, error) {
	name, err := v.nameOf(r.Actor)
	if err != nil {
		return eventAnswer{}, err
	}
	data, err := v.data(r.Event)
	return eventAnswer{
		ID: r.ID, Stream: r.Stream.String(), Version: r.Version, Type: r.Event.EventType(), Time: r.Time,
		Actor: r.Actor, ActorName: name, CorrelationID: r.CorrelationID, CausationID: r.CausationID,
		Data: data, Hash: hex.EncodeToString(r.Hash[:]),
	}, err
}

// nameOf is who an actor is: a key's holder; the admin and components have their own names. To a key of one user, the
// holders of other keys have none.
func (v *events) nameOf(actor string) (string, error) {
	if !domain.ValidID(domain.PrefixKey, actor) {
		return actor, nil
	}
	if name, ok := v.names[actor]; ok {
		return name, nil
	}
	key, err := v.api.Directory.Key(v.ctx, actor)
	if err != nil {
		return "", err
	}
	v.names[actor] = key.ActorName()
	if v.user != "" && key.UserID != v.user {
		v.names[actor] = actor
	}
	return v.names[actor], nil
}

// sealedText stands for a field that the caller is not shown.
const sealedText = `"sealed"`

// data is the event's own JSON with its sealed fields beside the others.
func (v *events) data(e eventlog.Event) (jsontext.Value, error) {
	data, err := json.Marshal(e, json.Deterministic(true))
	if err != nil {
		return nil, err
	}
	for name, field := range v.api.Log.Registry().FieldsOf(e) {
		shown, err := v.reveal(name, field)
		if err != nil {
			return nil, err
		}
		data = data[:len(data)-1]
		if len(data) > 1 {
			data = append(data, ',')
		}
		data = append(data, `"`+name+`":`...)
		data = append(append(data, shown...), '}')
	}
	return data, nil
}

// reveal shows a payload as the JSON that it is, an endpoint's answer as text, and anything else as sealed. So it does
// what cannot be opened any more: a key that was erased must not take the history with it.
func (v *events) reveal(name string, field eventlog.Sealed) ([]byte, error) {
	if !v.opens || (name != "payload" && name != "answer") {
		return []byte(sealedText), nil
	}
	plain, err := v.api.Log.Reveal(v.ctx, field)
	switch {
	case errors.Is(err, eventlog.ErrSealed):
		return []byte(sealedText), nil
	case err != nil:
		return nil, err
	case name == "payload":
		return plain, nil
	}
	return jsontext.AppendQuote(nil, strings.ToValidUTF8(string(plain), "\uFFFD"))
}
