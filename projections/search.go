package projections

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json"

	"webplug/domain"
	"webplug/domain/eventlog"
)

// What is searched by what a person types has an entry for the beginning of each word of its names, in small letters, so
// that a search is a range of one list in every home, however many rows there are.

const (
	wordsKept = 8   // of one row; further ones are not found by
	wordBytes = 120 // of the text from a word on; DynamoDB takes 1,024 as a sort key
)

func listNames(service string) string { return "names/" + service }

// named are the entries by which a row is found by the beginning of any word of the texts.
func named(service, id string, texts ...string) []Entry {
	var out []Entry
	for _, text := range texts {
		for _, word := range wordsOf(text) {
			e := Entry{listNames(service), word + "\x00" + id}
			if len(out) < wordsKept && !slices.Contains(out, e) {
				out = append(out, e)
			}
		}
	}
	return out
}

// wordsOf is a text from each of its words on: "Bluefin Payroll" is "bluefin payroll" and "payroll".
func wordsOf(text string) []string {
	text = fold(text)
	var out []string
	inside := false
	for i, r := range text {
		letter := unicode.IsLetter(r) || unicode.IsDigit(r)
		if letter && !inside || i == 0 {
			out = append(out, cut(text[i:]))
		}
		inside = letter
	}
	return out
}

// fold is a text as it is compared: in small letters, without the zero byte that ends it in a list.
func fold(text string) string {
	return strings.ReplaceAll(strings.ToLower(strings.TrimSpace(text)), "\x00", "")
}

func cut(text string) string {
	if len(text) <= wordBytes {
		return text
	}
	n := wordBytes
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}

// address is a URL as people say it: host and path.
func address(url string) string {
	_, rest, found := strings.Cut(url, "://")
	if !found {
		rest = url
	}
	rest, _, _ = strings.Cut(rest, "?")
	return strings.TrimSuffix(rest, "/")
}

// search gives the rows that have a word that begins with a text, in the order of those words, each once; of a text that
// is an id, its row alone. Rows of views that are searched have their stream as their id.
func search[T any](ctx context.Context, q *Queries, v View, service, idPrefix, text string, r PageRequest, wants func(T) bool) (Page[T], error) {
	if id := strings.TrimSpace(text); domain.ValidID(idPrefix, id) {
		return one(ctx, q, v, eventlog.Stream{Service: service, Root: id}, wants)
	}
	prefix := cut(fold(text))
	query := ListQuery{View: v, List: listNames(service), From: prefix, To: prefix + string(utf8.MaxRune)}
	return listWanted(ctx, q, query, r, func(l Listed, row T) bool {
		return wants(row) && l.Sort == firstOf(l.Lists, query)
	})
}

// one gives a row as a list of one, or of none.
func one[T any](ctx context.Context, q *Queries, v View, s eventlog.Stream, wants func(T) bool) (Page[T], error) {
	var page Page[T]
	at, stale, err := q.freshen(ctx)
	if err != nil {
		return page, err
	}
	defer at.release()
	page.Stale = stale
	found, err := at.views.Get(ctx, at.generation, v, s.String())
	switch {
	case errors.Is(err, ErrNoRow):
		return page, nil
	case err != nil:
		return page, fmt.Errorf("read a row: %w", err)
	}
	var row T
	if err := json.Unmarshal(found.Body, &row); err != nil {
		return page, err
	}
	if wants(row) {
		page.Data = append(page.Data, row)
	}
	return page, nil
}

// firstOf is the least sort key that a row has in a part of a list.
func firstOf(entries []Entry, in ListQuery) string {
	first := ""
	for _, e := range entries {
		if e.List == in.List && e.Sort >= in.From && e.Sort < in.To && (first == "" || e.Sort < first) {
			first = e.Sort
		}
	}
	return first
}

// FoundBy says whether a row is found by a text that somebody types; "" finds all.
func FoundBy(text string, names ...string) bool {
	prefix := cut(fold(text))
	return prefix == "" || slices.ContainsFunc(names, func(name string) bool {
		return slices.ContainsFunc(wordsOf(name), func(word string) bool { return strings.HasPrefix(word, prefix) })
	})
}

// listWanted gives a page of a list's rows that are wanted where they stand.
func listWanted[T any](ctx context.Context, q *Queries, query ListQuery, r PageRequest, wants func(Listed, T) bool) (Page[T], error) {
	var page Page[T]
	c, err := readCursor(r.Cursor, query.List)
	if err != nil {
		return page, err
	}
	at, stale, err := q.freshen(ctx)
	if err != nil {
		return page, err
	}
	defer at.release()
	page.Stale = stale
	query.Limit = r.Limit + 1
	if c.Sort != "" && query.Backward {
		query.To = c.Sort
	} else if c.Sort != "" {
		query.From = max(query.From, c.Sort+"\x00") // a cursor of another search is not to widen this one
	}
	seen := 0
	err = at.walk(ctx, query, func(l Listed) error {
		var row T
		if err := json.Unmarshal(l.Body, &row); err != nil {
			return err
		}
		if wants(l, row) {
			if len(page.Data) == r.Limit {
				return errEnough
			}
			page.Data = append(page.Data, row)
		}
		page.Next = cursor{List: query.List, Sort: l.Sort}.String()
		if seen++; seen >= budget {
			return errEnough
		}
		return nil
	})
	return finish(page, err)
}
