// Package deploy puts a stage of WebPlug into an AWS account, updates it, and takes it down again: CloudFormation makes what
// the stack's template describes, and what the stage itself made at run time is found by name and tag. It can be begun again
// from whatever a run before left behind. What people see of it is the commands' work; it tells them by Watch.
package deploy

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/resourcegroupstaggingapi"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"webplug/infra/stage"
)

// Where is a stage in an account.
type Where struct {
	Stage     string
	Region    string
	Account   string // 12 digits
	Partition string // aws, aws-cn, aws-us-gov
	Caller    string // ARN of who deploys
}

// Bucket is the name of the stage's own bucket.
func (w Where) Bucket() string { return stage.Bucket(w.Stage, w.Account, w.Region) }

// Stack is the name of the stage's stack.
func (w Where) Stack() string { return stage.Stack(w.Stage) }

// objectURL is where CloudFormation reads an object of the bucket.
func (w Where) objectURL(key string) string {
	domain := "amazonaws.com"
	if w.Partition == "aws-cn" {
		domain += ".cn"
	}
	return "https://" + w.Bucket() + ".s3." + w.Region + "." + domain + "/" + key
}

// Cloud is one account and region, as a stage's deployment uses it.
type Cloud struct {
	Where

	CloudFormation CloudFormation
	S3             S3
	Secrets        Secrets
	Quotas         Quotas
	Topics         Topics
	Logs           Logs
	Tables         Tables
	Tagged         Tagged
	Alarms         Alarms

	Watch Watch
	Poll  time.Duration // between two looks at a stack at work
	Token func() string // names of change sets, made of letters, digits and -
}

// Watch is told what a deployment does. It is called by one goroutine.
type Watch interface {
	Step(sentence string) // it begins something, or has to say something
	Stack(Progress)       // a stack at work, at each look
}

// Options say where a stage lies and how AWS is reached; beside them counts what AWS's SDK takes from the environment.
type Options struct {
	Stage   string
	Region  string // "" leaves it to environment and profile
	Profile string // of AWS's own configuration files
	HTTP    aws.HTTPClient
	Agent   string // "webplug/1.2.3"
}

// credentialsPatience is how long credentials may be looked for: outside of EC2 its metadata service never answers.
const credentialsPatience = 20 * time.Second

// Open finds credentials and region, and asks AWS who that is. Its errors are sentences.
func Open(ctx context.Context, o Options) (*Cloud, error) {
	settings, err := load(ctx, o)
	if err != nil {
		return nil, Explain(err)
	}
	if settings.Region == "" {
		return nil, &Error{Message: "no AWS region is chosen: say which with --region or AWS_REGION", Usage: true}
	}
	who := sts.NewFromConfig(settings)
	asking, cancel := context.WithTimeout(ctx, credentialsPatience)
	defer cancel()
	if _, err := settings.Credentials.Retrieve(asking); err != nil {
		return nil, noCredentials(err)
	}
	me, err := who.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return nil, explainIn(settings.Region, err)
	}
	c := &Cloud{
		Where: Where{
			Stage: o.Stage, Region: settings.Region, Account: aws.ToString(me.Account),
			Partition: partitionOf(aws.ToString(me.Arn)), Caller: aws.ToString(me.Arn),
		},
		Poll: 3 * time.Second,
	}
	c.connect(settings)
	return c, nil
}

func load(ctx context.Context, o Options) (aws.Config, error) {
	with := []func(*config.LoadOptions) error{config.WithRetryMaxAttempts(5), config.WithAppID(o.Agent)}
	if o.Region != "" {
		with = append(with, config.WithRegion(o.Region))
	}
	if o.Profile != "" {
		with = append(with, config.WithSharedConfigProfile(o.Profile))
	}
	if o.HTTP != nil {
		with = append(with, config.WithHTTPClient(o.HTTP))
	}
	return config.LoadDefaultConfig(ctx, with...)
}

func (c *Cloud) connect(settings aws.Config) {
	c.CloudFormation = cloudformation.NewFromConfig(settings)
	c.S3 = s3.NewFromConfig(settings)
	c.Secrets = secretsmanager.NewFromConfig(settings)
	c.Quotas = servicequotas.NewFromConfig(settings)
	c.Topics = sns.NewFromConfig(settings)
	c.Logs = cloudwatchlogs.NewFromConfig(settings)
	c.Tables = dynamodb.NewFromConfig(settings)
	c.Tagged = resourcegroupstaggingapi.NewFromConfig(settings)
	c.Alarms = cloudwatch.NewFromConfig(settings)
}

// partitionOf reads "arn:<partition>:…".
func partitionOf(arn string) string {
	parts := strings.SplitN(arn, ":", 3)
	if len(parts) < 3 || parts[1] == "" {
		return "aws"
	}
	return parts[1]
}

// pause waits, or says that ctx has ended.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
