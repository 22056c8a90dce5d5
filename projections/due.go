package projections

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"webplug/domain/eventlog"
)

// errNotRecorded is why a delivery is set aside by dispatch.
var errNotRecorded = errors.New("the outcome of an attempt could not be recorded; the log says why")

// Due is a planned attempt.
type Due struct {
	Service, Message, Endpoint string // Message is the root of the chunk that the delivery is in
	Plan                       eventlog.Version
	At                         time.Time
}

// Due lists an endpoint's planned attempts, the earliest first.
func (q *Queries) Due(ctx context.Context, service, endpoint string, limit int) ([]Due, error) {
	at, err := q.fresh(ctx)
	if err != nil {
		return nil, err
	}
	defer at.release()
	var out []Due
	err = at.walk(ctx, ListQuery{View: ViewDeliveries, List: listDue(service, endpoint), Limit: limit}, func(l Listed) error {
		var row DeliveryRow
		if err := json.Unmarshal(l.Body, &row); err != nil {
			return fmt.Errorf("%s: %w", l.ID, err)
		}
		out = append(out, Due{service, rootOf(l), endpoint, row.Plan, value(row.NextAttemptAt)})
		if len(out) == limit {
			return errEnough
		}
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return nil, fmt.Errorf("read due rows: %w", err)
	}
	return out, nil
}

// DueEndpoints lists the endpoints that have planned attempts.
func (q *Queries) DueEndpoints(ctx context.Context) ([]Lane, error) {
	at, err := q.fresh(ctx)
	if err != nil {
		return nil, err
	}
	defer at.release()
	var out []Lane
	for name, err := range at.views.Lists(ctx, at.generation, ViewDeliveries, "due/") {
		if err != nil {
			return nil, fmt.Errorf("read due lists: %w", err)
		}
		service, endpoint, ok := strings.Cut(strings.TrimPrefix(name, "due/"), "/")
		if !ok {
			return nil, fmt.Errorf("due list %q: %w", name, eventlog.ErrDamaged)
		}
		out = append(out, Lane{service, endpoint})
	}
	return out, nil
}
