package pebble

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/cockroachdb/pebble/v2"
)

// logger is what Pebble writes its messages to.
type logger struct {
	log  *slog.Logger
	fail func(error)
}

// Infof implements pebble.Logger.
func (l logger) Infof(format string, args ...any) {
	if l.log.Enabled(context.Background(), slog.LevelDebug) {
		l.log.Debug("pebble: " + fmt.Sprintf(format, args...))
	}
}

// Errorf implements pebble.Logger.
func (l logger) Errorf(format string, args ...any) {
	l.log.Warn("pebble: " + fmt.Sprintf(format, args...))
}

// Fatalf implements pebble.Logger. Pebble expects that it does not return; if Fail does (in a test), everything is
// refused from now on.
func (l logger) Fatalf(format string, args ...any) {
	l.fail(fmt.Errorf("pebble: "+format, args...))
}

// listener turns the events worth knowing into log lines. Damage found while reading must not end the process, as it
// does by default: the reader gets ErrDamaged, and all other streams can be read on.
func (s *Store) listener() *pebble.EventListener {
	return &pebble.EventListener{
		BackgroundError: func(err error) {
			if !noRoom(err) { // the disk has been told of
				s.log.Warn("background work of the event log failed", "error", err)
			}
		},
		DataCorruption: func(info pebble.DataCorruptionInfo) {
			s.damaged.CompareAndSwap(nil, &info.Details)
			s.log.Error("event log is damaged", "path", info.Path, "error", info.Details)
		},
		WriteStallBegin: func(info pebble.WriteStallBeginInfo) {
			s.log.Warn("writes wait for background work", "reason", info.Reason)
		},
	}
}
