package cli

import (
	"errors"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"webplug/cmd/webplug/deploy"
	"webplug/infra/stage"
)

// cloudFlags are those of every command that works in an AWS account.
type cloudFlags struct {
	stage, region, awsProfile string
	poll                      time.Duration
}

const inAccount = `Credentials and region come from AWS's own configuration: environment, profiles, single sign-on, a machine's role;
--aws-profile and --region choose others. A stage is one WebPlug in an account and region, and its name is part of the name of
everything that it has there.`

func (f *cloudFlags) add(set *pflag.FlagSet, a *app) {
	set.StringVar(&f.stage, "stage", first(os.Getenv("WEBPLUG_STAGE"), "dev"), "the stage's name, 2 to 20 of a-z, 0-9 and -")
	set.StringVar(&f.region, "region", "", "the AWS region, else AWS_REGION or the one of the AWS profile")
	set.StringVar(&f.awsProfile, "aws-profile", "", "a profile of AWS's own configuration, else AWS_PROFILE")
	set.StringVarP(&a.flags.output, "output", "o", outputTable, "table, or json")
	set.DurationVar(&f.poll, "poll", 3*time.Second, "how often CloudFormation is asked how far it is")
	_ = set.MarkHidden("poll") // of tests
}

// cloudCommand is a command in an AWS account.
func (a *app) cloudCommand(c *cobra.Command, f *cloudFlags, do func(s *session, cloud *deploy.Cloud) error) *cobra.Command {
	c.Long = strings.TrimSpace(c.Long) + "\n\n" + inAccount + "\n\n" + exitCodes
	c.Args = checkArguments
	f.add(c.Flags(), a)
	c.RunE = func(c *cobra.Command, _ []string) error {
		a.flags.timeout = 30 * time.Second
		s, err := a.local(c)
		if err != nil {
			return err
		}
		cloud, err := f.open(s, a.version)
		if err != nil {
			return err
		}
		return saidOf(do(s, cloud))
	}
	return c
}

// open reaches the account, and says who and where.
func (f *cloudFlags) open(s *session, version string) (*deploy.Cloud, error) {
	if !stage.Valid(f.stage) {
		return nil, usage("--stage: %q is not 2 to 20 of a-z, 0-9 and -, a letter first and no - last", f.stage)
	}
	cloud, err := deploy.Open(s.ctx, deploy.Options{Stage: f.stage, Region: f.region, Profile: f.awsProfile, Agent: "webplug/" + version})
	if err != nil {
		return nil, saidOf(err)
	}
	cloud.Poll, cloud.Token, cloud.Watch = f.poll, newID, newWatch(s)
	s.tell("account %s  region %s  stage %s\nas %s", cloud.Account, cloud.Region, cloud.Stage, cloud.Caller)
	if strings.HasSuffix(cloud.Caller, ":root") {
		s.tell("these are the credentials of the account's root user: better use those of a person or role")
	}
	return cloud, nil
}

// saidOf gives an error of the deployment its exit code and what to try.
func saidOf(err error) error {
	var e *deploy.Error
	if !errors.As(err, &e) {
		return err
	}
	f := &failure{code: ExitFailed, cause: err, try: e.Try}
	switch {
	case e.Usage:
		f.code = ExitUsage
	case e.Denied:
		f.code = ExitNotAllowed
	}
	return f
}
