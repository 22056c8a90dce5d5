package cli

import (
	"github.com/spf13/cobra"

	"webplug/cmd/webplug/api"
	"webplug/cmd/webplug/output"
)

func (a *app) rebuildCommand() *cobra.Command {
	return a.operation("rebuild", "Make all read models anew from the event log", []string{"rebuild"},
		"Makes all read models anew from the event log, beside those in use, which they replace when they have caught up. Nothing\n"+
			"waits for it. It is a job in the server, which this waits for; it goes on if this ends. For the admin key.")
}

func (a *app) auditCommand() *cobra.Command {
	group := &cobra.Command{Use: "audit", Short: "Read and check the event log"}
	group.AddCommand(a.eventsCommand(), a.operation("verify", "Check the hash chain of every stream of the event log", []string{"audit", "verify"},
		"Checks that the event log is what was written: it follows the hash chain of every stream, and names each place that is\n"+
			"damaged. It fails if there is one. It is a job in the server, which this waits for. For the admin key."))
	return group
}

var eventColumns = []output.Column{
	{Title: "TIME", Path: "time", As: output.Moment}, {Title: "EVENT", Path: "type"}, {Title: "STREAM", Path: "stream"},
	{Title: "VERSION", Path: "version"}, {Title: "BY", Path: "actor_name"},
}

func (a *app) eventsCommand() *cobra.Command {
	var l listing
	var everywhere bool
	c := &cobra.Command{Use: "list", Aliases: []string{"ls"}, Short: "List the service's events, the oldest first"}
	c.RunE = a.run(func(s *session, _ []string) error {
		path, err := api.Path("history"), error(nil)
		if !everywhere {
			path, err = s.within("history")
		}
		if err != nil {
			return err
		}
		return s.show(c, &l, path, eventColumns)
	})
	l.flags(c, []field{
		{name: "stream", usage: "only of this stream"}, {name: "type", usage: "only events of this type"},
		{name: "actor", usage: "only what this key or component did"},
		{name: "order", usage: "which come first", values: []string{"oldest", "newest"}}, sinceFilter, untilFilter,
	})
	c.Flags().BoolVar(&everywhere, "all-services", false, "of all services, for the admin key")
	return c
}

// operation is a command that starts a job of the whole server.
func (a *app) operation(name, short string, path []string, long string) *cobra.Command {
	var detach bool
	c := &cobra.Command{Use: name, Short: short, Long: long}
	c.RunE = a.run(func(s *session, _ []string) error {
		return s.start(api.Path(path...), api.Path("jobs"), nil, detach)
	})
	detachFlag(c, &detach)
	return c
}
