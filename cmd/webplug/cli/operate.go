package cli

import (
	"github.com/spf13/cobra"

	"webplug/cmd/webplug/api"
)

func (a *app) rebuildCommand() *cobra.Command {
	return a.operation("rebuild", "Make all read models anew from the event log", []string{"rebuild"},
		"Makes all read models anew from the event log, beside those in use, which they replace when they have caught up. Nothing\n"+
			"waits for it. It is a job in the server, which this waits for; it goes on if this ends. For the admin key.")
}

func (a *app) auditCommand() *cobra.Command {
	group := &cobra.Command{Use: "audit", Short: "Check the event log"}
	group.AddCommand(a.operation("verify", "Check the hash chain of every stream of the event log", []string{"audit", "verify"},
		"Checks that the event log is what was written: it follows the hash chain of every stream, and names each place that is\n"+
			"damaged. It fails if there is one. It is a job in the server, which this waits for. For the admin key."))
	return group
}

// operation is a command that starts a job of the whole server.
func (a *app) operation(name, short string, path []string, long string) *cobra.Command {
	var detach bool
	c := &cobra.Command{Use: name, Short: short, Long: long, Args: cobra.NoArgs}
	c.RunE = a.run(func(s *session, _ []string) error {
		return s.start(api.Path(path...), api.Path("jobs"), nil, detach)
	})
	detachFlag(c, &detach)
	return c
}
