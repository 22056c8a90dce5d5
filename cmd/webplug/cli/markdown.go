package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func (a *app) docsCommand() *cobra.Command {
	return &cobra.Command{
		Use: "docs", Short: "Print the help of all commands as Markdown", Hidden: true,
		Annotations: map[string]string{offline: "yes"},
		RunE:        func(c *cobra.Command, _ []string) error { return Markdown(c.OutOrStdout(), c.Root()) },
	}
}

// Markdown writes the help of all commands as one page. Values of the environment must not be among the flags' defaults.
func Markdown(out io.Writer, root *cobra.Command) error {
	var b strings.Builder
	b.WriteString("# The command line\n\nMade by `webplug docs`; edit the commands, not this page.\n\n")
	b.WriteString("Every command that uses a running WebPlug takes these flags too:\n\n")
	writeFlags(&b, root.Flags())
	b.WriteString("\n" + fenced(connecting) + "\n" + exitCodes + "\n\n")
	for _, group := range root.Groups() {
		fmt.Fprintf(&b, "**%s**\n\n", strings.TrimSuffix(group.Title, ":"))
		for _, c := range root.Commands() {
			if c.GroupID == group.ID && !c.Hidden {
				fmt.Fprintf(&b, "- [%s](#%s): %s\n", c.Name(), anchor(c), c.Short)
			}
		}
		b.WriteByte('\n')
	}
	for _, group := range root.Groups() {
		for _, c := range root.Commands() {
			if c.GroupID == group.ID && !c.Hidden {
				describe(&b, c, 2)
			}
		}
	}
	_, err := io.WriteString(out, strings.TrimRight(b.String(), "\n")+"\n")
	return err
}

func anchor(c *cobra.Command) string { return strings.ReplaceAll(c.CommandPath(), " ", "-") }

func describe(b *strings.Builder, c *cobra.Command, level int) {
	fmt.Fprintf(b, "%s %s\n\n", strings.Repeat("#", level), c.CommandPath())
	long := strings.TrimSuffix(strings.TrimSpace(c.Long), strings.TrimSpace(exitCodes))
	long = strings.TrimSuffix(strings.TrimSpace(long), strings.TrimSpace(connecting))
	if long = strings.TrimSpace(long); long == "" {
		long = c.Short + "."
	}
	if strings.Contains(long, "\n  ") { // it has a part that is set out
		b.WriteString(fenced(long))
	} else {
		b.WriteString(long + "\n")
	}
	if c.Runnable() && !c.HasSubCommands() {
		b.WriteString("\n" + fenced(c.UseLine()))
		if len(c.Aliases) > 0 {
			fmt.Fprintf(b, "\nAlso: `%s`\n", strings.Join(c.Aliases, "`, `"))
		}
		b.WriteByte('\n')
		writeFlags(b, c.LocalNonPersistentFlags())
	}
	if c.Example != "" {
		b.WriteString("\n" + fenced(c.Example))
	}
	b.WriteByte('\n')
	for _, beneath := range c.Commands() {
		if beneath.IsAvailableCommand() {
			describe(b, beneath, level+1)
		}
	}
}

func writeFlags(b *strings.Builder, set *pflag.FlagSet) {
	set.VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Name == "help" {
			return
		}
		name := "--" + f.Name
		if f.Shorthand != "" {
			name = "-" + f.Shorthand + ", " + name
		}
		if kind := f.Value.Type(); kind != "bool" {
			name += " " + kind
		}
		usage := f.Usage
		if d := f.DefValue; d != "" && d != "false" && d != "[]" && d != "0" && d != "0s" {
			usage += " (default `" + d + "`)"
		}
		fmt.Fprintf(b, "- `%s`: %s\n", name, usage)
	})
}

func fenced(text string) string { return "```\n" + strings.Trim(text, "\n") + "\n```\n" }
