package deploy

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamotypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/resourcegroupstaggingapi"
	tagtypes "github.com/aws/aws-sdk-go-v2/service/resourcegroupstaggingapi/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	secrettypes "github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"

	"webplug/infra/stage"
)

// Topics is the part of SNS's API that finds and deletes a stage's topics.
type Topics interface {
	ListTopics(context.Context, *sns.ListTopicsInput, ...func(*sns.Options)) (*sns.ListTopicsOutput, error)
	DeleteTopic(context.Context, *sns.DeleteTopicInput, ...func(*sns.Options)) (*sns.DeleteTopicOutput, error)
	ListSubscriptions(context.Context, *sns.ListSubscriptionsInput, ...func(*sns.Options)) (*sns.ListSubscriptionsOutput, error)
	Unsubscribe(context.Context, *sns.UnsubscribeInput, ...func(*sns.Options)) (*sns.UnsubscribeOutput, error)
}

// Logs is the part of CloudWatch Logs' API that finds and deletes a stage's log groups.
type Logs interface {
	DescribeLogGroups(context.Context, *cloudwatchlogs.DescribeLogGroupsInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.DescribeLogGroupsOutput, error)
	DeleteLogGroup(context.Context, *cloudwatchlogs.DeleteLogGroupInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.DeleteLogGroupOutput, error)
}

// Tables is the part of DynamoDB's API that looks at a stage's tables and deletes them.
type Tables interface {
	DescribeTable(context.Context, *dynamodb.DescribeTableInput, ...func(*dynamodb.Options)) (*dynamodb.DescribeTableOutput, error)
	UpdateTable(context.Context, *dynamodb.UpdateTableInput, ...func(*dynamodb.Options)) (*dynamodb.UpdateTableOutput, error)
	DeleteTable(context.Context, *dynamodb.DeleteTableInput, ...func(*dynamodb.Options)) (*dynamodb.DeleteTableOutput, error)
}

// Secrets is the part of Secrets Manager's API that reads, finds and deletes a stage's keys.
type Secrets interface {
	ListSecrets(context.Context, *secretsmanager.ListSecretsInput, ...func(*secretsmanager.Options)) (*secretsmanager.ListSecretsOutput, error)
	GetSecretValue(context.Context, *secretsmanager.GetSecretValueInput, ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error)
	DeleteSecret(context.Context, *secretsmanager.DeleteSecretInput, ...func(*secretsmanager.Options)) (*secretsmanager.DeleteSecretOutput, error)
}

// Tagged is the part of the Resource Groups Tagging API that finds whatever has a stage's tag.
type Tagged interface {
	GetResources(context.Context, *resourcegroupstaggingapi.GetResourcesInput, ...func(*resourcegroupstaggingapi.Options)) (*resourcegroupstaggingapi.GetResourcesOutput, error)
}

// Table is one of the stage's.
type Table struct {
	Name      string
	Items     int64 // as DynamoDB counts every six hours
	Bytes     int64
	Protected bool
}

// Secret is one of the stage's.
type Secret struct{ Name, ARN string }

// Inventory is all of a stage that is in the account.
type Inventory struct {
	Stack     Stack
	Tables    []Table
	Secrets   []Secret
	Topics    []string // ARNs of those made at run time
	LogGroups []string
	Bucket    bool
	Others    []string // ARNs of what else has the stage's tag and is no stack's
}

// Empty says that nothing of the stage is there.
func (i Inventory) Empty() bool {
	return !i.Stack.Exists() && len(i.Tables)+len(i.Secrets)+len(i.Topics)+len(i.LogGroups)+len(i.Others) == 0 && !i.Bucket
}

// Inventory finds all of a stage by name and tag, also what the stack no longer knows of.
func (c *Cloud) Inventory(ctx context.Context) (Inventory, error) {
	var i Inventory
	var err error
	for _, look := range []func() error{
		func() (err error) { i.Stack, err = c.LookAt(ctx); return },
		func() (err error) { i.Tables, err = c.tables(ctx); return },
		func() (err error) { i.Secrets, err = c.secrets(ctx); return },
		func() (err error) { i.Topics, err = c.topics(ctx); return },
		func() (err error) { i.LogGroups, err = c.logGroups(ctx); return },
		func() (err error) { i.Bucket, err = c.hasBucket(ctx); return },
		func() (err error) { i.Others, err = c.others(ctx); return },
	} {
		if err = look(); err != nil {
			return i, err
		}
	}
	return i, nil
}

// tableNames are all names that a stage's tables have: "<tables>-log", "-keys", "-views".
func (c *Cloud) tableNames() []string {
	begin := stage.Tables(c.Stage)
	return []string{begin + "-log", begin + "-keys", begin + "-views"}
}

func (c *Cloud) tables(ctx context.Context) ([]Table, error) {
	var all []Table
	for _, name := range c.tableNames() {
		out, err := c.Tables.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &name})
		var missing *dynamotypes.ResourceNotFoundException
		if errors.As(err, &missing) {
			continue
		}
		if err != nil {
			return nil, c.explain(err)
		}
		all = append(all, Table{
			Name: name, Items: aws.ToInt64(out.Table.ItemCount), Bytes: aws.ToInt64(out.Table.TableSizeBytes),
			Protected: aws.ToBool(out.Table.DeletionProtectionEnabled),
		})
	}
	return all, nil
}

// secrets are those with the stage's prefix.
func (c *Cloud) secrets(ctx context.Context) ([]Secret, error) {
	var all []Secret
	in := &secretsmanager.ListSecretsInput{Filters: []secrettypes.Filter{
		{Key: secrettypes.FilterNameStringTypeName, Values: []string{stage.SecretPrefix(c.Stage)}},
	}}
	for {
		out, err := c.Secrets.ListSecrets(ctx, in)
		if err != nil {
			return nil, c.explain(err)
		}
		for _, s := range out.SecretList {
			if s.DeletedDate == nil && strings.HasPrefix(aws.ToString(s.Name), stage.SecretPrefix(c.Stage)) {
				all = append(all, Secret{Name: aws.ToString(s.Name), ARN: aws.ToString(s.ARN)})
			}
		}
		if in.NextToken = out.NextToken; in.NextToken == nil {
			return all, nil
		}
	}
}

func (c *Cloud) topics(ctx context.Context) ([]string, error) {
	var all []string
	in := &sns.ListTopicsInput{}
	for {
		out, err := c.Topics.ListTopics(ctx, in)
		if err != nil {
			return nil, c.explain(err)
		}
		for _, t := range out.Topics {
			if arn := aws.ToString(t.TopicArn); c.ofStage(arn) {
				all = append(all, arn)
			}
		}
		if in.NextToken = out.NextToken; in.NextToken == nil {
			return all, nil
		}
	}
}

// subscriptions are those to the stage's topics that are confirmed, by whomever.
func (c *Cloud) subscriptions(ctx context.Context) ([]snstypes.Subscription, error) {
	var all []snstypes.Subscription
	in := &sns.ListSubscriptionsInput{}
	for {
		out, err := c.Topics.ListSubscriptions(ctx, in)
		if err != nil {
			return nil, c.explain(err)
		}
		for _, s := range out.Subscriptions {
			if c.ofStage(aws.ToString(s.TopicArn)) && isARN(aws.ToString(s.SubscriptionArn)) {
				all = append(all, s)
			}
		}
		if in.NextToken = out.NextToken; in.NextToken == nil {
			return all, nil
		}
	}
}

// nameIn is what stands after the last colon of an ARN.
func nameIn(arn string) string { return arn[strings.LastIndex(arn, ":")+1:] }

// logGroups finds those of topics, and those that functions made without the stack.
func (c *Cloud) logGroups(ctx context.Context) ([]string, error) {
	all, err := c.groupsUnder(ctx, stage.LogGroupPrefix(c.Region, c.Account, c.Stage))
	if err != nil {
		return nil, err
	}
	functions, err := c.groupsUnder(ctx, stage.FunctionLogGroup(c.Stage, ""))
	for _, name := range functions {
		if slices.ContainsFunc(stage.Roles(), func(r stage.Role) bool { return name == stage.FunctionLogGroup(c.Stage, r) }) {
			all = append(all, name)
		}
	}
	return all, err
}

func (c *Cloud) groupsUnder(ctx context.Context, prefix string) ([]string, error) {
	var all []string
	in := &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: &prefix}
	for {
		out, err := c.Logs.DescribeLogGroups(ctx, in)
		if err != nil {
			return nil, c.explain(err)
		}
		for _, g := range out.LogGroups {
			all = append(all, aws.ToString(g.LogGroupName))
		}
		if in.NextToken = out.NextToken; in.NextToken == nil {
			return all, nil
		}
	}
}

// looked are the kinds of resources that Inventory looks for itself, as ARNs have them.
var looked = []string{":sns:", ":logs:", ":dynamodb:", ":secretsmanager:", ":s3:", ":cloudformation:"}

// others finds what else has the stage's tag. The index behind it is some minutes late.
func (c *Cloud) others(ctx context.Context) ([]string, error) {
	var all []string
	in := &resourcegroupstaggingapi.GetResourcesInput{TagFilters: []tagtypes.TagFilter{{Key: aws.String(stage.TagStage), Values: []string{c.Stage}}}}
	for {
		out, err := c.Tagged.GetResources(ctx, in)
		if err != nil {
			return nil, c.explain(err)
		}
		for _, r := range out.ResourceTagMappingList {
			arn := aws.ToString(r.ResourceARN)
			ofStack := slices.ContainsFunc(r.Tags, func(t tagtypes.Tag) bool { return aws.ToString(t.Key) == "aws:cloudformation:stack-id" })
			if !ofStack && !slices.ContainsFunc(looked, func(kind string) bool { return strings.Contains(arn, kind) }) {
				all = append(all, arn)
			}
		}
		if in.PaginationToken = out.PaginationToken; aws.ToString(in.PaginationToken) == "" {
			return all, nil
		}
	}
}

// ReadSecret reads a secret's text.
func (c *Cloud) ReadSecret(ctx context.Context, arn string) (string, error) {
	out, err := c.Secrets.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &arn})
	if err != nil {
		return "", c.explain(err)
	}
	return aws.ToString(out.SecretString), nil
}
