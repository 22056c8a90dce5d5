package snslocal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
	"iter"
	"os"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/go-json-experiment/json"
)

// What is kept, by key prefix.
const (
	prefixTopic        = "t/" // topic ARN
	prefixSubscription = "s/" // subscription ARN
	prefixMessage      = "m/" // message id, as long as a job needs it
	prefixJob          = "j/" // delivery id
	keySigner          = "k"
)

type store struct {
	db   *pebble.DB
	seal cipher.AEAD // nil: values are as they are
}

// ErrOtherKey says that the folder was sealed with another key.
var ErrOtherKey = errors.New("the local SNS's folder was sealed with another key")

func openStore(dir string, fs vfs.FS, key []byte) (*store, error) {
	var seal cipher.AEAD
	if key != nil {
		block, err := aes.NewCipher(key)
		if err == nil {
			seal, err = cipher.NewGCM(block)
		}
		if err != nil {
			return nil, fmt.Errorf("seal the local SNS's folder: %w", err)
		}
	}
	if fs == nil {
		fs = vfs.Default
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, fmt.Errorf("make the local SNS's folder: %w", err)
		}
	}
	cache := pebble.NewCache(4 << 20)
	defer cache.Unref()
	db, err := pebble.Open(dir, &pebble.Options{FS: fs, Cache: cache, MemTableSize: 4 << 20, Logger: quiet{}})
	if err != nil {
		return nil, fmt.Errorf("open the local SNS's folder: %w", err)
	}
	return &store{db, seal}, nil
}

// sealed is a value as it is stored: what endpoints are sent is readable to nobody who has the disk alone.
func (s *store) sealed(key string, value []byte) ([]byte, error) {
	if s.seal == nil {
		return value, nil
	}
	nonce := make([]byte, s.seal.NonceSize(), s.seal.NonceSize()+len(value)+s.seal.Overhead())
	if _, err := rand.Read(nonce); err != nil {
		return nil, fmt.Errorf("seal %s: %w", key, err)
	}
	return s.seal.Seal(nonce, nonce, value, []byte(key)), nil
}

func (s *store) opened(key string, stored []byte) ([]byte, error) {
	if s.seal == nil {
		return stored, nil
	}
	n := s.seal.NonceSize()
	if len(stored) < n {
		return nil, fmt.Errorf("read %s: %w", key, ErrOtherKey)
	}
	value, err := s.seal.Open(nil, stored[:n], stored[n:], []byte(key))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", key, ErrOtherKey)
	}
	return value, nil
}

func (s *store) close() error {
	if err := s.db.Close(); err != nil {
		return fmt.Errorf("close the local SNS's folder: %w", err)
	}
	return nil
}

// write is a change of the folder: a nil value deletes.
type write struct {
	key   string
	value any
}

// apply makes all changes or none. Durable ones have survived a crash when it returns.
func (s *store) apply(durable bool, writes ...write) error {
	b := s.db.NewBatch()
	defer func() { _ = b.Close() }()
	for _, w := range writes {
		var err error
		if w.value == nil {
			err = b.Delete([]byte(w.key), nil)
		} else {
			var data []byte
			if data, err = json.Marshal(w.value); err == nil {
				data, err = s.sealed(w.key, data)
			}
			if err == nil {
				err = b.Set([]byte(w.key), data, nil)
			}
		}
		if err != nil {
			return fmt.Errorf("write %s: %w", w.key, err)
		}
	}
	if err := b.Commit(&pebble.WriteOptions{Sync: durable}); err != nil {
		return fmt.Errorf("write to the local SNS's folder: %w", err)
	}
	return nil
}

// read fills value; false where there is none.
func (s *store) read(key string, value any) (bool, error) {
	data, closer, err := s.db.Get([]byte(key))
	if errors.Is(err, pebble.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read %s: %w", key, err)
	}
	defer func() { _ = closer.Close() }()
	if data, err = s.opened(key, data); err != nil {
		return false, err
	}
	if err := json.Unmarshal(data, value); err != nil {
		return false, fmt.Errorf("read %s: %w", key, err)
	}
	return true, nil
}

func readAll[T any](s *store, prefix string) iter.Seq2[*T, error] {
	return func(yield func(*T, error) bool) {
		end := []byte(prefix)
		end[len(end)-1]++
		it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: []byte(prefix), UpperBound: end})
		if err != nil {
			yield(nil, fmt.Errorf("read %s: %w", prefix, err))
			return
		}
		defer func() { _ = it.Close() }()
		for ok := it.First(); ok; ok = it.Next() {
			v := new(T)
			value, err := s.opened(string(it.Key()), it.Value())
			if err == nil {
				err = json.Unmarshal(value, v)
			}
			if err != nil {
				yield(nil, fmt.Errorf("read %s: %w", it.Key(), err))
				return
			}
			if !yield(v, nil) {
				return
			}
		}
		if err := it.Error(); err != nil {
			yield(nil, fmt.Errorf("read %s: %w", prefix, err))
		}
	}
}

// quiet lets Pebble tell nothing but what ends the process.
type quiet struct{}

// Infof says nothing.
func (quiet) Infof(string, ...any) {}

// Errorf says nothing: the same error is returned.
func (quiet) Errorf(string, ...any) {}

// Fatalf panics: the folder cannot be trusted any more.
func (quiet) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }
