package cli

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"webplug/cmd/webplug/output"
)

// completionLimit is how long a shell waits for the server.
const completionLimit = 2 * time.Second

// completeValues lets a shell complete flags that have only certain values.
func completeValues(c *cobra.Command, fields []field) {
	for _, f := range fields {
		if len(f.values) > 0 && c.Flags().Lookup(f.flagName()) != nil {
			_ = c.RegisterFlagCompletionFunc(f.flagName(), cobra.FixedCompletions(f.values, cobra.ShellCompDirectiveNoFileComp)) // it exists
		}
	}
}

// completeIDs lets a shell complete the ids, or names, of a resource, from the server. Without an answer there are none.
func (a *app) completeIDs(r *resource) cobra.CompletionFunc {
	return func(c *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		ctx, cancel := context.WithTimeout(context.Background(), completionLimit)
		defer cancel()
		c.SetContext(ctx)
		var found []string
		_ = a.run(func(s *session, _ []string) error {
			path, err := s.collection(r)
			if err != nil {
				return err
			}
			page, err := s.List(ctx, path, nil, 100)
			for _, row := range page.Data {
				found = append(found, candidates(r, row, begun)...)
			}
			return err
		})(c, nil) // a shell shows no errors
		return found, cobra.ShellCompDirectiveNoFileComp
	}
}

func candidates(r *resource, row []byte, begun string) []string {
	if output.Plain(output.Find(row, "archived_at")) != "-" || output.Plain(output.Find(row, "revoked_at")) != "-" {
		return nil
	}
	id, about := output.Plain(output.Find(row, "id")), ""
	for _, path := range []string{"name", "url", "event_type"} {
		if text := output.Plain(output.Find(row, path)); text != "-" {
			about = output.Line(text, 60)
			break
		}
	}
	if r.lookup == "name" && !strings.HasPrefix(begun, r.prefix) {
		id, about = about, id
	}
	if !strings.HasPrefix(id, begun) {
		return nil
	}
	return []string{cobra.CompletionWithDesc(id, about)}
}
