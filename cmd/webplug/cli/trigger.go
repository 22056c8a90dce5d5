package cli

import (
	"net/http"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/cobra"

	"webplug/cmd/webplug/api"
	"webplug/cmd/webplug/output"
)

const triggerHelp = `Publishes a message with the example of an event type as its payload, some values of it replaced by --set. With --user-id only
this user's endpoints get it, with --endpoint-id one endpoint alone, marked as a test.`

// triggering is what trigger takes.
type triggering struct {
	publishing
	endpoint string
	set      []string
	yes      bool
}

func (a *app) triggerCommand() *cobra.Command {
	var t triggering
	c := &cobra.Command{
		Use: "trigger TYPE", Short: "Publish a message made of an event type's example", Long: triggerHelp,
		Example:           "  webplug trigger card_issued --user-id usr_… --set card=4242 --set holder.name=Ada --wait",
		ValidArgsFunction: a.completeIDs(eventTypes()),
	}
	c.RunE = a.run(func(s *session, args []string) error { return t.run(s, args[0]) })
	f := c.Flags()
	f.StringVar(&t.user, "user-id", "", "only to this user's endpoints, by id or external id; to all users' if left out")
	f.StringVar(&t.endpoint, "endpoint-id", "", "only to this endpoint, by id or URL")
	f.StringArrayVar(&t.set, "set", nil, "replace a value: PATH=VALUE, the path with dots, the value JSON or a text; may be repeated")
	f.BoolVar(&t.wait, "wait", false, "wait until each delivery was tried, and fail unless all were delivered")
	keyFlag(c, &t.key)
	yesFlag(c, &t.yes)
	return c
}

func (t triggering) run(s *session, eventType string) error {
	var answer jsontext.Value
	var err error
	switch {
	case t.endpoint != "" && (t.user != "" || len(t.set) > 0):
		return usage("--endpoint-id goes without --user-id and --set: it sends the example as it is")
	case t.endpoint != "":
		answer, err = t.test(s, eventType)
	case t.user == "" && !t.yes && !s.agrees("all users who subscribed %s will get it", eventType):
		return failed("nothing was done")
	default:
		answer, err = t.example(s, eventType)
	}
	switch {
	case err != nil:
		return err
	case t.wait:
		return s.settle(idOf(answer), answer)
	}
	return s.one(answer)
}

func (t triggering) test(s *session, eventType string) (jsontext.Value, error) {
	id, err := s.endpointID(t.endpoint)
	if err != nil {
		return nil, err
	}
	path, err := s.within("endpoints", id, "test")
	if err != nil {
		return nil, err
	}
	body := newObject()
	body.set("event_type", text(eventType))
	a, err := s.Do(s.ctx, api.Request{Method: http.MethodPost, Path: path, Body: body.value(), IdempotencyKey: first(t.key, newID())})
	return a.Body, err
}

func (t triggering) example(s *session, eventType string) (jsontext.Value, error) {
	path, id, err := s.resolve(eventTypes(), eventType)
	if err != nil {
		return nil, err
	}
	described, err := s.Get(s.ctx, path)
	if err != nil {
		return nil, err
	}
	example := output.Find(described, "example")
	if example.Kind() == 'n' {
		return nil, &failure{
			code: ExitFailed, message: "the event type " + eventType + " has no example",
			try: "webplug event-types update " + id + " --example '{…}'",
		}
	}
	if example, err = replaced(example, t.set); err != nil {
		return nil, err
	}
	return t.publish(s, output.Plain(output.Find(described, "name")), example, t.key)
}

// replaced is a payload with some values replaced: "holder.name=Ada".
func replaced(payload jsontext.Value, set []string) (jsontext.Value, error) {
	if len(set) == 0 {
		return payload, nil
	}
	if payload.Kind() != '{' {
		return nil, usage("--set: the example is no object")
	}
	o := parseObject(payload)
	for _, pair := range set {
		path, given, ok := strings.Cut(pair, "=")
		if !ok || path == "" {
			return nil, usage("--set: %q is not PATH=VALUE", pair)
		}
		value := jsontext.Value(given)
		if !value.IsValid() {
			value = text(given)
		}
		o.setAt(path, value)
	}
	return o.value(), nil
}
