package cli

import (
	"errors"
	"os"

	"github.com/spf13/cobra"

	"webplug/cmd/webplug/deploy"
	"webplug/domain"
	"webplug/infra/release"
)

const deployHelp = `Puts a stage of WebPlug into an AWS account, or brings one that is there to this binary's version. Nothing else is needed:
no Node, no CDK, no clone.

It says who does it, where, and what will change, and asks before it changes anything; --plan only says it. Where no terminal
is, --yes is needed. Interrupted, or after a failure, the same command goes on from whatever is there.

At the end it sends a webhook through the deployment and waits until it is delivered, writes what the stack gave to --outputs,
and keeps a profile with the admin key, so that all other commands work with --profile. The key itself is never printed.`

// deploying is what deploy takes.
type deploying struct {
	cloudFlags
	defaultFormat, alarmEmail, removal string
	template, code                     string
	outputs                            string
	plan, yes, unchecked               bool
}

func (a *app) deployCommand() *cobra.Command {
	var d deploying
	c := &cobra.Command{
		Use: "deploy", Short: "Put WebPlug into an AWS account, or bring it up to date", Long: deployHelp,
		Example: "  webplug deploy --stage prod --region eu-west-1 --plan\n  webplug deploy --stage prod --region eu-west-1 --alarm-email ops@example.com",
	}
	a.cloudCommand(c, &d.cloudFlags, func(s *session, cloud *deploy.Cloud) error { return d.run(a, c, s, cloud) })
	f := c.Flags()
	f.StringVar(&a.flags.profile, "profile", "", "the name of the WebPlug profile to keep; webplug-STAGE if not said")
	f.StringVar(&d.defaultFormat, "default-format", "", "format of endpoints that name none: sns or standard-webhooks; sns at first, then as it is")
	f.StringVar(&d.alarmEmail, "alarm-email", "", "where alarms go; \"\" for nowhere; if not said, as it is")
	f.StringVar(&d.removal, "removal", "", "what destroy does with tables and keys: retain or delete; retain at first, then as it is")
	f.StringVar(&d.outputs, "outputs", "outputs.json", "the file for what the stack gave; \"\" for none")
	f.BoolVar(&d.plan, "plan", false, "only say what would change")
	f.BoolVar(&d.unchecked, "skip-check", false, "do not send a webhook at the end")
	f.StringVar(&d.template, "template", "", "another CloudFormation template than the one in this binary")
	f.StringVar(&d.code, "package", "", "another package of the functions than the one in this binary")
	yesFlag(c, &d.yes)
	return c
}

// settings are those that the command line gives.
func (d *deploying) settings(c *cobra.Command) (deploy.Settings, error) {
	var given deploy.Settings
	for name, to := range map[string]**string{"default-format": &given.DefaultFormat, "alarm-email": &given.AlarmEmail, "removal": &given.Removal} {
		if flag := c.Flags().Lookup(name); flag.Changed {
			value := flag.Value.String()
			*to = &value
		}
	}
	if given.DefaultFormat != nil {
		if err := domain.CheckFormat("--default-format", domain.Format(d.defaultFormat)); err != nil {
			return given, usage("%s", err)
		}
	}
	if given.Removal != nil && d.removal != "retain" && d.removal != deploy.RemovalDelete {
		return given, usage("--removal: %q is neither retain nor delete", d.removal)
	}
	return given, nil
}

// release is what is deployed: the binary's own stack and code, or files.
func (d *deploying) release(version string) (deploy.Release, error) {
	r := deploy.Release{Version: version}
	var err error
	if r.Template, err = fileOr(d.template, release.Template); err != nil {
		return r, notInBinary(err)
	}
	r.Package, err = fileOr(d.code, release.Package)
	return r, notInBinary(err)
}

func fileOr(path string, otherwise func() ([]byte, error)) ([]byte, error) {
	if path != "" {
		return os.ReadFile(path)
	}
	return otherwise()
}

func notInBinary(err error) error {
	if errors.Is(err, release.ErrMissing) {
		return &failure{code: ExitUsage, cause: err, try: "make release, then bin/webplug deploy"}
	}
	return err
}

func (d *deploying) run(a *app, c *cobra.Command, s *session, cloud *deploy.Cloud) error {
	chosen, err := d.settings(c)
	if err != nil {
		return err
	}
	what, err := d.release(a.version)
	if err != nil {
		return err
	}
	for _, note := range cloud.CheckQuotas(s.ctx) {
		s.tell("%s", note)
	}
	plan, err := cloud.Plan(s.ctx, what, chosen)
	if err != nil {
		return err
	}
	if d.plan {
		return errors.Join(s.showPlan(cloud, plan), cloud.Discard(s.ctx, plan))
	}
	for plan.Repair != "" { // a second time only after one whose outcome could not be told
		if err := d.agreed(s, cloud, plan); err != nil {
			return err
		}
		if err := cloud.Repair(s.ctx, plan); err != nil {
			return err
		}
		if plan.Repair = ""; plan.Blind {
			if plan, err = cloud.Plan(s.ctx, what, chosen); err != nil {
				return err
			}
			continue
		}
		return d.apply(a, s, cloud, plan)
	}
	if plan.Nothing() {
		s.tell("nothing to change: %s is deployed as it should be", first(plan.To, "it"))
		return d.finish(a, s, cloud, plan.Stack)
	}
	if err := d.agreed(s, cloud, plan); err != nil {
		return err
	}
	return d.apply(a, s, cloud, plan)
}

func (d *deploying) apply(a *app, s *session, cloud *deploy.Cloud, plan *deploy.Plan) error {
	stack, err := cloud.Apply(s.ctx, plan)
	if err != nil {
		return err
	}
	return d.finish(a, s, cloud, stack)
}

// agreed shows a plan and asks.
func (d *deploying) agreed(s *session, cloud *deploy.Cloud, plan *deploy.Plan) error {
	s.tellPlan(plan)
	switch {
	case d.yes:
		return nil
	case !s.atTerminal() || !s.interactive():
		_ = cloud.Discard(s.ctx, plan) // what is in the way is so in the next run too
		return usage("this changes an AWS account: say --yes where nobody can be asked, or look at it with --plan")
	case s.agrees("this will be done in account %s, region %s", cloud.Account, cloud.Region):
		return nil
	}
	if err := cloud.Discard(s.ctx, plan); err != nil {
		return err
	}
	return failed("nothing was done")
}
