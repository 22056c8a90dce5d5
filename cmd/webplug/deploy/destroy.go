package deploy

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamotypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	secrettypes "github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"webplug/infra/stage"
)

// Removed counts what a destruction took away.
type Removed struct {
	Stack         bool
	Topics        int
	Subscriptions int
	LogGroups     int
	Tables        int
	Secrets       int
	Bucket        bool
}

// Left is something of the stage that is still there.
type Left struct {
	Kind    string // table, secret, topic, log group, bucket, resource
	Name    string
	Why     string
	Command string // that takes it away
}

// RemovalDelete is the value of stage.ParamRemoval with which tables and keys go with the stack.
const RemovalDelete = "delete"

// TakesData says whether the stack takes its tables along.
func (s Stack) TakesData() bool {
	return s.Exists() && s.Parameters[stage.ParamRemoval] == RemovalDelete
}

// Destroy takes the stage away: its stack, and what was made at run time. Tables and keys stay unless withData. What is gone
// already is no error, and one thing that cannot be taken away keeps no other; the errors come together.
func (c *Cloud) Destroy(ctx context.Context, withData bool) (Removed, error) {
	d := destruction{Cloud: c, withData: withData}
	for _, step := range []func(context.Context) error{
		d.unprotect, d.stack, d.topics, d.subscriptions, d.logGroups, d.tables, d.secrets, d.bucket,
	} {
		if err := step(ctx); err != nil {
			d.errs = append(d.errs, err)
		}
		var stopped *Interrupted
		if ctx.Err() != nil || errors.As(errors.Join(d.errs...), &stopped) {
			break
		}
	}
	return d.removed, errors.Join(d.errs...)
}

// destruction is one at work.
type destruction struct {
	*Cloud
	withData bool
	removed  Removed
	errs     []error
}

// unprotect lets tables be deleted, also by the stack.
func (d *destruction) unprotect(ctx context.Context) error {
	if !d.withData {
		return nil
	}
	all, err := d.Cloud.tables(ctx)
	for _, t := range all {
		if t.Protected {
			_, err := d.Tables.UpdateTable(ctx, &dynamodb.UpdateTableInput{TableName: &t.Name, DeletionProtectionEnabled: aws.Bool(false)})
			if err != nil {
				return d.explain(err)
			}
		}
	}
	return err
}

// stack deletes the stack, from whatever state. What cannot be deleted at the second try is left out, and told of.
func (d *destruction) stack(ctx context.Context) error {
	s, err := d.settle(ctx)
	if err != nil || !s.Exists() {
		return err
	}
	d.Watch.Step("taking down the stack " + d.Where.Stack())
	var events []Event
	for try := range 3 {
		var keep []string
		if try == 2 {
			keep = failedResources(events)
		}
		if events, err = d.deleteStack(ctx, s, keep...); err == nil {
			d.removed.Stack = true
			return leftOut(keep)
		}
		var stopped *Interrupted
		if errors.As(err, &stopped) || len(events) == 0 {
			return err
		}
		d.Watch.Step(err.Error() + "; trying again")
		if s, err = d.lookAt(ctx, s.ID); err != nil {
			return err
		}
	}
	return err
}

func leftOut(names []string) error {
	if len(names) == 0 {
		return nil
	}
	return &Error{Message: fmt.Sprintf("the stack is gone, but these of its resources could not be deleted and are left: %v", names)}
}

// failedResources are those whose newest state in a run is a failure.
func failedResources(events []Event) []string {
	last := map[string]bool{}
	for _, e := range events {
		if !e.OfStack() {
			last[e.Resource] = e.Failed()
		}
	}
	var all []string
	for name, failed := range last {
		if failed {
			all = append(all, name)
		}
	}
	slices.Sort(all)
	return all
}

func (d *destruction) topics(ctx context.Context) error {
	all, err := d.Cloud.topics(ctx)
	if err != nil {
		return err
	}
	if len(all) > 0 {
		d.Watch.Step("deleting " + counted(len(all), "topic"))
	}
	for _, arn := range all {
		if _, err := d.Topics.DeleteTopic(ctx, &sns.DeleteTopicInput{TopicArn: &arn}); err != nil {
			return d.explain(err)
		}
		d.removed.Topics++
	}
	return nil
}

// subscriptions ends those whose topic is gone: SNS does so by itself, some time. A pending one has no ARN and ends in two days.
func (d *destruction) subscriptions(ctx context.Context) error {
	ours, err := d.Cloud.subscriptions(ctx)
	if err != nil {
		return err
	}
	for _, s := range ours {
		if _, err := d.Topics.Unsubscribe(ctx, &sns.UnsubscribeInput{SubscriptionArn: s.SubscriptionArn}); err != nil && !isNotFound(err) {
			return d.explain(err)
		}
		d.removed.Subscriptions++
	}
	return nil
}

func (d *destruction) logGroups(ctx context.Context) error {
	all, err := d.Cloud.logGroups(ctx)
	if err != nil {
		return err
	}
	if len(all) > 0 {
		d.Watch.Step("deleting " + counted(len(all), "log group"))
	}
	for _, name := range all {
		_, err := d.Logs.DeleteLogGroup(ctx, &cloudwatchlogs.DeleteLogGroupInput{LogGroupName: &name})
		var gone *logtypes.ResourceNotFoundException
		if err != nil && !errors.As(err, &gone) {
			return d.explain(err)
		}
		d.removed.LogGroups++
	}
	return nil
}

func (d *destruction) tables(ctx context.Context) error {
	if !d.withData {
		return nil
	}
	all, err := d.Cloud.tables(ctx)
	if err != nil {
		return err
	}
	for _, t := range all {
		d.Watch.Step("deleting the table " + t.Name)
		_, err := d.Tables.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: &t.Name})
		var gone *dynamotypes.ResourceNotFoundException
		var busy *dynamotypes.ResourceInUseException // it is being deleted already
		if err != nil && !errors.As(err, &gone) && !errors.As(err, &busy) {
			return d.explain(err)
		}
		d.removed.Tables++
	}
	for len(all) > 0 { // its name is free only then
		if all, err = d.Cloud.tables(ctx); err != nil || len(all) == 0 {
			return err
		}
		if err := pause(ctx, d.Poll); err != nil {
			return d.explain(err)
		}
	}
	return nil
}

// secrets deletes the keys where no table is left that they open.
func (d *destruction) secrets(ctx context.Context) error {
	kept, err := d.Cloud.tables(ctx)
	if err != nil || len(kept) > 0 || !d.withData {
		return err
	}
	all, err := d.Cloud.secrets(ctx)
	if err != nil {
		return err
	}
	for _, s := range all {
		_, err := d.Secrets.DeleteSecret(ctx, &secretsmanager.DeleteSecretInput{SecretId: &s.ARN, ForceDeleteWithoutRecovery: aws.Bool(true)})
		var gone *secrettypes.ResourceNotFoundException
		if err != nil && !errors.As(err, &gone) {
			return d.explain(err)
		}
		d.removed.Secrets++
	}
	return nil
}

func (d *destruction) bucket(ctx context.Context) (err error) {
	d.removed.Bucket, err = d.removeBucket(ctx)
	return err
}
