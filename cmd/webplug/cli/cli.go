// Package cli has the commands that use a running WebPlug, each in a file of its own. They speak its API and nothing
// else. Data goes to stdout; everything else (notes, progress, errors) to stderr, as JSON where --output json is given,
// and notes only to a terminal.
package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// The exit codes of every command.
const (
	ExitDone       = 0
	ExitFailed     = 1
	ExitUsage      = 2
	ExitNotFound   = 3
	ExitNotAllowed = 4
)

const exitCodes = `Exit codes: 0 it is done; 1 it failed; 2 the command line is wrong; 3 there is no such thing; 4 the key is missing or
may not do this.`

const connecting = `Connection, the first that is there counts:
  --url, --api-key, --service                        flags (--api-key @FILE reads the key from a file)
  WEBPLUG_URL, WEBPLUG_API_KEY, WEBPLUG_SERVICE      environment
  profile                                            made by "webplug login", chosen by --profile or WEBPLUG_PROFILE
A service is named by its id or its name; a key that sees only one service needs no --service.

`

// The groups under which "webplug --help" lists commands.
const (
	groupRun = "run"
	groupUse = "use"
	groupAWS = "aws"
)

// Add gives a root command the groups and all commands of this package. version is the program's own.
func Add(root *cobra.Command, version string) {
	root.AddGroup(
		&cobra.Group{ID: groupRun, Title: "Run WebPlug:"},
		&cobra.Group{ID: groupUse, Title: "Use a WebPlug that runs:"},
		&cobra.Group{ID: groupAWS, Title: "WebPlug in an AWS account:"},
	)
	for _, c := range root.Commands() {
		c.GroupID = groupRun
	}
	a := &app{version: version}
	a.flags.add(root.Flags()) // "webplug --url … users list"
	root.TraverseChildren = true
	for _, construct := range a.constructors() {
		c := construct()
		c.GroupID = groupUse
		a.flags.add(c.PersistentFlags())
		if c.Long == "" {
			c.Long = c.Short + "."
		}
		root.AddCommand(c)
	}
	for _, c := range []*cobra.Command{a.deployCommand(), a.statusCommand(), a.destroyCommand()} {
		c.GroupID = groupAWS
		root.AddCommand(c)
	}
	root.InitDefaultCompletionCmd() // now, so that it is held to what all are held to
	completeWithoutPackage(root)
	addHelp(root)
}

// app is what all commands of one run share.
type app struct {
	version string
	flags   flags
}

// constructors are those of all commands; a further one is a line here.
func (a *app) constructors() []func() *cobra.Command {
	var all []func() *cobra.Command
	for _, r := range resources() {
		all = append(all, func() *cobra.Command { return a.resourceCommand(r) })
	}
	return append(all,
		a.publishCommand,
		a.messagesCommand,
		a.historyCommand,
		a.deadLettersCommand,
		a.jobsCommand,
		a.rebuildCommand,
		a.auditCommand,
		a.tailCommand,
		a.listenCommand,
		a.triggerCommand,
		a.verifyCommand,
		a.uiCommand,
		a.loginCommand,
		a.profilesCommand,
		a.docsCommand,
	)
}

// addHelp tells each command of a running WebPlug how it connects and ends, and sees to it that a group of commands
// refuses what is none of them.
func addHelp(root *cobra.Command) {
	for _, c := range root.Commands() {
		if c.GroupID == groupUse {
			explain(c)
		}
	}
	refuseUnknown(root)
}

func explain(c *cobra.Command) {
	if c.Runnable() && c.Annotations[offline] == "" {
		c.Long = strings.TrimSpace(c.Long) + "\n\n" + connecting + exitCodes
	} else {
		c.Long = strings.TrimSpace(c.Long) + "\n\n" + exitCodes
	}
	if c.Runnable() {
		c.Args = checkArguments
	}
	for _, beneath := range c.Commands() {
		if beneath.Long == "" {
			beneath.Long = beneath.Short + "."
		}
		explain(beneath)
	}
}

// checkArguments wants the arguments that a command's Use names; those in brackets may be left out.
func checkArguments(c *cobra.Command, args []string) error {
	names := strings.Fields(c.Use)[1:]
	switch {
	case len(args) > len(names):
		return usage("%q is one argument too many", args[len(names)])
	case len(args) < len(names) && !strings.HasPrefix(names[len(args)], "["):
		return usage("%s is missing", names[len(args)])
	}
	return nil
}

// offline marks commands that need no server.
const offline = "offline"

// refuseUnknown makes a command that only groups others fail on any other name; alone it shows its help.
func refuseUnknown(c *cobra.Command) {
	for _, beneath := range c.Commands() {
		refuseUnknown(beneath)
	}
	if c.Runnable() || !c.HasSubCommands() {
		return
	}
	c.RunE = func(c *cobra.Command, args []string) error {
		if len(args) == 0 {
			return c.Help()
		}
		message := fmt.Sprintf("unknown command %q for %q", args[0], c.CommandPath())
		c.SuggestionsMinimumDistance = min(2, max(1, len(args[0])-3))
		if near := c.SuggestionsFor(args[0]); len(near) > 0 {
			message += "; did you mean " + strings.Join(near, " or ") + "?"
		}
		return usage("%s", message)
	}
}
