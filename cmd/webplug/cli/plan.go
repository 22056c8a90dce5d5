package cli

import (
	"fmt"
	"io"

	"github.com/go-json-experiment/json/jsontext"

	"webplug/cmd/webplug/deploy"
	"webplug/cmd/webplug/output"
)

var changeColumns = []output.Column{
	{Title: "CHANGE", Path: "action"}, {Title: "TYPE", Path: "type"}, {Title: "RESOURCE", Path: "resource"}, {Title: "NOTE", Path: "note"},
}

// changeWords are what people call CloudFormation's actions.
var changeWords = map[string]string{"Add": "make", "Modify": "change", "Remove": "remove", "Import": "take over", "Dynamic": "perhaps"}

func changeRow(c deploy.Change) jsontext.Value {
	o := newObject()
	o.set("action", text(first(changeWords[c.Action], c.Action)))
	o.set("type", text(c.Type))
	o.set("resource", text(c.Resource))
	note := ""
	switch {
	case c.LosesData():
		note = "its data would be lost: this is refused"
	case c.Replaced == "True":
		note = "made anew in its place"
	case c.Replaced != "":
		note = "made anew if need be"
	case c.If != "":
		note = "if " + c.If
	}
	o.set("note", text(note))
	return o.value()
}

// sentences are what a plan says beside its changes.
func sentences(p *deploy.Plan) []string {
	var all []string
	if p.Repair != "" {
		all = append(all, p.Repair)
	}
	for _, name := range p.Adopted {
		all = append(all, "takes over what an earlier deployment kept: "+name)
	}
	switch {
	case p.Blind:
		all = append(all, "what changes after that is told then")
	case p.First:
		all = append(all, fmt.Sprintf("the stack is made, version %s:", p.To))
	case p.Nothing():
		all = append(all, fmt.Sprintf("nothing to change: %s is deployed as it should be", p.To))
	case p.From != p.To:
		all = append(all, fmt.Sprintf("version %s ▶ %s:", first(p.From, "unknown"), p.To))
	default:
		all = append(all, fmt.Sprintf("version %s stays:", p.To))
	}
	return all
}

// writePlan writes a plan for people.
func writePlan(out io.Writer, colours output.Palette, p *deploy.Plan) error {
	for _, sentence := range sentences(p) {
		if _, err := fmt.Fprintln(out, sentence); err != nil {
			return err
		}
	}
	if len(p.Changes) == 0 {
		return nil
	}
	rows := make([]jsontext.Value, len(p.Changes))
	for i, c := range p.Changes {
		rows[i] = changeRow(c)
	}
	return output.Table(out, colours, changeColumns, rows)
}

// tellPlan shows a plan before the question.
func (s *session) tellPlan(p *deploy.Plan) {
	if !s.json {
		_ = writePlan(s.err, output.PaletteFor(s.err), p) // like every note
	}
}

// showPlan is the answer of --plan.
func (s *session) showPlan(cloud *deploy.Cloud, p *deploy.Plan) error {
	if !s.json {
		return writePlan(s.out, s.colours, p)
	}
	o := newObject()
	o.set("stage", text(cloud.Stage))
	o.set("region", text(cloud.Region))
	o.set("account", text(cloud.Account))
	o.set("status", text(string(p.Stack.Status)))
	o.set("from", text(p.From))
	o.set("to", text(p.To))
	o.set("first", boolean(p.First))
	o.set("repair", text(p.Repair))
	o.set("takes_over", texts(p.Adopted))
	changes := make([]jsontext.Value, len(p.Changes))
	for i, c := range p.Changes {
		row := newObject()
		row.set("action", text(c.Action))
		row.set("type", text(c.Type))
		row.set("resource", text(c.Resource))
		row.set("name", text(c.Physical))
		row.set("replacement", text(c.Replaced))
		row.set("loses_data", boolean(c.LosesData()))
		row.set("if", text(c.If))
		changes[i] = row.value()
	}
	o.set("changes", array(changes))
	return output.JSON(s.out, o.value())
}
