package cli

import (
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/cobra"

	"webplug/cmd/webplug/api"
	"webplug/cmd/webplug/deploy"
	"webplug/cmd/webplug/output"
	"webplug/infra/stage"
)

const statusHelp = `Says how a stage in an AWS account is: its stack, the versions of this binary, of the stack and of what runs, how far each
consumer of the log is behind, alarms, and what differs between what WebPlug wants of SNS and what is there. Reconciling mends
such differences by itself within an hour; what it cannot know of is listed with the command that removes it.`

func (a *app) statusCommand() *cobra.Command {
	var f cloudFlags
	c := &cobra.Command{Use: "status", Short: "Say how a WebPlug in an AWS account is", Long: statusHelp}
	return a.cloudCommand(c, &f, func(s *session, cloud *deploy.Cloud) error { return s.status(cloud, a.version) })
}

var (
	consumerColumns = []output.Column{{Title: "CONSUMER", Path: "name"}, {Title: "BEHIND", Path: "lag"}, {Title: "SINCE (ms)", Path: "lag_ms"}}
	alarmColumns    = []output.Column{{Title: "ALARM", Path: "name"}, {Title: "STATE", Path: "state"}, {Title: "SINCE", Path: "since", As: output.Moment}, {Title: "WHY", Path: "reason"}}
	driftColumns    = []output.Column{{Title: "DIFFERS", Path: "kind"}, {Title: "NAME", Path: "name"}, {Title: "HOW", Path: "why"}}
)

func (s *session) status(cloud *deploy.Cloud, version string) error {
	stack, err := cloud.LookAt(s.ctx)
	if err != nil {
		return err
	}
	if !stack.Exists() {
		return &failure{code: ExitNotFound, message: "there is no stage " + cloud.Stage + " in this account and region", try: "webplug deploy --stage " + cloud.Stage + " --region " + cloud.Region}
	}
	o := newObject()
	o.set("stage", text(cloud.Stage))
	o.set("status", text(string(stack.Status)))
	o.set("reason", text(stack.Reason))
	o.set("stack", text(cloud.Where.Stack()))
	o.set("changed_at", moment(stack))
	o.set("binary_version", text(version))
	o.set("stack_version", text(first(stack.Outputs[stage.OutputVersion], stack.Parameters[stage.ParamVersion])))
	o.set("api_url", text(stack.Outputs[stage.OutputAPI]))
	consumers, wanted := s.running(cloud, stack, o)
	alarms, err := cloud.AlarmStates(s.ctx)
	if err != nil {
		o.set("alarms_error", text(err.Error()))
	}
	var drift []deploy.Left
	if wanted != nil {
		if drift, err = cloud.Drift(s.ctx, *wanted); err != nil {
			o.set("drift_error", text(err.Error()))
		}
	}
	return s.showStatus(o, consumers, alarmRows(alarms), leftRows(drift))
}

func moment(stack deploy.Stack) jsontext.Value {
	at := stack.Updated
	if at.IsZero() {
		at = stack.Created
	}
	return text(at.UTC().Format(time.RFC3339))
}

// running asks the API how it is, and what it wants of SNS. Where it does not answer, that is what is told.
func (s *session) running(cloud *deploy.Cloud, stack deploy.Stack, o *object) (consumers []jsontext.Value, wanted *deploy.Wanted) {
	client, _, err := clientOf(s, cloud, stack)
	if err == nil {
		s.Client = client
		var v jsontext.Value
		if v, err = s.Get(s.ctx, api.Path("system")); err == nil {
			for _, m := range []struct{ path, name string }{
				{"version", "running_version"}, {"rows_format", "rows_format"}, {"generation", "generation"}, {"stuck", "stuck"}, {"waiting", "waiting"},
			} {
				if value := output.Find(v, m.path); value != nil {
					o.set(m.name, value)
				}
			}
			consumers = elements(output.Find(v, "consumers"))
			wanted, err = s.wanted()
		}
	}
	if err != nil {
		o.set("api_error", text(err.Error()))
		return consumers, nil
	}
	return consumers, wanted
}

// wanted is what the API's read models say that SNS should have.
func (s *session) wanted() (*deploy.Wanted, error) {
	w := &deploy.Wanted{Types: map[string]bool{}, Subscriptions: map[string]string{}}
	services, err := s.List(s.ctx, api.Path("services"), nil, 0)
	if err != nil {
		return nil, err
	}
	for _, v := range services.Data {
		types, err := s.List(s.ctx, api.Path("services", idOf(v), "event-types"), nil, 0)
		if err != nil {
			return nil, err
		}
		for _, t := range types.Data {
			w.Types[idOf(t)] = output.Find(t, "archived_at").Kind() == 'n'
		}
		subscriptions, err := s.List(s.ctx, api.Path("services", idOf(v), "subscriptions"), nil, 0)
		if err != nil {
			return nil, err
		}
		for _, sub := range subscriptions.Data {
			if arn := output.Find(sub, "sns.subscription_arn"); arn.Kind() == '"' && output.Plain(output.Find(sub, "status")) == "active" {
				w.Subscriptions[output.Plain(arn)] = output.Plain(output.Find(sub, "sns.url"))
			}
		}
	}
	return w, nil
}

func alarmRows(alarms []deploy.Alarm) []jsontext.Value {
	rows := make([]jsontext.Value, len(alarms))
	for i, a := range alarms {
		o := newObject()
		o.set("name", text(a.Name))
		o.set("state", text(a.State))
		o.set("since", text(a.Since.UTC().Format(time.RFC3339)))
		o.set("reason", text(a.Reason))
		rows[i] = o.value()
	}
	return rows
}

// showStatus shows it all: a card, and tables of what there is.
func (s *session) showStatus(o *object, consumers, alarms, drift []jsontext.Value) error {
	if s.json {
		o.set("consumers", array(consumers))
		o.set("alarms", array(alarms))
		o.set("drift", array(drift))
		return output.JSON(s.out, o.value())
	}
	if err := s.one(o.value()); err != nil {
		return err
	}
	for _, part := range []struct {
		columns []output.Column
		rows    []jsontext.Value
	}{{consumerColumns, consumers}, {alarmColumns, alarms}, {driftColumns, drift}} {
		if len(part.rows) == 0 {
			continue
		}
		if _, err := s.out.Write([]byte("\n")); err != nil {
			return err
		}
		if err := output.Table(s.out, s.colours, part.columns, part.rows); err != nil {
			return err
		}
	}
	return nil
}
