package cli

import (
	"bufio"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/cobra"

	"webplug/cmd/webplug/api"
	"webplug/cmd/webplug/output"
)

// listing is what every list takes.
type listing struct {
	limit  int
	all    bool
	cursor string
	wants  *inputs
}

func (l *listing) flags(c *cobra.Command, filters []field) {
	c.Flags().IntVar(&l.limit, "limit", 50, "how many rows at the most")
	c.Flags().BoolVar(&l.all, "all", false, "all rows, however many")
	c.Flags().StringVar(&l.cursor, "cursor", "", "go on behind a list whose next_cursor this was")
	l.wants = take(c.Flags(), filters, 0)
	completeValues(c, filters)
}

// show reads and shows a list. next tells how its rest is found.
func (s *session) show(c *cobra.Command, l *listing, path string, columns []output.Column) error {
	if l.limit < 1 {
		return usage("--limit: %d is less than 1", l.limit)
	}
	q, err := l.wants.query()
	if err != nil {
		return err
	}
	if err := s.idsOf(q); err != nil {
		return err
	}
	if l.cursor != "" {
		q.Set("cursor", l.cursor)
	}
	most := l.limit
	if l.all {
		most = 0
	}
	page, err := s.List(s.ctx, path, q, most)
	if err != nil {
		return err
	}
	if page.Stale {
		s.note("what was done in the last moments may be missing")
	}
	if err := s.list(columns, page); err != nil {
		return err
	}
	if page.Next != nil {
		s.note("there are more: %s --cursor %s, or --all", c.CommandPath(), *page.Next)
	}
	return nil
}

func (a *app) listCommand(r *resource) *cobra.Command {
	var l listing
	c := &cobra.Command{
		Use: "list", Aliases: []string{"ls"}, Short: "List " + strings.ReplaceAll(r.plural, "-", " ") + ", the newest first",
	}
	c.RunE = a.run(func(s *session, _ []string) error {
		path, err := s.collection(r)
		if err != nil {
			return err
		}
		return s.show(c, &l, path, r.columns)
	})
	l.flags(c, r.filters)
	return c
}

func (a *app) getCommand(r *resource) *cobra.Command {
	return &cobra.Command{
		Use: "get " + r.argument(), Aliases: []string{"show"}, Short: "Show " + r.a() + ", named by " + r.namedBy(),
		ValidArgsFunction: a.completeIDs(r),
		RunE: a.run(func(s *session, args []string) error {
			path, _, err := s.resolve(r, args[0])
			if err != nil {
				return err
			}
			return s.showOne(path)
		}),
	}
}

func (a *app) createCommand(r *resource) *cobra.Command {
	var key string
	var in *inputs
	c := &cobra.Command{Use: "create", Aliases: []string{"add"}, Short: "Create " + r.a()}
	c.RunE = a.run(func(s *session, _ []string) error {
		body, err := in.body(s.in, true)
		if err != nil {
			return err
		}
		path, err := s.collection(r)
		if err != nil {
			return err
		}
		if !r.global {
			if err := s.idsIn(body); err != nil {
				return err
			}
		}
		if r.keyed && key == "" {
			key = newID() // a request whose answer was lost is made again
		}
		answer, err := s.Do(s.ctx, api.Request{
			Method: http.MethodPost, Path: path, Body: body.value(), IdempotencyKey: key,
		})
		if err != nil {
			return err
		}
		return s.one(answer.Body)
	})
	in = take(c.Flags(), r.fields, onCreate)
	if r.keyed {
		keyFlag(c, &key)
	}
	completeValues(c, r.fields)
	return c
}

func keyFlag(c *cobra.Command, key *string) {
	c.Flags().Var((*keyValue)(key), "idempotency-key", "repeated with the same key, it is done once")
}

// keyValue is the flag of an Idempotency-Key, which the API takes as a header.
type keyValue string

func (k *keyValue) String() string { return string(*k) }

func (k *keyValue) Type() string { return "string" }

func (k *keyValue) Set(given string) error {
	if given == "" || len(given) > 255 || strings.ContainsFunc(given, func(r rune) bool { return r < ' ' || r > '~' }) {
		return errors.New("it must be 1 to 255 printable characters of ASCII")
	}
	*k = keyValue(given)
	return nil
}

func (a *app) updateCommand(r *resource) *cobra.Command {
	var unset []string
	var in *inputs
	c := &cobra.Command{
		Use: "update " + r.argument(), Short: "Change " + r.a(), ValidArgsFunction: a.completeIDs(r),
		Long: "Change " + r.a() + ". Only the fields whose flags are given change; --unset takes a field's value away.",
	}
	c.RunE = a.run(func(s *session, args []string) error {
		body, err := in.body(s.in, false)
		if err != nil {
			return err
		}
		for _, name := range unset {
			i := slices.IndexFunc(in.fields, func(f field) bool { return name == f.name || name == f.flagName() })
			if i < 0 {
				return usage("--unset: %s has no field %q", r.a(), name)
			}
			body.setAt(in.fields[i].name, jsontext.Value("null"))
		}
		if body.empty() {
			return usage("nothing to change: give a field, as --%s", in.fields[0].flagName())
		}
		return s.change(r, args[0], http.MethodPatch, nil, body.value(), "")
	})
	in = take(c.Flags(), r.fields, onUpdate)
	c.Flags().StringSliceVar(&unset, "unset", nil, "take these fields' values away")
	completeValues(c, r.fields)
	return c
}

// change does something with one thing and shows what is answered.
func (s *session) change(r *resource, named, method string, beneath []string, body jsontext.Value, key string) error {
	path, id, err := s.resolve(r, named)
	if err != nil {
		return err
	}
	for _, segment := range beneath {
		path += "/" + escape(segment)
	}
	answer, err := s.Do(s.ctx, api.Request{Method: method, Path: path, Body: body, IdempotencyKey: key})
	switch {
	case err != nil:
		return err
	case answer.Body != nil:
		return s.one(answer.Body)
	case s.json:
		o := newObject()
		o.set("id", text(id))
		o.set(r.gone, jsontext.Value("true"))
		return output.JSON(s.out, o.value())
	}
	s.note("%s %s is %s", r.words(), id, r.gone)
	return nil
}

func (a *app) removeCommand(r *resource) *cobra.Command {
	var yes bool
	c := &cobra.Command{
		Use: "rm " + r.argument(), Aliases: []string{"delete", "remove"}, Short: r.rm,
		Long:              r.rm + ". At a terminal it asks first, unless --yes is given. Repeated it is done already.",
		ValidArgsFunction: a.completeIDs(r),
	}
	c.RunE = a.run(func(s *session, args []string) error {
		if !yes && !s.agrees("%s %s will be %s", r.words(), args[0], r.gone) {
			return failed("nothing was done")
		}
		return s.change(r, args[0], http.MethodDelete, nil, nil, "")
	})
	yesFlag(c, &yes)
	return c
}

func yesFlag(c *cobra.Command, yes *bool) {
	c.Flags().BoolVarP(yes, "yes", "y", false, "do not ask")
}

// agrees asks a person; where none is, the command line was clear enough.
func (s *session) agrees(format string, args ...any) bool {
	if !output.IsTerminal(s.in) || !s.interactive() {
		return true
	}
	s.note(format+". Type yes to go on:", args...)
	answer, _ := bufio.NewReader(s.in).ReadString('\n')
	answer = strings.ToLower(strings.TrimSpace(answer))
	return answer == "yes" || answer == "y"
}

func (a *app) actionCommand(r *resource, act action) *cobra.Command {
	var key string
	var detach bool
	var in *inputs
	if act.path == nil {
		act.path = []string{act.name}
	}
	if act.method == "" {
		act.method = http.MethodPost
	}
	c := &cobra.Command{
		Use: act.name + " " + r.argument(), Short: act.short, ValidArgsFunction: a.completeIDs(r),
	}
	c.RunE = a.run(func(s *session, args []string) error {
		body, err := in.body(s.in, true)
		if err != nil {
			return err
		}
		if act.oneOf && len(body.names) != 1 {
			return usage("one must be given: %s", strings.Join(in.flags(), " or "))
		}
		var sent jsontext.Value
		if !body.empty() {
			sent = body.value()
		}
		if act.job {
			return s.startOn(r, args[0], act.path, sent, detach)
		}
		if act.keyed && key == "" {
			key = newID()
		}
		return s.change(r, args[0], act.method, act.path, sent, key)
	})
	in = take(c.Flags(), act.fields, 0)
	if act.keyed {
		keyFlag(c, &key)
	}
	if act.job {
		detachFlag(c, &detach)
	}
	return c
}

func query(name, value string) url.Values { return url.Values{name: {value}} }

func escape(segment string) string { return url.PathEscape(segment) }
