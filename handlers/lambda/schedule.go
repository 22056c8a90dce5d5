package lambda

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"webplug/domain/eventlog"
)

// Step is one of the things that a schedule does each time. It is repeatable, does what it can until its context ends, and
// goes on with the rest the next time; two at once do nothing twice.
type Step struct {
	Name string
	Do   func(context.Context) error
}

// Schedule does all steps with each invocation, side by side, so that none waits for another. What it is handed does not
// matter. https://docs.aws.amazon.com/scheduler/latest/UserGuide/what-is-scheduler.html
type Schedule struct {
	Steps  []Step
	Logger *slog.Logger
}

// scheduleReserve is kept of an invocation's time, so that what is under way can be ended in good order.
const scheduleReserve = 3 * time.Second

// Handle does the steps. An error says that one has failed, and which; the others are done all the same.
func (s *Schedule) Handle(ctx context.Context) error {
	ctx, cancel := endingBefore(ctx, scheduleReserve)
	defer cancel()
	return errors.Join(sideBySide(s.Steps, func(step Step) error { return s.do(ctx, step) })...)
}

// do does one step. That its time is over is no failure: it goes on the next time.
func (s *Schedule) do(ctx context.Context, step Step) (err error) {
	defer caught(&err, s.Logger, "step", step.Name)
	err = step.Do(ctx)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		s.Logger.Info("a step of the schedule goes on the next time", "step", step.Name)
		return nil
	case errors.Is(err, eventlog.ErrUnavailable):
		s.Logger.Warn("a step of the schedule is done the next time", "step", step.Name, "error", err)
	default:
		s.Logger.Error("a step of the schedule has failed", "step", step.Name, "error", err)
	}
	return fmt.Errorf("%s: %w", step.Name, err)
}
