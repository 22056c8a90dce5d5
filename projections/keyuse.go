package projections

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/go-json-experiment/json"

	"webplug/domain/eventlog"
)

// KeyUse is one use of an API key.
type KeyUse struct {
	At   time.Time `json:"at"`
	From string    `json:"from"` // the caller's address
	Call string    `json:"call"` // method and path's pattern
}

// beside is the generation of rows that are not made of the log: no rebuild makes or drops it.
const beside Generation = 0

// useEvery is how often a key's use is written at most.
const useEvery = time.Hour

// KeyUses remembers when each API key was used last: the newest use in memory, and one an hour in a row. It is not in the
// log, since reading would then write.
type KeyUses struct {
	views  Views
	logger *slog.Logger

	mu   sync.Mutex
	uses map[string]use // by key
}

type use struct {
	newest  KeyUse
	written time.Time
}

// NewKeyUses remembers uses in rows beside the read models.
func NewKeyUses(v Views, logger *slog.Logger) *KeyUses {
	return &KeyUses{views: v, logger: logger, uses: map[string]use{}}
}

// Note tells of a use. It writes at most once an hour for each key; what cannot be written is tried at the next use after
// that.
func (k *KeyUses) Note(ctx context.Context, key string, u KeyUse) {
	k.mu.Lock()
	known := k.uses[key]
	if !known.newest.At.After(u.At) {
		known.newest = u
	}
	due := known.written.IsZero() || u.At.Sub(known.written) >= useEvery
	if due {
		known.written = u.At
	}
	if _, ok := k.uses[key]; !ok && len(k.uses) >= remembered {
		clear(k.uses) // the rows know them, to the hour
	}
	k.uses[key] = known
	k.mu.Unlock()
	if !due {
		return
	}
	if err := k.write(ctx, key, u); err != nil {
		k.logger.Warn("the last use of a key is not written", "key", key, "error", err)
	}
}

// write makes the row, unless there is one of the last hour that a process before this one wrote.
func (k *KeyUses) write(ctx context.Context, key string, u KeyUse) error {
	stored, ok, err := k.stored(ctx, key)
	if err != nil || ok && u.At.Sub(stored.At) < useEvery {
		return err
	}
	body, err := json.Marshal(u)
	if err != nil {
		return err
	}
	return k.views.Apply(ctx, beside, []Row{{
		View: ViewKeyUses, ID: key, Version: eventlog.Version(u.At.UnixMicro()), Body: body,
	}}, 0)
}

func (k *KeyUses) stored(ctx context.Context, key string) (u KeyUse, ok bool, err error) {
	row, err := k.views.Get(ctx, beside, ViewKeyUses, key)
	switch {
	case errors.Is(err, ErrNoRow):
		return u, false, nil
	case err != nil:
		return u, false, fmt.Errorf("read the last use of a key: %w", err)
	}
	return u, true, json.Unmarshal(row.Body, &u)
}

// Of is a key's newest use that is known; ok is false if there is none.
func (k *KeyUses) Of(ctx context.Context, key string) (u KeyUse, ok bool, err error) {
	k.mu.Lock()
	known, ok := k.uses[key]
	k.mu.Unlock()
	if ok {
		return known.newest, true, nil
	}
	return k.stored(ctx, key)
}
