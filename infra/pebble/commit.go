package pebble

import (
	"fmt"
	"runtime"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"webplug/domain/eventlog"
)

// committer is what the one goroutine that appends keeps between two commits. As it is the only one, and decides a
// group only when the last one is durable, whatever it finds written is durable too, but for its own group.
type committer struct {
	group    []*request
	batch    *pebble.Batch
	position eventlog.Position // of the last commit that wrote records
	records  []eventlog.Record // of this group
	places   []byte            // where this group writes, for the feed
	last     []byte            // the stream key that places ended with
	key      []byte
}

// commitAll commits group after group until the queue is closed and empty.
func (s *Store) commitAll() {
	defer close(s.stopped)
	alarm := time.NewTimer(time.Hour)
	defer alarm.Stop()
	c := &s.committer
	for {
		// Whom the last commit answered may append again first: groups twice as large, and a seventh less CPU. With
		// nobody else to run it is no wait.
		runtime.Gosched()
		var ok bool
		if c.group, ok = s.queue.take(c.group[:0], alarm); !ok {
			return
		}
		s.commit(c)
		clear(c.group)
	}
}

// commit decides a group's requests in their order, writes what may be written with one sync, and answers all.
func (s *Store) commit(c *committer) {
	s.heads.turn()
	c.begin(s.db)
	for _, r := range c.group {
		if r.extra != nil {
			r.err = r.extra(c.batch)
			continue
		}
		var fits bool
		if fits, r.err = s.decide(c, r.batch); fits {
			s.stage(c, r.batch)
		}
	}
	err := s.sync(c)
	if err == nil && len(c.records) > 0 {
		c.position++
		s.recent.add(commit{at: c.position, records: c.records, size: footprint(c.records)})
	}
	for _, r := range c.group {
		if r.err == nil {
			r.err = err // a repeat too: its first may be in this group
		}
		r.done <- r.err
	}
}

// footprint is what followers' records hold in memory: what was sealed is remembered in clear.
func footprint(records []eventlog.Record) (size int) {
	for i := range records {
		size += records[i].Footprint()
	}
	return size
}

func (c *committer) begin(db *pebble.DB) {
	if c.batch == nil {
		c.batch = db.NewBatch()
	}
	n := 0
	for _, r := range c.group {
		for i := range r.batch.Writes {
			n += len(r.batch.Writes[i].Records)
		}
	}
	c.records = nil
	if n > 0 {
		c.records = make([]eventlog.Record, 0, n) // the followers', so not to be used again
	}
	c.places, c.last = appendStamp(c.places[:0], c.position+1), c.last[:0]
}

// stage puts a batch that was decided into the group's.
func (s *Store) stage(c *committer, b eventlog.Batch) {
	at := c.position + 1
	for i := range b.Writes {
		w := &b.Writes[i]
		c.key = appendStreamKey(c.key[:0], w.Stream)
		for j := range w.Records {
			r := &w.Records[j]
			op := c.batch.SetDeferred(len(c.key)+versionLen, hashLen+len(r.Data))
			appendVersion(op.Key[:copy(op.Key, c.key)], r.Version)
			copy(op.Value[copy(op.Value, r.Hash[:]):], r.Data)
			_ = op.Finish() // fails for indexed batches only
		}
		c.records = append(c.records, w.Records...)
		c.places = appendPlace(c.places, c.last, c.key, w.Expected+1, len(w.Records))
		c.last = append(c.last[:0], c.key...)
		s.heads.move(w.Stream, w.Expected+eventlog.Version(len(w.Records)), at, w.Fresh && w.Expected == 0)
	}
}

// sync makes the group durable.
func (s *Store) sync(c *committer) error {
	if err := s.failure(); err != nil {
		return err
	}
	if len(c.records) > 0 {
		c.key = appendFeedKey(c.key[:0], c.position+1)
		if err := c.batch.Set(c.key, c.places, nil); err != nil {
			return fmt.Errorf("stage a commit: %w", err)
		}
	}
	if c.batch.Empty() {
		return nil // repeats and conflicts: nothing new, and all that is there is durable
	}
	if err := s.db.Apply(c.batch, pebble.Sync); err != nil {
		s.fail(err) // what is written is not known, so nothing may be decided on it
		return fmt.Errorf("%w: %w", eventlog.ErrUnavailable, err)
	}
	c.batch.Reset()
	s.disk.look()
	return s.failure() // Pebble tells a failed sync to its logger, and goes on if that returns
}
