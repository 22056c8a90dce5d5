package projections

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json"

	"webplug/domain"
	"webplug/domain/eventlog"
)

// A route is what publishing must know of one subscription, as a notice of its endpoint's row: who publishes reads a list
// of notices and no rows. It is listed by type and user, for messages to one user (so that a service's routes lie in many
// partitions), and by type alone, for those to all.

// Names of lists of notices.
func listRoutes(service, eventType, user string) string {
	return "routes/" + service + "/" + eventType + "/" + user
}
func listAllRoutes(service, eventType string) string { return "routes/" + service + "/" + eventType }
func listArchivedUsers(service string) string        { return "archived/" + service }

// endpointRoutes gives an endpoint's notices. Each says all of the endpoint but its other subscriptions.
func endpointRoutes(e domain.Endpoint) ([]Notice, error) {
	row := NewEndpointRow(e)
	subscriptions := row.Subscriptions
	out := make([]Notice, 0, 2*len(subscriptions))
	for _, s := range subscriptions {
		row.Subscriptions = []SubscriptionRow{s}
		data, err := json.Marshal(row)
		if err != nil {
			return nil, err
		}
		out = append(out,
			Notice{Entry{listRoutes(e.Service, s.EventTypeID, e.UserID), e.ID}, string(data)},
			Notice{Entry{listAllRoutes(e.Service, s.EventTypeID), e.UserID + "/" + e.ID}, string(data)})
	}
	return out, nil
}

// archivedUser tells who publishes to all that a user is out.
func archivedUser(service string, u domain.User) []Notice {
	if !u.Archived() {
		return nil
	}
	// A stamp of text and time always can be.
	data, _ := json.Marshal(domain.Stamp{By: u.ArchivedBy, At: u.ArchivedAt})
	return []Notice{{Entry{listArchivedUsers(service), u.ID}, string(data)}}
}

// routes reads who may get a message, consistently.
type routes struct {
	views Views
	*pointer
}

func newRoutes(v Views, now eventlog.Clock) *routes {
	return &routes{views: v, pointer: newPointer(v, now)}
}

// Candidates gives endpoints behind a place, in order (the port of that name). Those of archived users are marked only for
// "": who publishes to one user has looked at that user.
func (r *routes) Candidates(ctx context.Context, service, eventType, user, after string, limit int) ([]domain.Candidate, bool, error) {
	g, err := r.current(ctx)
	if err != nil {
		return nil, false, err
	}
	q := ListQuery{View: ViewEndpoints, List: listAllRoutes(service, eventType), Limit: limit + 1}
	if user != "" {
		q.List = listRoutes(service, eventType, user)
		_, after, _ = strings.Cut(after, "/")
	}
	if after != "" {
		q.From = after + "\x00"
	}
	var out []domain.Candidate
	err = r.each(ctx, g, q, func(n Noticed) error {
		var row EndpointRow
		if err := json.Unmarshal([]byte(n.Data), &row); err != nil {
			return fmt.Errorf("route %s of %s: %w", n.Sort, q.List, err)
		}
		e := row.endpoint()
		if s, ok := e.Subscription(eventType); ok {
			out = append(out, domain.Candidate{Endpoint: e, Subscription: s})
		}
		if len(out) > limit {
			return errEnough
		}
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return nil, false, err
	}
	more := len(out) > limit
	out = out[:min(len(out), limit)]
	if user != "" || len(out) == 0 {
		return out, more, nil
	}
	return out, more, r.markArchived(ctx, g, service, out)
}

// markArchived marks candidates that are in order.
func (r *routes) markArchived(ctx context.Context, g Generation, service string, candidates []domain.Candidate) error {
	archived := map[string]domain.Stamp{}
	q := ListQuery{
		View: ViewUsers, List: listArchivedUsers(service), Limit: 1000,
		From: candidates[0].Endpoint.UserID, To: candidates[len(candidates)-1].Endpoint.UserID + "\x00",
	}
	err := r.each(ctx, g, q, func(n Noticed) error {
		var stamp domain.Stamp
		if err := json.Unmarshal([]byte(n.Data), &stamp); err != nil {
			return fmt.Errorf("archived user %s: %w", n.Sort, err)
		}
		archived[n.Sort] = stamp
		return nil
	})
	for i := range candidates {
		candidates[i].UserArchived = archived[candidates[i].Endpoint.UserID]
	}
	return err
}

// noticesBytes is what a part of a list of notices has at most, so that a part that has less, of rows too, is the last.
const noticesBytes = 1 << 20

func (r *routes) each(ctx context.Context, g Generation, q ListQuery, visit func(Noticed) error) error {
	for q.MaxBytes = noticesBytes; ; {
		part, err := r.views.Notices(ctx, g, q)
		if err != nil {
			return err
		}
		size := 0
		for _, n := range part {
			if err := visit(n); err != nil {
				return err
			}
			q.From = n.Sort + "\x00"
			size += len(n.Sort) + len(n.Data)
		}
		if len(part) < q.Limit && size < q.MaxBytes {
			return nil
		}
	}
}

// routing says which row routing waits for after a command on a stream: where nothing of it is routed by, none.
func routing(s eventlog.Stream) (View, bool) {
	switch kindOf(s) {
	case kindEndpoint:
		return ViewEndpoints, true
	case kindUser:
		return ViewUsers, true
	default:
		return "", false
	}
}
