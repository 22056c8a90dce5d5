package cli

import (
	"bufio"
	"errors"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/cobra"

	"webplug/cmd/webplug/deploy"
	"webplug/cmd/webplug/output"
	"webplug/infra/stage"
)

const destroyHelp = `Takes a stage of WebPlug out of an AWS account: its stack, and then what it made itself: topics, their subscriptions, log
groups, and the bucket of its deployments. They are found by their names and tags, also where the stack or the tables are gone.

Tables and the keys that open them stay, unless --delete-data is given, or the stage was deployed with --removal delete.

It says what will be lost, and wants the stage's name typed; where no terminal is, --confirm gives it. From whatever state it
can be run again, and what is gone already is no error. At the end it lists what is left, with the command that removes it.`

// destroying is what destroy takes.
type destroying struct {
	cloudFlags
	confirm          string
	deleteData, plan bool
}

func (a *app) destroyCommand() *cobra.Command {
	var d destroying
	c := &cobra.Command{
		Use: "destroy", Short: "Take WebPlug out of an AWS account", Long: destroyHelp,
		Example: "  webplug destroy --stage dev --region eu-west-1\n  webplug destroy --stage dev --delete-data --confirm dev",
	}
	a.cloudCommand(c, &d.cloudFlags, d.run)
	f := c.Flags()
	f.StringVar(&d.confirm, "confirm", "", "the stage's name, so that nobody is asked")
	f.BoolVar(&d.deleteData, "delete-data", false, "delete tables and keys too: the event log with all that it tells")
	f.BoolVar(&d.plan, "plan", false, "only say what would be lost")
	return c
}

func (d *destroying) run(s *session, cloud *deploy.Cloud) error {
	found, err := cloud.Inventory(s.ctx)
	if err != nil {
		return err
	}
	if found.Empty() {
		s.tell("there is nothing of stage %s in this account and region", cloud.Stage)
		return s.showRemoved(deploy.Removed{}, nil)
	}
	withData := d.deleteData || found.Stack.TakesData()
	s.tellLosses(cloud, found, withData)
	if d.plan {
		return s.showLeftovers(cloud, found)
	}
	if err := d.confirmed(s, cloud.Stage); err != nil {
		return err
	}
	removed, wrong := cloud.Destroy(s.ctx, withData)
	var stopped *deploy.Interrupted
	if errors.As(wrong, &stopped) || s.ctx.Err() != nil {
		return errors.Join(wrong, s.ctx.Err())
	}
	if removed.Stack {
		wrong = errors.Join(wrong, forgetProfiles(s, found.Stack.Outputs[stage.OutputAPI]))
	}
	after, err := cloud.Inventory(s.ctx)
	if err != nil {
		return errors.Join(wrong, err)
	}
	return errors.Join(s.showRemoved(removed, cloud.Left(after)), wrong)
}

// confirmed wants the stage's name, from the command line or a person.
func (d *destroying) confirmed(s *session, name string) error {
	if d.confirm != "" {
		if d.confirm != name {
			return usage("--confirm: %q is not the stage's name, %q", d.confirm, name)
		}
		return nil
	}
	if !s.atTerminal() || !s.interactive() {
		return usage("this cannot be undone: say --confirm %s where nobody can be asked, or look at it with --plan", name)
	}
	s.note("Type the stage's name to go on:")
	answer, _ := bufio.NewReader(s.in).ReadString('\n')
	if strings.TrimSpace(answer) != name {
		return failed("that is not its name: nothing was done")
	}
	return nil
}

// tellLosses says what is there, and what becomes of it.
func (s *session) tellLosses(cloud *deploy.Cloud, i deploy.Inventory, withData bool) {
	if i.Stack.Exists() {
		s.tell("the stack %s (%s) is taken down: nothing is accepted or delivered any more", cloud.Where.Stack(), i.Stack.Status)
		for _, line := range s.counts(cloud, i.Stack) {
			s.tell("  %s", line)
		}
	}
	for _, t := range i.Tables {
		fate := "is kept"
		if withData {
			fate = "IS DELETED"
		}
		s.tell("the table %s %s: about %d items, %s", t.Name, fate, t.Items, megabytes(t.Bytes))
	}
	for _, k := range i.Secrets {
		fate := "is kept"
		if withData {
			fate = "IS DELETED"
		}
		s.tell("the secret %s %s", k.Name, fate)
	}
	if n := len(i.Topics); n > 0 {
		s.tell("%s are deleted with all subscriptions: who subscribed must confirm anew", counted(n, "topic"))
	}
	if n := len(i.LogGroups); n > 0 {
		s.tell("%s are deleted", counted(n, "log group"))
	}
	if i.Bucket {
		s.tell("the bucket %s with the code of all versions is deleted", cloud.Bucket())
	}
}

func megabytes(bytes int64) string { return fmt.Sprintf("%.1f MB", float64(bytes)/1e6) }

// showLeftovers is the answer of --plan.
func (s *session) showLeftovers(cloud *deploy.Cloud, i deploy.Inventory) error {
	if !s.json {
		return nil // it is told already
	}
	return s.showLeft("found", cloud.Left(i), newObject())
}

var leftColumns = []output.Column{
	{Title: "LEFT", Path: "kind"}, {Title: "NAME", Path: "name"}, {Title: "WHY", Path: "why"},
}

// showRemoved says what was taken away and what is left.
func (s *session) showRemoved(r deploy.Removed, left []deploy.Left) error {
	o := newObject()
	o.set("stack", boolean(r.Stack))
	for _, n := range []struct {
		name string
		n    int
	}{
		{"topics", r.Topics}, {"subscriptions", r.Subscriptions}, {"log_groups", r.LogGroups}, {"tables", r.Tables}, {"secrets", r.Secrets},
	} {
		o.set(n.name, number(n.n))
	}
	o.set("bucket", boolean(r.Bucket))
	whole := newObject()
	whole.set("removed", o.value())
	if !s.json {
		s.tell("removed: %s", removedWords(r))
	}
	return s.showLeft("left", left, whole)
}

func removedWords(r deploy.Removed) string {
	var all []string
	if r.Stack {
		all = append(all, "the stack")
	}
	for _, n := range []struct {
		what string
		n    int
	}{
		{"topic", r.Topics}, {"subscription", r.Subscriptions}, {"log group", r.LogGroups}, {"table", r.Tables}, {"secret", r.Secrets},
	} {
		if n.n > 0 {
			all = append(all, counted(n.n, n.what))
		}
	}
	if r.Bucket {
		all = append(all, "the bucket")
	}
	return first(strings.Join(all, ", "), "nothing")
}

func leftRows(left []deploy.Left) []jsontext.Value {
	rows := make([]jsontext.Value, len(left))
	for i, l := range left {
		o := newObject()
		o.set("kind", text(l.Kind))
		o.set("name", text(l.Name))
		o.set("why", text(l.Why))
		o.set("command", text(l.Command))
		rows[i] = o.value()
	}
	return rows
}

func (s *session) showLeft(name string, left []deploy.Left, whole *object) error {
	rows := leftRows(left)
	if s.json {
		whole.set(name, array(rows))
		return output.JSON(s.out, whole.value())
	}
	if len(left) == 0 {
		s.tell("nothing is left")
		return nil
	}
	if err := output.Table(s.out, s.colours, leftColumns, rows); err != nil {
		return err
	}
	said := map[string]bool{}
	for _, l := range left { // commands in full, to be copied
		if !said[l.Command] {
			if _, err := fmt.Fprintln(s.out, l.Command); err != nil {
				return err
			}
		}
		said[l.Command] = true
	}
	return nil
}
