package cli

import (
	"errors"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"webplug/cmd/webplug/api"
	"webplug/cmd/webplug/deploy"
	"webplug/infra/stage"
)

// finish makes a deployed stack usable: a profile, a webhook that goes through it, and what the stack gave, for programs.
func (d *deploying) finish(a *app, s *session, cloud *deploy.Cloud, stack deploy.Stack) error {
	given := newObject()
	given.set("stage", text(cloud.Stage))
	given.set("region", text(cloud.Region))
	given.set("account", text(cloud.Account))
	for _, out := range []struct{ name, output string }{
		{"version", stage.OutputVersion}, {"api_url", stage.OutputAPI}, {"ui_url", stage.OutputUI}, {"admin_key_secret_arn", stage.OutputAdminKey},
		{"master_key_secret_arn", stage.OutputMasterKey}, {"tables", stage.OutputTables}, {"alarms_topic_arn", stage.OutputAlarmsTopic},
	} {
		if value := stack.Outputs[out.output]; value != "" {
			given.set(out.name, text(value))
		}
	}
	name := first(a.flags.profile, stage.Name(cloud.Stage))
	err := d.connect(s, cloud, stack, name)
	if err == nil {
		given.set("profile", text(name))
	}
	if d.outputs != "" {
		err = errors.Join(err, writeJSON(d.outputs, given.value()))
	}
	if err := errors.Join(s.one(given.value()), err); err != nil {
		return err
	}
	s.tell("the admin key lies in Secrets Manager, and in the profile %s: webplug services list --profile %s", name, name)
	return nil
}

// connect reads the admin key, keeps it as a profile, and sends a webhook through the deployment.
func (d *deploying) connect(s *session, cloud *deploy.Cloud, stack deploy.Stack, name string) error {
	url := stack.Outputs[stage.OutputAPI]
	if url == "" {
		return failed("the stack says nothing of its API's URL (output %s)", stage.OutputAPI)
	}
	client, key, err := clientOf(s, cloud, stack)
	if err != nil {
		return err
	}
	if err := keepProfile(name, profile{URL: client.URL(), Key: key}); err != nil {
		return err
	}
	if d.unchecked {
		return nil
	}
	s.Client = client
	return s.checkDelivery(cloud.Watch, key)
}

// clientOf is a client of a stack's API, with the admin key.
func clientOf(s *session, cloud *deploy.Cloud, stack deploy.Stack) (*api.Client, string, error) {
	secret := stack.Outputs[stage.OutputAdminKey]
	if secret == "" {
		return nil, "", failed("the stack says nothing of its admin key (output %s)", stage.OutputAdminKey)
	}
	key, err := cloud.ReadSecret(s.ctx, secret)
	if err != nil {
		return nil, "", err
	}
	client, err := api.New(api.Options{URL: stack.Outputs[stage.OutputAPI], Key: key, Agent: "webplug-cli", Timeout: 30 * time.Second, Retries: 5, Jitter: rand.Float64})
	return client, key, err
}

// keepProfile keeps a connection. It becomes the one in use only where there is none: a deployment must not turn all later
// commands to another WebPlug.
func keepProfile(name string, p profile) error {
	kept, err := readProfiles()
	if err != nil {
		return err
	}
	if kept.Profiles == nil {
		kept.Profiles = map[string]profile{}
	}
	p.Service = kept.Profiles[name].Service
	if kept.Profiles[name].URL != p.URL {
		p.Service = ""
	}
	kept.Profiles[name], kept.Current = p, first(kept.Current, name)
	if err := kept.write(); err != nil {
		return &failure{message: "keep the profile", cause: err}
	}
	return nil
}

// forgetProfiles removes those that are for a URL, and says so.
func forgetProfiles(s *session, url string) error {
	kept, err := readProfiles()
	if err != nil || url == "" {
		return err
	}
	for _, name := range kept.names() {
		if !sameURL(kept.Profiles[name].URL, url) {
			continue
		}
		delete(kept.Profiles, name)
		if kept.Current == name {
			kept.Current = ""
		}
		s.tell("the profile %s is removed", name)
	}
	return kept.write()
}

// number is a JSON number.
func number(n int) jsontext.Value { return jsontext.Value(strconv.Itoa(n)) }
