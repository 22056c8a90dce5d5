package cli

import (
	"errors"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/cobra"

	"webplug/cmd/webplug/api"
	"webplug/cmd/webplug/output"
)

var messageColumns = []output.Column{
	idColumn, typeColumn, userColumn, statusColumn, {Title: "DELIVERIES", Path: "deliveries", As: output.Counts}, createdColumn,
}

var deliveryColumns = []output.Column{
	{Title: "ENDPOINT", Path: "endpoint_id"}, statusColumn, {Title: "ATTEMPTS", Path: "attempts"}, {Title: "CODE", Path: "last_status_code"},
	{Title: "CAUSE", Path: "cause"}, {Title: "NEXT ATTEMPT", Path: "next_attempt_at", As: output.Moment}, {Title: "SKIPPED FOR", Path: "reason"},
}

var statusFilter = field{
	name: "status", usage: "only in this state", values: []string{"pending", "retrying", "delivered", "failed", "discarded", "skipped"},
}

func (a *app) messagesCommand() *cobra.Command {
	group := &cobra.Command{Use: "messages", Aliases: []string{"message"}, Short: "List and show messages, and retry what failed"}
	group.AddCommand(a.messagesListCommand(), a.messagesGetCommand(), a.deliveriesCommand(), a.messagesRetryCommand())
	return group
}

func (a *app) messagesListCommand() *cobra.Command {
	var l listing
	c := &cobra.Command{Use: "list", Aliases: []string{"ls"}, Short: "List messages, the newest first"}
	c.RunE = a.run(func(s *session, _ []string) error {
		path, err := s.within("messages")
		if err != nil {
			return err
		}
		return s.show(c, &l, path, messageColumns)
	})
	l.flags(c, []field{userFilter, eventTypeFilter, endpointFilter, statusFilter, causeFilter, sinceFilter, untilFilter})
	return c
}

func (a *app) messagesGetCommand() *cobra.Command {
	return &cobra.Command{
		Use: "get MESSAGE", Aliases: []string{"show"}, Short: "Show a message with its payload",
		RunE: a.run(func(s *session, args []string) error {
			path, err := s.messagePath(args[0])
			if err != nil {
				return err
			}
			return s.showOne(path)
		}),
	}
}

func (s *session) messagePath(id string, beneath ...string) (string, error) {
	if id == "" {
		return "", usage("a message is named by its id; it is empty here")
	}
	return s.within(append([]string{"messages", id}, beneath...)...)
}

func (a *app) deliveriesCommand() *cobra.Command {
	var l listing
	c := &cobra.Command{
		Use: "deliveries MESSAGE", Short: "List a message's deliveries, and who was skipped and why",
	}
	c.RunE = a.run(func(s *session, args []string) error {
		path, err := s.messagePath(args[0], "deliveries")
		if err != nil {
			return err
		}
		return s.show(c, &l, path, deliveryColumns)
	})
	l.flags(c, []field{endpointFilter, statusFilter, causeFilter})
	return c
}

// retrying is what messages retry takes.
type retrying struct {
	endpoint, reason string
	wait             bool
}

func (a *app) messagesRetryCommand() *cobra.Command {
	var r retrying
	c := &cobra.Command{
		Use: "retry MESSAGE", Short: "Try a message's failed deliveries again",
		Long: "Tries all failed deliveries of a message again, each with the whole schedule from now. With --endpoint-id it is that\n" +
			"delivery alone, whatever its state. That a retry is accepted does not mean that it is delivered: --wait waits for it.",
	}
	c.RunE = a.run(func(s *session, args []string) error { return r.run(s, args[0]) })
	c.Flags().StringVar(&r.endpoint, "endpoint-id", "", "only the delivery to this endpoint, by id or URL")
	c.Flags().StringVar(&r.reason, "reason", "", "why, for the message's history")
	c.Flags().BoolVar(&r.wait, "wait", false, "wait until each was tried, and fail unless all were delivered")
	return c
}

func (r retrying) run(s *session, message string) error {
	path, err := s.messagePath(message, "deliveries")
	if err != nil {
		return err
	}
	if r.endpoint, err = s.endpointID(r.endpoint); err != nil {
		return err
	}
	endpoints := []string{r.endpoint}
	if r.endpoint == "" {
		page, err := s.List(s.ctx, path, query("status", "failed"), 0)
		if err != nil {
			return err
		}
		if endpoints = nil; len(page.Data) == 0 {
			s.tell("no delivery of %s has failed", message)
		}
		for _, d := range page.Data {
			endpoints = append(endpoints, output.Plain(output.Find(d, "endpoint_id")))
		}
	}
	var retried []jsontext.Value
	var refused error
	for _, endpoint := range endpoints {
		v, err := s.Post(s.ctx, path+"/"+escape(endpoint)+"/retry", reasonBody(r.reason))
		if err != nil {
			var p *api.Problem
			if !errors.As(err, &p) {
				return err
			}
			p.Detail = endpoint + ": " + p.Detail
			refused = errors.Join(refused, p)
			continue
		}
		retried = append(retried, v)
	}
	if refused == nil && r.wait {
		return s.settle(message, nil)
	}
	if err := s.list(deliveryColumns, api.Page{Data: retried}); err != nil {
		return err
	}
	return refused
}

func reasonBody(reason string) jsontext.Value {
	if reason == "" {
		return nil
	}
	o := newObject()
	o.set("reason", text(reason))
	return o.value()
}

const settlePause = 150 * time.Millisecond

// settle waits until it is decided who gets a message, and no delivery is pending, and shows them, or in JSON the accepted
// message with them. It fails unless each was delivered.
func (s *session) settle(message string, accepted jsontext.Value) error {
	path, err := s.messagePath(message, "deliveries")
	if err != nil {
		return err
	}
	routing := output.Plain(output.Find(accepted, "more")) == "true"
	var page api.Page
	for {
		if routing {
			if routing, err = s.routing(message); err != nil {
				return err
			}
		}
		if !routing { // else the list is long, and not whole
			if page, err = s.List(s.ctx, path, nil, 0); err != nil {
				return err
			}
			if !anyPending(page.Data) {
				break
			}
		}
		if err := api.Wait(s.ctx, settlePause); err != nil {
			return failed("stopped waiting; %s goes on: webplug messages deliveries %s", message, message)
		}
	}
	if err := s.showSettled(message, accepted, page); err != nil {
		return err
	}
	for _, d := range page.Data {
		switch output.Plain(output.Find(d, "status")) {
		case "retrying", "failed":
			return &failure{code: ExitFailed, message: "not all deliveries were taken", try: "webplug history " + message}
		}
	}
	return nil
}

// routing says whether it is yet to be decided on further endpoints of a message.
func (s *session) routing(message string) (bool, error) {
	path, err := s.messagePath(message)
	if err != nil {
		return false, err
	}
	v, err := s.Get(s.ctx, path)
	return output.Plain(output.Find(v, "more")) == "true", err
}

func (s *session) showSettled(message string, accepted jsontext.Value, page api.Page) error {
	if s.json && accepted != nil {
		o := parseObject(accepted)
		o.set("outcomes", array(page.Data))
		return s.one(o.value())
	}
	if accepted != nil {
		s.note("%s", message)
	}
	return s.list(deliveryColumns, page)
}

func anyPending(deliveries []jsontext.Value) bool {
	for _, d := range deliveries {
		if output.Plain(output.Find(d, "status")) == "pending" {
			return true
		}
	}
	return false
}

func idOf(v jsontext.Value) string { return output.Plain(output.Find(v, "id")) }

// atTerminal says whether stdin is a person's.
func (s *session) atTerminal() bool { return output.IsTerminal(s.in) }
