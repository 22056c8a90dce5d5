package cli

import (
	"fmt"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/cobra"

	"webplug/cmd/webplug/api"
	"webplug/cmd/webplug/output"
)

var deadLetterColumns = []output.Column{
	messageColumn, {Title: "ENDPOINT", Path: "endpoint_id"}, typeColumn, {Title: "CAUSE", Path: "cause"},
	{Title: "ATTEMPTS", Path: "attempts"}, {Title: "FAILED", Path: "ended_at", As: output.Moment},
}

var groupColumns = []output.Column{
	{Title: "ENDPOINT", Path: "endpoint_id"}, {Title: "CAUSE", Path: "cause"}, {Title: "COUNT", Path: "count"},
	{Title: "OLDEST", Path: "oldest", As: output.Moment}, {Title: "NEWEST", Path: "newest", As: output.Moment},
	{Title: "LAST ATTEMPT", Path: "last_attempt", As: lastAttempt},
}

// lastAttempt says how the newest request to an endpoint went.
func lastAttempt(v jsontext.Value) string {
	switch {
	case output.Plain(v) == "-":
		return "-"
	case output.Plain(output.Find(v, "delivered")) == "true":
		return "delivered " + output.Moment(output.Find(v, "at"))
	}
	return output.Plain(output.Find(v, "cause")) + " " + output.Moment(output.Find(v, "at"))
}

var deadLetterFilters = []field{userFilter, eventTypeFilter, endpointFilter, causeFilter, sinceFilter, untilFilter}

func (a *app) deadLettersCommand() *cobra.Command {
	group := &cobra.Command{
		Use: "dead-letters", Aliases: []string{"dead-letter", "dlq"}, Short: "List what failed for good, try it again, or give it up",
	}
	var l listing
	list := &cobra.Command{
		Use: "list", Aliases: []string{"ls"},
		Short: "List deliveries that failed for good and were neither retried nor discarded, the newest first",
	}
	list.RunE = a.run(func(s *session, _ []string) error {
		path, err := s.within("dead-letters")
		if err != nil {
			return err
		}
		return s.show(list, &l, path, deadLetterColumns)
	})
	l.flags(list, deadLetterFilters)
	group.AddCommand(
		list, a.groupsCommand(),
		a.deadLetterAction("retry", "Try again all dead letters that a filter finds", "tried again"),
		a.deadLetterAction("discard", "Give up all dead letters that a filter finds", "given up"),
	)
	return group
}

func (a *app) groupsCommand() *cobra.Command {
	var in *inputs
	c := &cobra.Command{Use: "groups", Short: "Count dead letters by endpoint and cause"}
	c.RunE = a.run(func(s *session, _ []string) error {
		path, err := s.within("dead-letters", "groups")
		if err != nil {
			return err
		}
		q, err := in.query()
		if err == nil {
			err = s.idsOf(q)
		}
		if err != nil {
			return err
		}
		answer, err := s.Do(s.ctx, api.Request{Method: "GET", Path: path, Query: q})
		if err != nil {
			return err
		}
		var groups struct {
			Data []jsontext.Value `json:"data"`
			More bool             `json:"more"`
		}
		if err := answer.Into(&groups); err != nil {
			return err
		}
		if s.json {
			return s.one(answer.Body)
		}
		if groups.More {
			s.tell("there are more dead letters than were counted")
		}
		return output.Table(s.out, s.colours, groupColumns, groups.Data)
	})
	in = take(c.Flags(), deadLetterFilters, 0)
	return c
}

// redriving is what an action on dead letters takes.
type redriving struct {
	wants                    *inputs
	reason                   string
	all, dryRun, yes, detach bool
	action, done             string
}

func (a *app) deadLetterAction(name, short, done string) *cobra.Command {
	r := redriving{action: name, done: done}
	c := &cobra.Command{
		Use: name + " [MESSAGE]", Short: short,
		Long: short + ": not a page of them, but all. A message's id, a filter or --all is needed. It is a job\n" +
			"in the server, which this waits for; it goes on if this ends. At a terminal it first says how many there are, and asks.",
	}
	c.RunE = a.run(r.run)
	r.wants = take(c.Flags(), deadLetterFilters, 0)
	c.Flags().StringVar(&r.reason, "reason", "", "why, for the histories")
	c.Flags().BoolVar(&r.all, "all", false, "all dead letters of the service, where no filter is given")
	c.Flags().BoolVar(&r.dryRun, "dry-run", false, "only say how many there are")
	detachFlag(c, &r.detach)
	yesFlag(c, &r.yes)
	return c
}

func (r *redriving) run(s *session, args []string) error {
	q, err := r.wants.query()
	if err == nil {
		err = s.idsOf(q)
	}
	if err != nil {
		return err
	}
	filter := newObject()
	if len(args) == 1 {
		filter.set("message_id", text(args[0]))
	}
	for _, f := range r.wants.fields {
		if q.Has(f.name) {
			filter.set(f.name, text(q.Get(f.name)))
		}
	}
	switch {
	case filter.empty() && !r.all:
		return usage("say which: a message's id, a filter, or --all")
	case !filter.empty() && r.all:
		return usage("--all and a filter contradict each other")
	}
	dead, err := s.within("dead-letters", r.action)
	if err != nil {
		return err
	}
	body := newObject()
	body.set("filter", filter.value())
	if r.reason != "" {
		body.set("reason", text(r.reason))
	}
	if r.dryRun || !r.yes && s.atTerminal() && s.interactive() {
		counted, err := r.count(s, dead, *body)
		if err != nil || r.dryRun {
			return err
		}
		if !s.agrees("%s dead letters will be %s", counted, r.done) {
			return failed("nothing was done")
		}
	}
	jobs, err := s.within("jobs")
	if err != nil {
		return err
	}
	return s.start(dead, jobs, body.value(), r.detach)
}

// count asks how many there are, and of a dry run shows it.
func (r *redriving) count(s *session, path string, body object) (string, error) {
	body.set("dry_run", jsontext.Value("true"))
	v, err := s.Post(s.ctx, path, body.value())
	if err != nil {
		return "", err
	}
	n := output.Plain(output.Find(v, "count"))
	switch {
	case !r.dryRun:
		return n, nil
	case s.json:
		return n, s.one(v)
	}
	_, err = fmt.Fprintf(s.out, "%s dead letters would be %s\n", n, r.done)
	return n, err
}
