package pebble

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"

	"github.com/cockroachdb/pebble/v2"

	"webplug/domain/eventlog"
	"webplug/projections"
)

// The read models' keys. A zero byte ends a name; g is the generation in 8 bytes.
//
//	v g r view 0 id          ▶ row
//	v g l view 0 list 0 sort ▶ the row's id
//	v g n view 0 list 0 sort ▶ version in 8 bytes, what the notice says
//	v g c                    ▶ checkpoint
//	w                        ▶ the current generation
const (
	spaceViews   = 'v'
	spaceCurrent = 'w'
	viewRow      = 'r'
	viewList     = 'l'
	viewNotice   = 'n'
	viewPoint    = 'c'
)

// Views are the read models in the store's database. It implements projections.Views.
type Views struct{ s *Store }

var _ projections.Views = Views{}

// Views are the read models beside the log.
func (s *Store) Views() Views { return Views{s} }

func appendGeneration(g projections.Generation) []byte {
	return binary.BigEndian.AppendUint64([]byte{spaceViews}, uint64(g))
}

func rowKey(g projections.Generation, v projections.View, id string) []byte {
	k := append(appendGeneration(g), viewRow)
	return append(append(append(k, v...), 0), id...)
}

func listKey(g projections.Generation, v projections.View, list string) []byte {
	return keyOfList(g, viewList, v, list)
}

func keyOfList(g projections.Generation, kind byte, v projections.View, list string) []byte {
	k := append(appendGeneration(g), kind)
	k = append(append(k, v...), 0)
	return append(append(k, list...), 0)
}

// Apply implements projections.Views.
func (v Views) Apply(ctx context.Context, g projections.Generation, rows []projections.Row, at eventlog.Position) error {
	return v.s.reading(ctx, func() error {
		if err := v.s.refusal(); err != nil {
			return err
		}
		w := rowWriter{db: v.s.db, batch: v.s.db.NewBatch(), generation: g, written: map[string]projections.Row{}}
		defer func() { _ = w.batch.Close() }()
		for i := range rows {
			if err := w.write(&rows[i]); err != nil {
				return err
			}
		}
		if at > 0 {
			key := append(appendGeneration(g), viewPoint)
			if err := w.batch.Set(key, binary.BigEndian.AppendUint64(nil, uint64(at)), nil); err != nil {
				return fmt.Errorf("stage a checkpoint: %w", err)
			}
		}
		durably := pebble.NoSync
		if g == projections.Beside { // the log cannot make these again
			durably = pebble.Sync
		}
		if err := w.batch.Commit(durably); err != nil {
			return fmt.Errorf("write rows: %w: %w", eventlog.ErrUnavailable, err)
		}
		return nil
	})
}

// rowWriter stages the rows of one Apply.
type rowWriter struct {
	db         *pebble.DB
	batch      *pebble.Batch
	generation projections.Generation
	written    map[string]projections.Row // by key: what this call has staged, which the database does not show yet
}

func (w *rowWriter) write(r *projections.Row) error {
	key := rowKey(w.generation, r.View, r.ID)
	old, err := w.before(key, r)
	switch {
	case errors.Is(err, projections.ErrNoRow):
	case err != nil:
		return err
	case old.Version >= r.Version:
		return nil
	}
	for _, e := range old.Lists {
		if err := w.batch.Delete(append(listKey(w.generation, r.View, e.List), e.Sort...), nil); err != nil {
			return fmt.Errorf("stage a row: %w", err)
		}
	}
	if !r.Fresh {
		w.written[string(key)] = *r
	}
	if err := w.batch.Set(key, encodeRow(r), nil); err != nil {
		return fmt.Errorf("stage a row: %w", err)
	}
	if r.Body == nil {
		return nil
	}
	for _, n := range r.Notices {
		key := append(keyOfList(w.generation, viewNotice, r.View, n.List), n.Sort...)
		value := append(binary.BigEndian.AppendUint64(nil, uint64(r.Version)), n.Data...)
		if err := w.batch.Set(key, value, nil); err != nil {
			return fmt.Errorf("stage a row: %w", err)
		}
	}
	for _, e := range r.Lists {
		if err := w.batch.Set(append(listKey(w.generation, r.View, e.List), e.Sort...), []byte(r.ID), nil); err != nil {
			return fmt.Errorf("stage a row: %w", err)
		}
	}
	return nil
}

// before is the row that another replaces.
func (w *rowWriter) before(key []byte, r *projections.Row) (projections.Row, error) {
	if r.Fresh {
		return projections.Row{}, projections.ErrNoRow
	}
	if old, ok := w.written[string(key)]; ok {
		return old, nil
	}
	return readRow(w.db, key, r.View, r.ID)
}

// A row is its version, the number of its lists and their names and sort keys, then a byte 1 and the body, or a byte 0
// where the row was taken away.
func encodeRow(r *projections.Row) []byte {
	out := binary.AppendUvarint(make([]byte, 0, len(r.Body)+64), uint64(r.Version))
	if r.Body == nil {
		return append(binary.AppendUvarint(out, 0), 0)
	}
	out = binary.AppendUvarint(out, uint64(len(r.Lists)))
	for _, e := range r.Lists {
		for _, text := range []string{e.List, e.Sort} {
			out = binary.AppendUvarint(out, uint64(len(text)))
			out = append(out, text...)
		}
	}
	return append(append(out, 1), r.Body...)
}

func decodeRow(value []byte) (r projections.Row, err error) {
	number := func() int {
		n, size := binary.Uvarint(value)
		if size <= 0 {
			err, n, size = errLayout, 0, 0
		}
		value = value[size:]
		return int(n)
	}
	text := func() string {
		n := number()
		if n > len(value) {
			err, n = errLayout, 0
		}
		s := string(value[:n])
		value = value[n:]
		return s
	}
	r.Version = eventlog.Version(number())
	for n := number(); n > 0 && err == nil; n-- {
		list := text()
		r.Lists = append(r.Lists, projections.Entry{List: list, Sort: text()})
	}
	if err != nil || len(value) == 0 || value[0] > 1 {
		return projections.Row{}, errLayout
	}
	if value[0] == 1 {
		r.Body = bytes.Clone(value[1:])
	}
	return r, nil
}

// readRow reads a row, also one that was taken away.
func readRow(from pebble.Reader, key []byte, view projections.View, id string) (projections.Row, error) {
	value, closer, err := from.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return projections.Row{}, projections.ErrNoRow
	}
	if err != nil {
		return projections.Row{}, readError("a row", err)
	}
	r, err := decodeRow(value)
	if err = errors.Join(err, closer.Close()); err != nil {
		return projections.Row{}, fmt.Errorf("row %s of %s: %w: %w", id, view, eventlog.ErrDamaged, err)
	}
	r.View, r.ID = view, id
	return r, nil
}

// Get implements projections.Views.
func (v Views) Get(ctx context.Context, g projections.Generation, view projections.View, id string) (row projections.Row, err error) {
	err = v.s.reading(ctx, func() error {
		row, err = readRow(v.s.db, rowKey(g, view, id), view, id)
		if err == nil && row.Body == nil {
			return projections.ErrNoRow
		}
		return err
	})
	if err != nil {
		return projections.Row{}, fmt.Errorf("get %s of %s: %w", id, view, err)
	}
	return row, nil
}

const listBytes = 1 << 20

// List implements projections.Views.
func (v Views) List(ctx context.Context, g projections.Generation, q projections.ListQuery) (out []projections.Listed, err error) {
	err = v.s.reading(ctx, func() error {
		snapshot := v.s.db.NewSnapshot()
		defer func() { _ = snapshot.Close() }()
		prefix := listKey(g, q.View, q.List)
		it, err := snapshot.NewIterWithContext(ctx, bounds(prefix, q))
		if err != nil {
			return readError("a list", err)
		}
		out, err = listRows(snapshot, it, len(prefix), g, q)
		return errors.Join(err, it.Close())
	})
	if err != nil {
		return nil, fmt.Errorf("list %s of %s: %w", q.List, q.View, err)
	}
	return out, nil
}

func listRows(from pebble.Reader, it *pebble.Iterator, prefix int, g projections.Generation, q projections.ListQuery) ([]projections.Listed, error) {
	start, next := it.First, it.Next
	if q.Backward {
		start, next = it.Last, it.Prev
	}
	var out []projections.Listed
	limit := q.MaxBytes
	if limit == 0 {
		limit = listBytes
	}
	for ok := start(); ok && len(out) < q.Limit && limit > 0; ok = next() {
		id, err := it.ValueAndErr()
		if err != nil {
			return nil, readError("a list", err)
		}
		row, err := readRow(from, rowKey(g, q.View, string(id)), q.View, string(id))
		if err != nil {
			return nil, err
		}
		out = append(out, projections.Listed{Row: row, Sort: string(it.Key()[prefix:])})
		limit -= len(row.Body)
	}
	if err := it.Error(); err != nil {
		return nil, readError("a list", err)
	}
	return out, nil
}

// bounds is the part of a list that is asked for.
func bounds(prefix []byte, q projections.ListQuery) *pebble.IterOptions {
	o := &pebble.IterOptions{LowerBound: append(bytes.Clone(prefix), q.From...), UpperBound: behind(prefix)}
	if q.To != "" {
		o.UpperBound = append(bytes.Clone(prefix), q.To...)
	}
	return o
}

// Notices implements projections.Views.
func (v Views) Notices(ctx context.Context, g projections.Generation, q projections.ListQuery) (out []projections.Noticed, err error) {
	err = v.s.reading(ctx, func() error {
		prefix := keyOfList(g, viewNotice, q.View, q.List)
		it, err := v.s.db.NewIterWithContext(ctx, bounds(prefix, q))
		if err != nil {
			return readError("notices", err)
		}
		out, err = notices(it, len(prefix), q)
		return errors.Join(err, it.Close())
	})
	if err != nil {
		return nil, fmt.Errorf("notices %s of %s: %w", q.List, q.View, err)
	}
	return out, nil
}

func notices(it *pebble.Iterator, prefix int, q projections.ListQuery) (out []projections.Noticed, err error) {
	start, next := it.First, it.Next
	if q.Backward {
		start, next = it.Last, it.Prev
	}
	limit := q.MaxBytes
	if limit == 0 {
		limit = listBytes
	}
	for ok := start(); ok && len(out) < q.Limit && limit > 0; ok = next() {
		value, err := it.ValueAndErr()
		if err != nil {
			return nil, readError("notices", err)
		}
		if len(value) < versionLen {
			return nil, fmt.Errorf("%w: %w", eventlog.ErrDamaged, errLayout)
		}
		out = append(out, projections.Noticed{
			Sort:    string(it.Key()[prefix:]),
			Version: eventlog.Version(binary.BigEndian.Uint64(value)), Data: string(value[versionLen:]),
		})
		limit -= len(value)
	}
	if err := it.Error(); err != nil {
		return nil, readError("notices", err)
	}
	return out, nil
}

// Lists implements projections.Views.
func (v Views) Lists(ctx context.Context, g projections.Generation, view projections.View, prefix string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		err := v.s.reading(ctx, func() error {
			space := append(append(appendGeneration(g), viewList), view...)
			space = append(space, 0)
			from := append(bytes.Clone(space), prefix...)
			it, err := v.s.db.NewIterWithContext(ctx, &pebble.IterOptions{LowerBound: from, UpperBound: behind(from)})
			if err != nil {
				return readError("the lists", err)
			}
			for ok := it.First(); ok; {
				name, _, _ := bytes.Cut(it.Key()[len(space):], []byte{0})
				list := string(name)
				if !yield(list, nil) {
					break
				}
				ok = it.SeekGE(behind(listKey(g, view, list)))
			}
			err = it.Error()
			if closeErr := it.Close(); err == nil {
				err = closeErr
			}
			if err != nil {
				return readError("the lists", err)
			}
			return nil
		})
		if err != nil {
			yield("", err)
		}
	}
}

// Checkpoint implements projections.Views.
func (v Views) Checkpoint(ctx context.Context, g projections.Generation) (eventlog.Position, error) {
	n, err := v.number(ctx, append(appendGeneration(g), viewPoint))
	return eventlog.Position(n), err
}

// Current implements projections.Views.
func (v Views) Current(ctx context.Context) (projections.Generation, error) {
	n, err := v.number(ctx, []byte{spaceCurrent})
	return projections.Generation(n), err
}

func (v Views) number(ctx context.Context, key []byte) (n uint64, err error) {
	err = v.s.reading(ctx, func() error {
		value, closer, err := v.s.db.Get(key)
		if errors.Is(err, pebble.ErrNotFound) {
			return nil
		}
		if err != nil {
			return readError("a read model's state", err)
		}
		if len(value) != 8 {
			return fmt.Errorf("%w: %w", eventlog.ErrDamaged, errors.Join(errLayout, closer.Close()))
		}
		n = binary.BigEndian.Uint64(value)
		return closer.Close()
	})
	return n, err
}

// Switch implements projections.Views.
func (v Views) Switch(ctx context.Context, g projections.Generation) error {
	return v.s.write(ctx, func(b *pebble.Batch) error {
		return b.Set([]byte{spaceCurrent}, binary.BigEndian.AppendUint64(nil, uint64(g)), nil)
	})
}

// Drop implements projections.Views.
func (v Views) Drop(ctx context.Context, g projections.Generation) error {
	return v.s.write(ctx, func(b *pebble.Batch) error {
		return b.DeleteRange(appendGeneration(g), appendGeneration(g+1), nil)
	})
}
