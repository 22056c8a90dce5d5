package projections

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/go-json-experiment/json"

	"webplug/domain/eventlog"
)

// generationPlan is which generations are written, where many processes write them: a row that each reads with each batch. Without one,
// the current generation is.
type generationPlan struct {
	Last     Generation   `json:"last"`             // that was made last: no number is used twice
	Writing  []Generation `json:"writing"`          // also those that are not current
	Filling  Generation   `json:"filling,omitzero"` // is made from the log; 0 is none
	Since    time.Time    `json:"since,omitzero"`   // when that began to be written
	Until    time.Time    `json:"until,omitzero"`   // when what was current before is written no more
	Job      string       `json:"job,omitzero"`     // that fills
	Dropping []dropping   `json:"dropping,omitempty"`

	version eventlog.Version
}

// dropping is a generation that is to be dropped, once nobody can be writing or reading it.
type dropping struct {
	Generation Generation `json:"generation"`
	After      time.Time  `json:"after"`
}

// ViewPlan has the one row that is the plan.
const (
	ViewPlan View   = "plan"
	planID   string = "plan"
)

func readPlan(ctx context.Context, v Views) (p generationPlan, err error) {
	row, err := v.Get(ctx, Beside, ViewPlan, planID)
	if errors.Is(err, ErrNoRow) {
		return p, nil
	}
	if err == nil {
		err = json.Unmarshal(row.Body, &p)
	}
	if err != nil {
		return p, fmt.Errorf("read which generations are written: %w", err)
	}
	p.version = row.Version
	return p, nil
}

// errOtherPlan says that another process has changed the plan meanwhile.
var errOtherPlan = fmt.Errorf("another has changed which generations are written: %w", eventlog.ErrUnavailable)

// write changes the plan that was read. Of two that do so at once one is told errOtherPlan.
func (p *generationPlan) write(ctx context.Context, v Views) error {
	body, err := json.Marshal(p, json.Deterministic(true))
	if err != nil {
		return err
	}
	if err := v.Apply(ctx, Beside, []Row{{View: ViewPlan, ID: planID, Version: p.version + 1, Body: body}}, 0); err != nil {
		return fmt.Errorf("write which generations are written: %w", err)
	}
	p.version++
	row, err := v.Get(ctx, Beside, ViewPlan, planID)
	if err != nil {
		return fmt.Errorf("write which generations are written: %w", err)
	}
	if row.Version != p.version || string(row.Body) != string(body) {
		return errOtherPlan
	}
	return nil
}

// planned are all that are to be written now, the current one first; those of another format than this program's are left
// out.
func (b *Batches) planned(ctx context.Context) ([]Generation, error) {
	p, err := readPlan(ctx, b.views)
	if err != nil {
		return nil, err
	}
	current, err := b.views.Current(ctx)
	if err != nil {
		return nil, err
	}
	all := []Generation{current}
	for _, g := range p.Writing {
		if g != current {
			all = append(all, g)
		}
	}
	all = slices.DeleteFunc(all, func(g Generation) bool { return g.format() != rowFormat })
	if len(all) == 0 {
		return nil, errNoGeneration
	}
	return all, nil
}
