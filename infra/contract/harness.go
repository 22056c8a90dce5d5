// Package contract holds the suites that every implementation of a port of eventlog passes. A suite knows ports, never
// technologies: what an implementation cannot do it leaves out of its Harness, and the cases that need it are skipped
// by name.
package contract

import (
	"slices"
	"testing"

	"webplug/domain/eventlog"
)

// Harness is a fresh and empty store for one case, with what else it can do. What it opened it closes by Cleanup of
// the testing.TB that it was made with.
type Harness struct {
	Store eventlog.Store

	// Scanner, Feed and Keys are the same store in its other roles; nil where it has none.
	Scanner eventlog.Scanner
	Feed    eventlog.Feed
	Keys    eventlog.Keys

	// Reopen crashes the store (whatever was not durable is gone) and opens what is left. Nil where a crash of this
	// process cannot harm the store. The crashed store is not used afterwards.
	Reopen func(testing.TB) Harness

	// InjectTimeout makes the next Append happen although its answer gets lost.
	InjectTimeout func()

	// SeesHead says that the store refuses an expected version ahead of the stream's head. A store that decides by one
	// conditional put cannot see it; its writers never give a version that they have not read.
	SeesHead bool
}

// Maker makes a Harness for one case.
type Maker func(testing.TB) Harness

// need is something that a Harness may lack.
type need string

const (
	needsScanner  need = "scanner"
	needsFeed     need = "feed"
	needsKeys     need = "keys"
	needsReopen   need = "reopen after a crash"
	needsTimeout  need = "injected timeout"
	needsSeesHead need = "sees a version ahead of the head"
)

func (h Harness) has(n need) bool {
	switch n {
	case needsScanner:
		return h.Scanner != nil
	case needsFeed:
		return h.Feed != nil
	case needsKeys:
		return h.Keys != nil
	case needsReopen:
		return h.Reopen != nil
	case needsTimeout:
		return h.InjectTimeout != nil
	case needsSeesHead:
		return h.SeesHead
	}
	return false
}

// check is one sentence of a contract.
type check struct {
	name  string
	needs []need
	run   func(*testing.T, Harness)
}

// AfterCrash runs of the suites for log, scanner and keys what is about a crash, one case after the other: for a crash that
// costs more than the suites can pay for each of their cases.
func AfterCrash(t *testing.T, open Maker) {
	t.Helper()
	for _, c := range slices.Concat(eventLogChecks(), scannerChecks(), keysChecks()) {
		if !slices.Contains(c.needs, needsReopen) {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			h := open(t)
			for _, n := range c.needs {
				if !h.has(n) {
					t.Fatalf("this store lacks %q", n)
				}
			}
			c.run(t, h)
		})
	}
}

// Within runs a case somewhere else than directly in its subtest; testing/synctest.Test is one.
type Within func(*testing.T, func(*testing.T))

// runChecks runs each case against a store of its own, all in parallel.
func runChecks(t *testing.T, open Maker, within []Within, checks []check) {
	t.Helper()
	for _, c := range checks {
		run := func(t *testing.T) {
			h := open(t)
			for _, n := range c.needs {
				if !h.has(n) {
					t.Skipf("skipped: this store lacks %q", n)
				}
			}
			c.run(t, h)
		}
		for _, w := range within {
			inner := run
			run = func(t *testing.T) { w(t, inner) }
		}
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			run(t)
		})
	}
}
