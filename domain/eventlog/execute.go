package eventlog

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"time"
)

// State is an aggregate's folded state; its zero value is the state before the first event. Evolve is total: it takes
// every event of its stream and never fails.
type State[S any] interface{ Evolve(Recorded) S }

// Command decides what happens to a state: events, or a refusal, or nothing (it is already so). It is pure: times, ids
// and randomness come in its fields.
type Command[S any] interface{ Decide(S) ([]Event, error) }

// Loaded is an aggregate as the log has it.
type Loaded[S State[S]] struct {
	State   S
	Stream  Stream
	Version Version // 0: the stream does not exist
	head    head
}

// Load folds a stream.
func Load[S State[S]](ctx context.Context, l *Log, s Stream) (Loaded[S], error) {
	loaded := Loaded[S]{Stream: s}
	for r, err := range l.Read(ctx, s, 0) {
		if err != nil {
			return loaded, fmt.Errorf("load %s: %w", s, err)
		}
		if r.Version != loaded.Version+1 { // half a state is none
			return loaded, fmt.Errorf("load %s: version %d is missing: %w", s, loaded.Version+1, ErrDamaged)
		}
		loaded.take(r)
	}
	return loaded, nil
}

// LoadFrom folds a stream out of the events of its root's trail, which has been read whole.
func LoadFrom[S State[S]](trail []Recorded, s Stream) (Loaded[S], error) {
	loaded := Loaded[S]{Stream: s}
	for _, r := range trail {
		if r.Stream != s {
			continue
		}
		if r.Version != loaded.Version+1 {
			return loaded, fmt.Errorf("load %s: version %d is missing: %w", s, loaded.Version+1, ErrDamaged)
		}
		loaded.take(r)
	}
	return loaded, nil
}

// Fold continues a state with events that were read or appended.
func Fold[S State[S]](state S, events ...Recorded) S {
	for _, r := range events {
		state = state.Evolve(r)
	}
	return state
}

func (l *Loaded[S]) take(r Recorded) {
	l.State = l.State.Evolve(r)
	l.head.advance(r)
	l.Version = r.Version
}

// maxDecisions bounds how often one command is decided on a stream that keeps moving.
const maxDecisions = 64

// Execute loads a stream, decides a command on it and appends what was decided; on a conflict it decides again. It
// answers the state after the command.
func Execute[S State[S]](ctx context.Context, l *Log, s Stream, c Command[S], cause Cause) (Loaded[S], error) {
	var after Loaded[S]
	err := ExecuteAll(ctx, l, cause, On(s, c).Into(&after))
	return after, err
}

// Step is a command on one stream, to be executed together with others.
type Step interface {
	draft(context.Context, *Log) (draft, error)
	done([]Recorded)
	lazy() bool
}

// On is the step that decides a command on a stream.
func On[S State[S]](s Stream, c Command[S]) *StepOn[S] { return &StepOn[S]{stream: s, command: c} }

// StepOn is a Step with its aggregate's type.
type StepOn[S State[S]] struct {
	stream  Stream
	command Command[S]
	after   *Loaded[S]
	fresh   bool
	known   *Loaded[S]
	isLazy  bool
	decided bool
	loaded  Loaded[S]
}

// Into tells where to put the aggregate as it is after the command.
func (s *StepOn[S]) Into(after *Loaded[S]) *StepOn[S] { s.after = after; return s }

// Fresh vouches that the stream's name was made just now from randomness: it is not looked for.
func (s *StepOn[S]) Fresh() *StepOn[S] { s.fresh = true; return s }

// From gives the aggregate as it was loaded a moment ago, for the first decision; after a conflict it is loaded again.
func (s *StepOn[S]) From(known Loaded[S]) *StepOn[S] { s.known = &known; return s }

// Lazy says that nobody waits for this step: it may ride with another's commit.
func (s *StepOn[S]) Lazy() *StepOn[S] { s.isLazy = true; return s }

func (s *StepOn[S]) lazy() bool { return s.isLazy }

func (s *StepOn[S]) draft(ctx context.Context, l *Log) (draft, error) {
	var err error
	switch {
	case s.known != nil && s.known.Stream != s.stream:
		return draft{}, fmt.Errorf("decide on %s from the state of %s: %w", s.stream, s.known.Stream, ErrBadStream)
	case s.known != nil:
		s.loaded, s.known = *s.known, nil
	case s.fresh && !s.decided:
		s.loaded = Loaded[S]{Stream: s.stream}
	default:
		if s.loaded, err = Load[S](ctx, l, s.stream); err != nil {
			return draft{}, err
		}
	}
	events, err := s.command.Decide(s.loaded.State)
	if err != nil {
		return draft{}, err
	}
	d := draft{stream: s.stream, head: s.loaded.head, fresh: s.fresh && !s.decided, events: events}
	s.decided = true
	return d, nil
}

func (s *StepOn[S]) done(recorded []Recorded) {
	for _, r := range recorded {
		if r.Stream == s.stream {
			s.loaded.take(r)
		}
	}
	if s.after != nil {
		*s.after = s.loaded
	}
}

// ExecuteAll decides several commands, each on its own stream, and appends all their events in one write, or none. On a
// conflict all are decided again. It is lazy only if all steps are.
func ExecuteAll(ctx context.Context, l *Log, cause Cause, steps ...Step) error {
	for attempt := 1; ; attempt++ {
		recorded, err := l.decideAndAppend(ctx, cause, steps)
		if err == nil {
			for _, s := range steps {
				s.done(recorded)
			}
			return nil
		}
		if !errors.Is(err, ErrConflict) || attempt == maxDecisions {
			return err
		}
		if err := pause(ctx, attempt, l.newID()); err != nil {
			return err
		}
	}
}

func (l *Log) decideAndAppend(ctx context.Context, cause Cause, steps []Step) ([]Recorded, error) {
	drafts := make([]draft, len(steps))
	lazy := true
	for i, s := range steps {
		d, err := s.draft(ctx, l)
		if err != nil {
			return nil, err
		}
		d.cause = cause
		drafts[i] = d
		lazy = lazy && s.lazy()
	}
	return l.append(ctx, lazy, drafts...)
}

// pause lets the other writers through before a command is decided again: nothing at first, then up to 20 ms with full
// jitter. The jitter comes from a fresh id, the log's one source of chance, so that a simulation can repeat it.
func pause(ctx context.Context, attempt int, id string) error {
	if attempt < 3 {
		return ctx.Err()
	}
	h := fnv.New32a()
	h.Write([]byte(id))
	limit := min(time.Duration(attempt)*time.Millisecond, 20*time.Millisecond)
	t := time.NewTimer(limit * time.Duration(h.Sum32()%1024) / 1024)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
