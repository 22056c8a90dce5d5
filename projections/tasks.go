package projections

import (
	"context"
	"time"
)

// Task is what dispatch leaves to somebody who has more time: it may take longer than a batch of the log's stream may wait,
// or be throttled. It names what it is about; what is to be done the log says.
type Task struct {
	Kind    TaskKind `json:"kind"`
	Service string   `json:"service"`
	// ID is an endpoint, an event type, or a message, as the kind has it.
	ID string `json:"id"`
	// First says of a message that its event type's first topic does not have it yet.
	First bool `json:"first,omitzero"`
	// Drift asks to look also at what seems well.
	Drift bool `json:"drift,omitzero"`
	// At is when, not before; zero is at once.
	At time.Time `json:"at,omitzero"`
	// Tries is how often it was put off.
	Tries int `json:"tries,omitzero"`
}

// TaskKind says what a task is.
type TaskKind string

// The kinds.
const (
	TaskReconcile TaskKind = "reconcile" // topics and subscriptions of an endpoint or an event type, as the log wants them
	TaskPublish   TaskKind = "publish"   // a message whose topic did not stand, or did not take it
	TaskRoute     TaskKind = "route"     // a message whose audience is larger than one event takes
)

// Tasks keeps tasks for whoever does them (Worker), at least once, in any order, and maybe earlier than their At: then they
// are handed on again. Nil says that all are kept; with an error some may be. The contract is infra/contract.Tasks.
type Tasks interface {
	Ask(context.Context, ...Task) error
}
