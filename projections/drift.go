package projections

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"webplug/domain"
	"webplug/domain/eventlog"
)

// Drift has reconcile look at what nobody rings for: handshakes that are under way, since SNS tells nobody of a confirmation,
// each minute; and everything that SNS has, once an hour, since somebody may have changed it there.
type Drift struct {
	Views   Views
	Queries *Queries
	Tasks   Tasks
	Now     eventlog.Clock
}

const (
	// driftPage is how many endpoints are asked for at once.
	driftPage = 200
	driftID   = "drift"
)

// driftAt is where the hour's round is: the lists of endpoints, by name, up to and within one.
type driftAt struct {
	Begun time.Time `json:"begun"`
	List  string    `json:"list,omitzero"` // whose endpoints are asked for; "" where the round is done
	Sort  string    `json:"sort,omitzero"` // the last one
}

// Unsettled asks for the endpoints that reconcile is not done with.
func (d *Drift) Unsettled(ctx context.Context) error {
	at, err := d.Queries.fresh(ctx)
	if err != nil {
		return err
	}
	defer at.release()
	var tasks []Task
	err = at.walk(ctx, ListQuery{View: ViewEndpoints, List: listUnsettled(), Limit: driftPage}, func(l Listed) error {
		var row EndpointRow
		if err := json.Unmarshal(l.Body, &row); err != nil {
			return fmt.Errorf("%s: %w", l.ID, err)
		}
		if d.due(row) {
			tasks = append(tasks, Task{Kind: TaskReconcile, Service: row.ServiceID, ID: row.ID, Tries: looksAfter})
		}
		return nil
	})
	if err == nil && len(tasks) > 0 {
		err = d.Tasks.Ask(ctx, tasks...)
	}
	return err
}

// due says whether it is time for a look at an endpoint: the longer nothing has happened there, the seldomer, each half an hour
// at last. It is asked once a minute.
func (d *Drift) due(row EndpointRow) bool {
	n := int(d.Now().Sub(row.UpdatedAt) / time.Minute)
	return n < 5 || n < 60 && n%5 == 0 || n%30 == 0
}

// All asks for everything, a part with each call, once an hour.
func (d *Drift) All(ctx context.Context) error {
	row, at, err := d.where(ctx)
	if err != nil {
		return err
	}
	now := d.Now()
	if at.List == "" && now.Sub(at.Begun) < driftEvery {
		return nil
	}
	if at.List == "" {
		at = driftAt{Begun: now.UTC()}
	}
	q, err := d.Queries.fresh(ctx)
	if err != nil {
		return err
	}
	defer q.release()
	for list, err := range q.views.Lists(ctx, q.generation, ViewEndpoints, "endpoints/") {
		if err != nil {
			return fmt.Errorf("list services' endpoints: %w", err)
		}
		if list < at.List {
			continue
		}
		if list != at.List {
			at.List, at.Sort = list, ""
			if err := d.types(ctx, q.Queries, list); err != nil {
				return err
			}
		}
		if row, err = d.list(ctx, q.Queries, row, &at); err != nil {
			return err
		}
	}
	at.List, at.Sort = "", ""
	_, err = d.note(ctx, row, at)
	return err
}

// list asks for the rest of a list of endpoints.
func (d *Drift) list(ctx context.Context, q *Queries, row Row, at *driftAt) (Row, error) {
	for {
		query := ListQuery{View: ViewEndpoints, List: at.List, Limit: driftPage}
		if at.Sort != "" {
			query.From = at.Sort + "\x00"
		}
		part, err := q.views.List(ctx, q.generation, query)
		if err != nil {
			return row, fmt.Errorf("read endpoints: %w", err)
		}
		var tasks []Task
		for _, l := range part {
			var e EndpointRow
			if err := json.Unmarshal(l.Body, &e); err != nil {
				return row, fmt.Errorf("%s: %w", l.ID, err)
			}
			if e.Format == domain.SNS && (e.RemovedAt == nil || d.Now().Sub(e.UpdatedAt) < 2*domain.HandshakeLife) {
				tasks = append(tasks, Task{Kind: TaskReconcile, Service: e.ServiceID, ID: e.ID, Drift: true, Tries: looksAfter})
			}
			at.Sort = l.Sort
		}
		if len(tasks) > 0 {
			err = d.Tasks.Ask(ctx, tasks...)
		}
		if err != nil || len(part) == 0 {
			return row, err
		}
		if row, err = d.note(ctx, row, *at); err != nil {
			return row, err
		}
	}
}

// types asks for a service's event types, whose topics serve all formats.
func (d *Drift) types(ctx context.Context, q *Queries, list string) error {
	service := strings.TrimPrefix(list, "endpoints/")
	var tasks []Task
	err := q.walk(ctx, ListQuery{View: ViewEventTypes, List: listEventTypes(service), Limit: driftPage}, func(l Listed) error {
		var t EventTypeRow
		if err := json.Unmarshal(l.Body, &t); err != nil {
			return fmt.Errorf("%s: %w", l.ID, err)
		}
		tasks = append(tasks, Task{Kind: TaskReconcile, Service: service, ID: t.ID, Drift: true, Tries: looksAfter})
		return nil
	})
	if err == nil && len(tasks) > 0 {
		err = d.Tasks.Ask(ctx, tasks...)
	}
	return err
}

func (d *Drift) where(ctx context.Context) (Row, driftAt, error) {
	row, err := d.Views.Get(ctx, Beside, ViewAwaited, driftID)
	if errors.Is(err, ErrNoRow) {
		return Row{}, driftAt{}, nil
	}
	var at driftAt
	if err == nil {
		err = json.Unmarshal(row.Body, &at)
	}
	return row, at, err
}

func (d *Drift) note(ctx context.Context, row Row, at driftAt) (Row, error) {
	body, err := json.Marshal(at)
	if err != nil {
		return row, err
	}
	row = Row{View: ViewAwaited, ID: driftID, Version: row.Version + 1, Body: body}
	return row, d.Views.Apply(ctx, Beside, []Row{row}, 0)
}
