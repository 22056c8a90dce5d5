package eventlog

import (
	"context"
	"errors"
	"fmt"
	"iter"
)

// Damage is a place of the log that is not what was written.
type Damage struct {
	Stream  Stream
	Version Version
	Reason  DamageReason
}

// DamageReason is a word of a fixed vocabulary.
type DamageReason string

// The reasons.
const (
	DamageChanged    DamageReason = "changed"    // the record's bytes, its hash or its place are not what was written
	DamageMissing    DamageReason = "missing"    // there is no record of this version, but one of a later
	DamageUnreadable DamageReason = "unreadable" // the store cannot give the record, or any after it
)

// Verified is what a part of the log came to.
type Verified struct {
	Streams int // that begin in this part
	Events  int
	Damage  []Damage
	Next    Checkpoint // where the next part begins
	Done    bool       // there is no next part
}

// Verify checks the hash chains of at least so many records after a checkpoint, unless the log ends before. The chain
// holds each record to the one before it; that a stream's last records were taken away it cannot tell. It fails only
// where the store cannot answer now.
func (l *Log) Verify(ctx context.Context, scanner Scanner, after Checkpoint, records int) (Verified, error) {
	v := verifier{log: l, out: Verified{Next: after}}
	for page, err := range scanner.Scan(ctx, after) {
		if errors.Is(err, ErrDamaged) {
			v.damage(v.last.Stream, v.last.Version+1, DamageUnreadable)
			v.out.Done = true
			return v.out, nil
		}
		if err != nil {
			return Verified{}, fmt.Errorf("verify the log: %w", err)
		}
		for i := range page.Records {
			if err := v.take(ctx, &page.Records[i]); err != nil {
				return Verified{}, fmt.Errorf("verify the log: %w", err)
			}
		}
		if v.out.Next = page.Next; v.out.Events >= records {
			return v.out, nil
		}
	}
	v.out.Done = true
	return v.out, nil
}

// maxMissing bounds the missing versions that are named in a row: a version itself may be what is damaged.
const maxMissing = 1000

type verifier struct {
	log  *Log
	last Record // the one before
	out  Verified
}

func (v *verifier) damage(s Stream, at Version, why DamageReason) {
	v.out.Damage = append(v.out.Damage, Damage{s, at, why})
}

// take checks a record against the one before it, as that is stored: so a changed one does not spoil those after it.
func (v *verifier) take(ctx context.Context, r *Record) error {
	prev := v.last
	v.last = *r
	v.out.Events++
	if prev.Stream != r.Stream {
		var err error
		if prev, err = v.before(ctx, r); err != nil {
			return err
		}
		if prev.Version == 0 {
			v.out.Streams++
		}
	}
	for missing := prev.Version + 1; missing < min(r.Version, prev.Version+maxMissing); missing++ {
		v.damage(r.Stream, missing, DamageMissing)
	}
	switch {
	case prev.Version+1 < r.Version: // what it follows is not there: nothing can be said of it
	case prev.Version >= r.Version, link(r.Stream, r.Version, prev.Hash, r.Data) != r.Hash:
		v.damage(r.Stream, r.Version, DamageChanged)
	}
	return nil
}

// before is the record before one that this part begins a stream with: one of a part before, or none (version 0), also
// where more than maxMissing are missing before it.
func (v *verifier) before(ctx context.Context, r *Record) (Record, error) {
	for at := r.Version; at > 1 && r.Version-at < maxMissing; at-- {
		next, stop := iter.Pull2(v.log.store.Read(ctx, r.Stream, at-2))
		prev, err, ok := next()
		stop()
		if err != nil && !errors.Is(err, ErrDamaged) {
			return Record{}, err
		}
		if ok && err == nil && prev.Version == at-1 {
			return prev, nil
		}
	}
	return Record{}, nil
}
