package deploy_test

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"

	"webplug/cmd/webplug/deploy"
	"webplug/infra/moto"
	"webplug/infra/stage"
)

// seen is a Watch that keeps what it is told.
type seen struct {
	steps  []string
	events []deploy.Event
	last   deploy.Progress
}

func (s *seen) Step(sentence string) { s.steps = append(s.steps, sentence) }

func (s *seen) Stack(p deploy.Progress) {
	s.events = append(s.events, p.Events[p.New:]...)
	s.last = p
}

func (s *seen) said(text string) bool { return strings.Contains(strings.Join(s.steps, "\n"), text) }

// account is moto's, with the means to put into it what a stage makes at run time.
type account struct {
	t   *testing.T
	url string
}

func newAccount(t *testing.T) *account {
	t.Helper()
	a := &account{t: t, url: moto.StartWithOutputs(t)}
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": a.url, "AWS_ACCESS_KEY_ID": "ada", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_CONFIG_FILE": "/nowhere", "AWS_SHARED_CREDENTIALS_FILE": "/nowhere", "AWS_REGION": "", "AWS_PROFILE": "", "AWS_SESSION_TOKEN": "", "AWS_CA_BUNDLE": "",
	} {
		t.Setenv(name, value)
	}
	return a
}

var tokens atomic.Int64

// open gives a stage of the account. transport is nil for a plain one.
func (a *account) open(name string, transport http.RoundTripper) (*deploy.Cloud, *seen) {
	a.t.Helper()
	o := deploy.Options{Stage: name, Region: "eu-central-1", Agent: "webplug/test"}
	if transport != nil {
		o.HTTP = &http.Client{Transport: transport}
	}
	c, err := deploy.Open(context.Background(), o)
	if err != nil {
		a.t.Fatal(err)
	}
	watch := &seen{}
	c.Watch, c.Poll = watch, time.Millisecond
	c.Token = func() string { return fmt.Sprintf("t%d", tokens.Add(1)) }
	return c, watch
}

// secret, topic, logGroup and item put into the account what a running stage has.
func (a *account) secret(name, value string) {
	a.t.Helper()
	_, err := secretsmanager.NewFromConfig(moto.Config(a.url)).CreateSecret(a.t.Context(), &secretsmanager.CreateSecretInput{Name: &name, SecretString: &value})
	a.must(err)
}

func (a *account) topic(name, stageName string) string {
	a.t.Helper()
	client := sns.NewFromConfig(moto.Config(a.url))
	made, err := client.CreateTopic(a.t.Context(), &sns.CreateTopicInput{
		Name: &name, Tags: []snstypes.Tag{{Key: aws.String(stage.TagStage), Value: &stageName}},
	})
	a.must(err)
	_, err = client.Subscribe(a.t.Context(), &sns.SubscribeInput{TopicArn: made.TopicArn, Protocol: aws.String("https"), Endpoint: aws.String("https://example.com/" + name)})
	a.must(err)
	return *made.TopicArn
}

func (a *account) logGroup(name string) {
	a.t.Helper()
	_, err := cloudwatchlogs.NewFromConfig(moto.Config(a.url)).CreateLogGroup(a.t.Context(), &cloudwatchlogs.CreateLogGroupInput{LogGroupName: &name})
	a.must(err)
}

// running puts into the account what a stage makes when it runs.
func (a *account) running(c *deploy.Cloud) {
	a.t.Helper()
	name := stage.TopicPrefix(c.Stage) + "01ABC-0"
	a.topic(name, c.Stage)
	a.logGroup(stage.LogGroupPrefix(c.Region, c.Account, c.Stage) + "01ABC-0")
	a.logGroup(stage.LogGroupPrefix(c.Region, c.Account, c.Stage) + "01ABC-0/Failure")
	a.logGroup(stage.FunctionLogGroup(c.Stage, stage.API))
	a.secret(stage.SecretPrefix(c.Stage)+"admin-key", "the admin key")
	a.secret(stage.SecretPrefix(c.Stage)+"master-key", "the master key")
}

func (a *account) must(err error) {
	a.t.Helper()
	if err != nil {
		a.t.Fatal(err)
	}
}

// bucket is how the stage's bucket is kept, and what is in it.
func (a *account) bucket(c *deploy.Cloud) (blocked, encrypted bool, tag string, keys []string) {
	a.t.Helper()
	client := s3.NewFromConfig(moto.Config(a.url))
	name := aws.String(c.Bucket())
	block, err := client.GetPublicAccessBlock(a.t.Context(), &s3.GetPublicAccessBlockInput{Bucket: name})
	a.must(err)
	b := block.PublicAccessBlockConfiguration
	blocked = *b.BlockPublicAcls && *b.BlockPublicPolicy && *b.IgnorePublicAcls && *b.RestrictPublicBuckets
	encryption, err := client.GetBucketEncryption(a.t.Context(), &s3.GetBucketEncryptionInput{Bucket: name})
	a.must(err)
	encrypted = len(encryption.ServerSideEncryptionConfiguration.Rules) == 1
	tags, err := client.GetBucketTagging(a.t.Context(), &s3.GetBucketTaggingInput{Bucket: name})
	a.must(err)
	for _, t := range tags.TagSet {
		if *t.Key == stage.TagStage {
			tag = *t.Value
		}
	}
	list, err := client.ListObjectsV2(a.t.Context(), &s3.ListObjectsV2Input{Bucket: name})
	a.must(err)
	for _, o := range list.Contents {
		keys = append(keys, *o.Key)
	}
	return blocked, encrypted, tag, keys
}

// protected says whether a table of the stage is there and protected from deletion.
func (a *account) protected(c *deploy.Cloud) bool {
	a.t.Helper()
	out, err := dynamodb.NewFromConfig(moto.Config(a.url)).DescribeTable(a.t.Context(), &dynamodb.DescribeTableInput{TableName: aws.String(stage.Tables(c.Stage) + "-log")})
	a.must(err)
	return aws.ToBool(out.Table.DeletionProtectionEnabled)
}

// small is the release of the small template; change changes its text.
func small(t *testing.T, version string, change ...string) deploy.Release {
	t.Helper()
	content, err := os.ReadFile("testdata/small.json")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer(change...).Replace(string(content))
	if len(change) > 0 && text == string(content) {
		t.Fatalf("the small template has no %q", change[0])
	}
	var code bytes.Buffer
	archive := zip.NewWriter(&code)
	f, err := archive.Create("bootstrap")
	if err == nil {
		_, err = f.Write([]byte(version))
	}
	if err == nil {
		err = archive.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return deploy.Release{Template: []byte(text), Package: code.Bytes(), Version: version}
}

// deployed carries a deployment out, as the command does.
func deployed(ctx context.Context, c *deploy.Cloud, r deploy.Release, s deploy.Settings) (*deploy.Plan, deploy.Stack, error) {
	plan, err := c.Plan(ctx, r, s)
	if err != nil {
		return plan, deploy.Stack{}, err
	}
	if err := c.Repair(ctx, plan); err != nil {
		return plan, plan.Stack, err
	}
	if plan.Blind {
		if plan, err = c.Plan(ctx, r, s); err != nil {
			return plan, deploy.Stack{}, err
		}
	}
	stack, err := c.Apply(ctx, plan)
	return plan, stack, err
}
