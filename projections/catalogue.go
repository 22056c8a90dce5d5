package projections

import (
	"context"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"webplug/domain"
	"webplug/domain/eventlog"
)

// kind is which aggregate a stream holds.
type kind int

const (
	kindNone kind = iota // reservations of names, readings of secrets: nothing is made of them
	kindService
	kindUser
	kindEventType
	kindEndpoint
	kindKey
	kindMessage
	kindDelivery
	kindJob
)

func kindOf(s eventlog.Stream) kind {
	switch {
	case s.Leaf != "" && strings.HasPrefix(s.Root, domain.PrefixMessage):
		return kindDelivery
	case s.Leaf != "": // readings of a secret
		return kindNone
	case strings.HasPrefix(s.Root, domain.PrefixMessage):
		return kindMessage
	case s.Root == "service":
		return kindService
	case strings.HasPrefix(s.Root, domain.PrefixUser):
		return kindUser
	case strings.HasPrefix(s.Root, domain.PrefixEventType):
		return kindEventType
	case strings.HasPrefix(s.Root, domain.PrefixEndpoint):
		return kindEndpoint
	case strings.HasPrefix(s.Root, domain.PrefixKey):
		return kindKey
	case strings.HasPrefix(s.Root, domain.PrefixJob):
		return kindJob
	}
	return kindNone
}

// timeKey sorts as the time does, to the microsecond.
func timeKey(t time.Time) string { return t.UTC().Format("20060102T150405.000000") }

// Names of lists.
func listServices() string                        { return "services" }
func listKeys() string                            { return "keys" }
func listUsers(service string) string             { return "users/" + service }
func listExternalIDs(service string) string       { return "external/" + service }
func listEventTypes(service string) string        { return "types/" + service }
func listEndpoints(service string) string         { return "endpoints/" + service }
func listEndpointsOf(service, user string) string { return "of/" + service + "/" + user }
func listSubscribed(service, eventType string) string {
	return "subscribed/" + service + "/" + eventType
}

// catalogueRow makes the row of an aggregate that is changed by commands, and seldom: its stream is folded anew, so that
// lost, repeated and reordered events make no difference. The directory learns of it; nil is none.
func catalogueRow(ctx context.Context, l *eventlog.Log, s eventlog.Stream, d *Directory) ([]Row, error) {
	switch kindOf(s) {
	case kindService:
		return rowOf(ctx, l, s, func(v domain.Service) (any, Row, error) {
			d.putService(v)
			return NewServiceRow(v), Row{View: ViewServices, ID: v.ID, Lists: []Entry{{listServices(), byCreation(v.CreatedAt, v.ID)}}}, nil
		})
	case kindUser:
		return rowOf(ctx, l, s, func(v domain.User) (any, Row, error) {
			d.putUser(s.Service, v)
			lists := []Entry{{listUsers(s.Service), byCreation(v.CreatedAt, v.ID)}}
			if v.ExternalID != "" {
				lists = append(lists, Entry{listExternalIDs(s.Service), v.ExternalID + "\x00" + v.ID})
			}
			if !v.Archived() {
				lists = append(lists, named(s.Service, v.ID, v.Name, v.ExternalID)...)
			}
			return NewUserRow(s.Service, v), Row{View: ViewUsers, ID: s.String(), Lists: lists, Notices: archivedUser(s.Service, v)}, nil
		})
	case kindEventType:
		return rowOf(ctx, l, s, func(v domain.EventType) (any, Row, error) {
			d.putEventType(s.Service, v)
			lists := []Entry{{listEventTypes(s.Service), byCreation(v.CreatedAt, v.ID)}}
			if !v.Archived() {
				lists = append(lists, named(s.Service, v.ID, v.Name)...)
			}
			return NewEventTypeRow(s.Service, v), Row{View: ViewEventTypes, ID: s.String(), Lists: lists}, nil
		})
	case kindEndpoint:
		return rowOf(ctx, l, s, func(v domain.Endpoint) (any, Row, error) {
			d.putEndpoint(v)
			routes, err := endpointRoutes(v)
			return NewEndpointRow(v), Row{View: ViewEndpoints, ID: s.String(), Lists: endpointLists(v), Notices: routes}, err
		})
	case kindKey:
		return rowOf(ctx, l, s, func(v domain.APIKey) (any, Row, error) {
			d.putKey(v)
			return NewKeyRow(v), Row{View: ViewKeys, ID: v.ID, Lists: []Entry{{listKeys(), byCreation(v.CreatedAt, v.ID)}}}, nil
		})
	default: // messages and deliveries are folded elsewhere, and of reservations nothing is read
		return nil, nil
	}
}

func endpointLists(e domain.Endpoint) []Entry {
	sort := byCreation(e.CreatedAt, e.ID)
	lists := []Entry{{listEndpoints(e.Service), sort}, {listEndpointsOf(e.Service, e.UserID), sort}}
	for _, s := range e.Subscriptions {
		lists = append(lists, Entry{listSubscribed(e.Service, s.EventTypeID), sort})
	}
	if !e.Removed() {
		lists = append(lists, named(e.Service, e.ID, address(e.URL))...)
	}
	if e.Unsettled() {
		lists = append(lists, Entry{listUnsettled(), e.Service + "/" + e.ID})
	}
	return lists
}

// listUnsettled has the endpoints that reconcile is not done with, of all services.
func listUnsettled() string { return "unsettled" }

func byCreation(at time.Time, id string) string { return timeKey(at) + "/" + id }

func rowOf[S eventlog.State[S]](ctx context.Context, l *eventlog.Log, s eventlog.Stream, make func(S) (any, Row, error)) ([]Row, error) {
	loaded, err := eventlog.Load[S](ctx, l, s)
	if err != nil {
		return nil, err
	}
	body, row, err := make(loaded.State)
	if err != nil {
		return nil, err
	}
	row.Version = loaded.Version
	if row.Body, err = json.Marshal(body); err != nil {
		return nil, err
	}
	return []Row{row}, nil
}
