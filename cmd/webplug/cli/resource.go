package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"webplug/cmd/webplug/api"
	"webplug/cmd/webplug/output"
)

// resource declares a kind of thing that the API keeps, once: every command on it follows from here.
type resource struct {
	plural, singular string // "event-types", "event-type"; the API's path has the plural
	article          string // "a" or "an"
	global           bool   // it is not part of a service
	lookup           string // the parameter of lists by which it may be named instead of by its id; "" if there is none
	prefix           string // of its ids
	gone             string // what rm does, in the past tense
	rm               string // what rm does
	columns          []output.Column
	fields           []field  // of create and update
	filters          []field  // of list
	keyed            bool     // create takes an Idempotency-Key
	actions          []action // further commands
}

// action is a command on one thing: a POST on it.
type action struct {
	name, short string
	path        []string // beneath the thing
	method      string   // POST if empty
	fields      []field
	oneOf       bool // one of the fields must be given
	keyed       bool
	job         bool // it answers with a job, which is followed
}

func (r *resource) words() string { return strings.ReplaceAll(r.singular, "-", " ") }

// a is the thing with its article, "an event type".
func (r *resource) a() string { return r.article + " " + r.words() }

// argument is how help names the id, "USER".
func (r *resource) argument() string { return strings.ToUpper(r.singular) }

func (a *app) resourceCommand(r *resource) *cobra.Command {
	group := &cobra.Command{
		Use: r.plural, Aliases: []string{r.singular},
		Short: "List, show, create, change and remove " + strings.ReplaceAll(r.plural, "-", " "),
	}
	group.AddCommand(a.listCommand(r), a.getCommand(r), a.createCommand(r))
	if updatable(r.fields) {
		group.AddCommand(a.updateCommand(r))
	} else {
		group.Short = "List, show, create and remove " + strings.ReplaceAll(r.plural, "-", " ")
	}
	group.AddCommand(a.removeCommand(r))
	for _, act := range r.actions {
		group.AddCommand(a.actionCommand(r, act))
	}
	return group
}

func updatable(fields []field) bool {
	for _, f := range fields {
		if f.on&onUpdate != 0 {
			return true
		}
	}
	return false
}

// collection is the path of all of them.
func (s *session) collection(r *resource) (string, error) {
	if r.global {
		return api.Path(r.plural), nil
	}
	return s.within(r.plural)
}

// namedBy says by what it is named.
func (r *resource) namedBy() string {
	switch {
	case r.plural == "services":
		return "its id or name"
	case r.lookup != "":
		return "its id or " + r.lookupWords()
	}
	return "its id"
}

// lookupWords is "external id" of external_id.
func (r *resource) lookupWords() string {
	return strings.ReplaceAll(strings.Replace(r.lookup, "url", "URL", 1), "_", " ")
}

// resolve is the path of one, which is named by its id, or by what else is unique.
func (s *session) resolve(r *resource, named string) (path, id string, err error) {
	if named == "" {
		return "", "", usage("%s is named by %s; it is empty here", r.a(), r.namedBy())
	}
	if r.plural == "services" {
		id, err = serviceID(s.ctx, s.Client, named)
		return api.Path("services", id), id, err
	}
	all, err := s.collection(r)
	if err != nil {
		return "", "", err
	}
	if id = named; r.lookup != "" && !strings.HasPrefix(named, r.prefix) {
		if id, err = s.idOf(r, all, named); err != nil {
			return "", "", err
		}
	}
	return all + "/" + escape(id), id, nil
}
