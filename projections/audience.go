package projections

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"

	"webplug/domain"
	"webplug/domain/eventlog"
)

// audience finds out what concerns one user of a service: the user, its endpoints and what was sent to them, and the
// messages that are for the user or, as broadcasts, met one of its endpoints. It is for one query.
type audience struct {
	q             *Queries
	service, user string
	owners        map[string]string          // endpoint ▶ user
	messages      map[string]*domain.Message // by root
}

// rememberedMessages bounds the messages that one query keeps.
const rememberedMessages = 1000

func (q *Queries) audience(service, user string) *audience {
	return &audience{q, service, user, map[string]string{}, map[string]*domain.Message{}}
}

// owner is the user that an endpoint belongs to, for ever; "" if there is no such endpoint.
func (a *audience) owner(ctx context.Context, endpoint string) (string, error) {
	if user, ok := a.owners[endpoint]; ok {
		return user, nil
	}
	e, err := a.q.endpoint(ctx, a.service, endpoint)
	if err != nil {
		return "", err
	}
	a.owners[endpoint] = e.UserID
	return e.UserID, nil
}

// endpoint is an endpoint's row, or one made of the log where there is none yet.
func (q *Queries) endpoint(ctx context.Context, service, id string) (EndpointRow, error) {
	s := domain.EndpointStream(service, id)
	row, err := q.views.Get(ctx, q.generation, ViewEndpoints, s.String())
	switch {
	case errors.Is(err, ErrNoRow):
		loaded, err := eventlog.Load[domain.Endpoint](ctx, q.log, s)
		return NewEndpointRow(loaded.State), err
	case err != nil:
		return EndpointRow{}, err
	}
	var e EndpointRow
	return e, json.Unmarshal(row.Body, &e)
}

func (a *audience) owns(ctx context.Context, endpoint string) (bool, error) {
	owner, err := a.owner(ctx, endpoint)
	return owner == a.user && endpoint != "", err
}

// message is a message without its payload; it does not exist if nothing can be read of it.
func (a *audience) message(ctx context.Context, root string) (*domain.Message, error) {
	if m, ok := a.messages[root]; ok {
		return m, nil
	}
	loaded, err := eventlog.Load[domain.Message](ctx, a.q.log, domain.MessageStream(a.service, root))
	if err != nil && transient(err) {
		return nil, err
	}
	if len(a.messages) >= rememberedMessages {
		clear(a.messages)
	}
	loaded.State.Accepted.Payload = eventlog.Sealed{}
	a.messages[root] = &loaded.State
	return &loaded.State, nil
}

// concerns says whether an event of the journal is the user's to see.
func (a *audience) concerns(ctx context.Context, f Fact) (bool, error) {
	s := f.Stream(a.service)
	switch kindOf(s) {
	case kindUser:
		return f.Root == a.user, nil
	case kindEndpoint:
		return a.owns(ctx, f.Root)
	case kindDelivery:
		return a.owns(ctx, f.Leaf)
	case kindMessage:
		if f.UserID != "" {
			return f.UserID == a.user, nil
		}
		m, err := a.message(ctx, f.Root)
		if err != nil {
			return false, err
		}
		_, meets, err := a.part(ctx, m.Accepted)
		return meets, err
	case kindNone:
		if s.Leaf != "" && strings.HasPrefix(s.Root, domain.PrefixEndpoint) {
			return a.owns(ctx, f.Root)
		}
	case kindService, kindEventType, kindKey, kindJob:
	}
	return false, nil
}

// part is PartOf the user.
func (a *audience) part(ctx context.Context, m domain.MessageAccepted) (part domain.MessageAccepted, meets bool, err error) {
	return PartOf(m, a.user, func(endpoint string) (bool, error) { return a.owns(ctx, endpoint) })
}

// publishedPart is a publish as one user may see it.
func publishedPart(m domain.MessagePublished, owns func(endpoint string) (bool, error)) (domain.MessagePublished, error) {
	var failed error
	m.To = slices.DeleteFunc(slices.Clone(m.To), func(to domain.PublishedTo) bool {
		mine, err := owns(to.EndpointID)
		failed = errors.Join(failed, err)
		return !mine
	})
	return m, failed
}

// routedPart is a further chunk as one user may see it.
func routedPart(m domain.MessageRouted, owns func(endpoint string) (bool, error)) (domain.MessageRouted, error) {
	if m.UserID != "" {
		return m, nil
	}
	of := domain.MessageAccepted{Targets: m.Targets, Skipped: m.Skipped}
	part, _, err := PartOf(of, "", owns)
	m.Targets, m.Skipped, m.After, m.More = part.Targets, part.Skipped, "", ""
	return m, err
}

// PartOf is a chunk of a message as one user may see it, with the user's own endpoints alone. meets says whether the chunk
// is for the user: published to it, or to all users and met by one of its endpoints.
func PartOf(m domain.MessageAccepted, user string, owns func(endpoint string) (bool, error)) (part domain.MessageAccepted, meets bool, err error) {
	if m.UserID != "" {
		return m, m.UserID == user, nil
	}
	var failed error
	mine := func(endpoint string) bool {
		ok, err := owns(endpoint)
		failed = errors.Join(failed, err)
		return ok
	}
	m.More = "" // it names another's
	m.Targets = slices.DeleteFunc(slices.Clone(m.Targets), func(e string) bool { return !mine(e) })
	m.Skipped = slices.DeleteFunc(slices.Clone(m.Skipped), func(s domain.Skip) bool { return !mine(s.EndpointID) })
	return m, len(m.Targets)+len(m.Skipped) > 0, failed
}
