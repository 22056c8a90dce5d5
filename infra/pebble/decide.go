package pebble

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"webplug/domain/eventlog"
)

type verdict int

const (
	fits   verdict = iota // the stream's head is as expected
	repeat                // the records are there already
	moved                 // neither
)

// decide says whether a batch is to be written; neither that nor an error means that it is a repeat. It sees what
// earlier batches of the group write.
func (s *Store) decide(c *committer, b eventlog.Batch) (write bool, err error) {
	var first verdict
	for i := range b.Writes {
		w := &b.Writes[i]
		v, err := s.judge(c, w)
		switch {
		case err != nil:
			return false, err
		case v == moved, i > 0 && v != first:
			return false, fmt.Errorf("%s is not at version %d: %w", w.Stream, w.Expected, eventlog.ErrConflict)
		}
		first = v
	}
	return first == fits, nil
}

func (s *Store) judge(c *committer, w *eventlog.Write) (verdict, error) {
	head, known := s.heads.of(w.Stream)
	if !known && w.Fresh && w.Expected == 0 {
		return fits, nil
	}
	if !known {
		at, err := s.atHead(c, w.Stream, w.Expected)
		if err != nil {
			return moved, err
		}
		if at {
			s.heads.learn(w.Stream, w.Expected)
			return fits, nil
		}
	} else if head == w.Expected {
		return fits, nil
	} else if head < w.Expected+eventlog.Version(len(w.Records)) {
		return moved, nil
	}
	return s.compare(c, w)
}

// atHead looks up whether a stream's last version is v. Two point lookups, which Bloom filters answer without reading
// where the key is absent.
func (s *Store) atHead(c *committer, of eventlog.Stream, v eventlog.Version) (bool, error) {
	c.key = appendRecordKey(c.key[:0], of, v+1)
	if there, err := s.there(c.key); there || err != nil {
		return false, err
	}
	if v == 0 {
		return true, nil
	}
	c.key = appendRecordKey(c.key[:0], of, v)
	return s.there(c.key)
}

func (s *Store) there(key []byte) (bool, error) {
	_, closer, err := s.db.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, readError("a version", err)
	}
	return true, closer.Close()
}

// compare says whether all records of a write are there already.
func (s *Store) compare(c *committer, w *eventlog.Write) (verdict, error) {
	for i := range w.Records {
		r := &w.Records[i]
		hash, ok, err := s.hashOf(c, r.Stream, r.Version)
		if err != nil {
			return moved, err
		}
		if !ok || hash != r.Hash {
			return moved, nil
		}
	}
	return repeat, nil
}

// hashOf finds a record's hash in this group or in the log.
func (s *Store) hashOf(c *committer, of eventlog.Stream, v eventlog.Version) (eventlog.Hash, bool, error) {
	for i := len(c.records) - 1; i >= 0; i-- {
		if r := &c.records[i]; r.Version == v && r.Stream == of {
			return r.Hash, true, nil
		}
	}
	c.key = appendRecordKey(c.key[:0], of, v)
	value, closer, err := s.db.Get(c.key)
	if errors.Is(err, pebble.ErrNotFound) {
		return eventlog.Hash{}, false, nil
	}
	if err != nil {
		return eventlog.Hash{}, false, readError(of.String(), err)
	}
	defer func() { _ = closer.Close() }()
	if len(value) < hashLen {
		return eventlog.Hash{}, false, fmt.Errorf("%s@%d: %w: %w", of, v, eventlog.ErrDamaged, errLayout)
	}
	return eventlog.Hash(value[:hashLen]), true, nil
}

func appendVersion(dst []byte, v eventlog.Version) []byte {
	return binary.BigEndian.AppendUint64(dst, uint64(v))
}
