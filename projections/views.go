// Package projections turns the event log into what is read and what is done: read models that answer queries, and the
// dispatch of deliveries. It knows ports, never a technology.
package projections

import (
	"context"
	"errors"
	"iter"
	"strings"
	"time"

	"webplug/domain/eventlog"
)

// View names a read model.
type View string

// The read models.
const (
	ViewServices   View = "services"
	ViewUsers      View = "users"
	ViewEventTypes View = "types"
	ViewEndpoints  View = "endpoints"
	ViewKeys       View = "keys"
	ViewDeliveries View = "deliveries" // those that are not delivered, discarded or skipped
	ViewJournal    View = "journal"
	ViewStuck      View = "stuck"
	ViewJobs       View = "jobs"
	ViewKeyUses    View = "uses" // beside the log, in the generation 0
)

// Row is one row of a read model: a pure function of one stream, as of a version of it.
type Row struct {
	View    View
	ID      string           // unique within the view
	Version eventlog.Version // of the source stream; a row of an older version never replaces it
	Body    []byte           // JSON; nil where the row is taken away
	Lists   []Entry          // where the row is found
	Notices []Notice         // what it tells readers of lists
	// Expires is from when on the row may be forgotten, as if it had never been; zero is never. A store need not forget.
	Expires time.Time
	// Fresh vouches that no other row of this id was ever written to this generation: an older one need not be looked for.
	Fresh bool
	// New says that there is hardly another row of this id: a store for which looking costs something may write first, and
	// look only where there is one.
	New bool
}

// Entry puts a row into an ordered list. Sort keys are compared byte by byte and are unique within a list.
type Entry struct {
	List string // "users/svc_1"
	Sort string
}

// Notice is an entry that says itself what its readers need, so that they read the list and no rows (Views.Notices). A row
// may change what its notices say, but never takes one away.
type Notice struct {
	Entry
	Data string
}

// Busy says whether a list may take a write for each message of a service: a store whose partitions are bounded spreads
// it. The journal's lists take one for each page, which is hundreds of messages where there are many.
func Busy(list string) bool {
	kind, _, _ := strings.Cut(list, "/")
	return kind == "status" || kind == "dead" || kind == "planned"
}

// Lasting says of a kind that is Named that its lists are never empty again: no row of theirs is ever taken away.
func Lasting(kind string) bool { return kind == "hours" }

// Named says whether Views.Lists answers the names of lists of a kind: "due" is the kind of "due/svc_1/ep_2". A store may
// have to write them down.
func Named(kind string) bool {
	switch kind {
	case "due", "hours", "endpoints":
		return true
	}
	return false
}

// Generation counts how often the read models were made anew. Rows of different generations do not see each other.
type Generation uint64

// ErrNoRow says that a view has no such row.
var ErrNoRow = errors.New("no such row")

// ListQuery asks for a part of a list.
type ListQuery struct {
	View     View
	List     string
	From, To string // sort keys at or after From and before To; "" is open
	Backward bool   // from the greatest sort key down
	Limit    int    // rows, 1 or more
	MaxBytes int    // stop after the row that reaches it; 0 is 1 MB
}

// Listed is a row as a list gives it.
type Listed struct {
	Row
	Sort string
}

// Noticed is a notice as a list gives it.
type Noticed struct {
	Sort    string
	Version eventlog.Version // of the row that says so
	Data    string
}

// Views keeps rows. All methods are safe for concurrent use. The contract is infra/contract.Views.
type Views interface {
	// Apply writes rows, and the checkpoint with them or after them. A row whose stored version is the same or newer is left
	// as it is, its lists too; one that is taken away leaves its version behind, so that an older row does not bring it back.
	// Notices are there no later than their row. It need not be durable by itself: after a crash it may be as if it had
	// not been, all of it; but what is Beside the log is durable when this returns. What failed may be written in part, and is
	// repeated. A position of 0 leaves the checkpoint as it is.
	Apply(context.Context, Generation, []Row, eventlog.Position) error
	// Get gives a row, or ErrNoRow. It sees every Apply before it, as do the others.
	Get(context.Context, Generation, View, string) (Row, error)
	// List gives a part of a list in order.
	List(context.Context, Generation, ListQuery) ([]Listed, error)
	// Notices gives a part of a list of notices in order.
	Notices(context.Context, Generation, ListQuery) ([]Noticed, error)
	// Lists yields the names of the lists with a prefix that have rows, in order; of lists of a kind that is Named.
	Lists(ctx context.Context, g Generation, v View, prefix string) iter.Seq2[string, error]
	// Checkpoint is how far a generation has come.
	Checkpoint(context.Context, Generation) (eventlog.Position, error)
	// Current is the generation that queries read; 0 if there is none yet.
	Current(context.Context) (Generation, error)
	// Switch makes a generation the current one, durably.
	Switch(context.Context, Generation) error
	// Drop removes all rows of a generation.
	Drop(context.Context, Generation) error
}
