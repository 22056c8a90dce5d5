package pebble

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"webplug/domain/eventlog"
)

// LoadKey implements eventlog.Keys.
func (s *Store) LoadKey(ctx context.Context, name string) (wrapped []byte, err error) {
	err = s.reading(ctx, func() error {
		value, closer, err := s.db.Get(appendDataKey(nil, name))
		if errors.Is(err, pebble.ErrNotFound) {
			return eventlog.ErrNoKey
		}
		if err != nil {
			return readError("a data key", err)
		}
		wrapped = bytes.Clone(value)
		return closer.Close()
	})
	if err != nil {
		return nil, fmt.Errorf("load data key %s: %w", name, err)
	}
	return wrapped, nil
}

// CreateKey implements eventlog.Keys.
func (s *Store) CreateKey(ctx context.Context, name string, wrapped []byte) ([]byte, error) {
	s.keys.Lock()
	defer s.keys.Unlock()
	there, err := s.LoadKey(ctx, name)
	if err == nil || !errors.Is(err, eventlog.ErrNoKey) {
		return there, err
	}
	key, value := appendDataKey(nil, name), bytes.Clone(wrapped)
	if err := s.write(ctx, func(b *pebble.Batch) error { return b.Set(key, value, nil) }); err != nil {
		return nil, fmt.Errorf("create data key %s: %w", name, err)
	}
	return value, nil
}
