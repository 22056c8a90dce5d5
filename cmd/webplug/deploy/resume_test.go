package deploy_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamotypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"webplug/cmd/webplug/deploy"
)

// anyBucket is S3 that takes everything.
type anyBucket struct{ deploy.S3 }

func (anyBucket) HeadBucket(context.Context, *s3.HeadBucketInput, ...func(*s3.Options)) (*s3.HeadBucketOutput, error) {
	return &s3.HeadBucketOutput{}, nil
}

func (anyBucket) PutPublicAccessBlock(context.Context, *s3.PutPublicAccessBlockInput, ...func(*s3.Options)) (*s3.PutPublicAccessBlockOutput, error) {
	return &s3.PutPublicAccessBlockOutput{}, nil
}

func (anyBucket) PutBucketEncryption(context.Context, *s3.PutBucketEncryptionInput, ...func(*s3.Options)) (*s3.PutBucketEncryptionOutput, error) {
	return &s3.PutBucketEncryptionOutput{}, nil
}

func (anyBucket) PutBucketTagging(context.Context, *s3.PutBucketTaggingInput, ...func(*s3.Options)) (*s3.PutBucketTaggingOutput, error) {
	return &s3.PutBucketTaggingOutput{}, nil
}

func (anyBucket) HeadObject(context.Context, *s3.HeadObjectInput, ...func(*s3.Options)) (*s3.HeadObjectOutput, error) {
	return &s3.HeadObjectOutput{}, nil
}

// noTables is DynamoDB without any.
type noTables struct{ deploy.Tables }

func (noTables) DescribeTable(context.Context, *dynamodb.DescribeTableInput, ...func(*dynamodb.Options)) (*dynamodb.DescribeTableOutput, error) {
	return nil, &dynamotypes.ResourceNotFoundException{}
}

func stageOn(f *cfn) (*deploy.Cloud, *seen) {
	watch := &seen{}
	return &deploy.Cloud{
		Where:          deploy.Where{Stage: "prod", Region: "eu-central-1", Account: "1", Partition: "aws"},
		CloudFormation: f, S3: anyBucket{}, Tables: noTables{}, Watch: watch, Poll: 3 * time.Second, Token: func() string { return "t" },
	}, watch
}

// From each state of
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html a deployment gets to one that stands.
func TestDeployFromEveryState(t *testing.T) {
	create := []string{"CreateChangeSet CREATE", "ExecuteChangeSet"}
	update := []string{"CreateChangeSet UPDATE", "ExecuteChangeSet"}
	anew := append([]string{"DeleteStack"}, create...)
	for status, want := range map[types.StackStatus][]string{
		"":                         create,
		"DELETE_COMPLETE":          create,
		"REVIEW_IN_PROGRESS":       anew,
		"CREATE_FAILED":            anew,
		"ROLLBACK_COMPLETE":        anew,
		"ROLLBACK_FAILED":          anew,
		"DELETE_FAILED":            anew,
		"CREATE_COMPLETE":          update,
		"UPDATE_COMPLETE":          update,
		"UPDATE_FAILED":            update,
		"UPDATE_ROLLBACK_COMPLETE": update,
		"IMPORT_COMPLETE":          update,
		"IMPORT_ROLLBACK_COMPLETE": update,
		"UPDATE_ROLLBACK_FAILED":   append([]string{"ContinueUpdateRollback"}, update...),
	} {
		t.Run(first(string(status), "nothing"), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newCFN(status)
				c, watch := stageOn(f)
				_, s, err := deployed(t.Context(), c, small(t, "1.0"), deploy.Settings{})
				if err != nil || !deployedWell(s) || !slices.Equal(f.calls, want) {
					t.Fatalf("it is %s after %v, %v", s.Status, f.calls, err)
				}
				if repairs := len(want) == 3; repairs && len(watch.steps) == 0 {
					t.Error("it did not say what it repairs")
				}
			})
		})
	}
}

// What CloudFormation is at, begun by whoever, is waited for, and shown.
func TestDeployWhileTheStackIsAtWork(t *testing.T) {
	for verb, want := range map[string][]string{
		"CREATE": {"CreateChangeSet UPDATE", "ExecuteChangeSet"},
		"UPDATE": {"CreateChangeSet UPDATE", "ExecuteChangeSet"},
		"DELETE": {"CreateChangeSet CREATE", "ExecuteChangeSet"},
	} {
		t.Run(verb, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newCFN(types.StackStatusCreateComplete)
				f.run(verb)
				c, watch := stageOn(f)
				if _, s, err := deployed(t.Context(), c, small(t, "1.0"), deploy.Settings{}); err != nil || !deployedWell(s) || !slices.Equal(f.calls, want) {
					t.Fatalf("it is %s after %v, %v", s.Status, f.calls, err)
				}
				if !watch.said("at work already") || watch.events[0].Status != verb+"_IN_PROGRESS" || watch.events[0].Resource != "webplug-prod" {
					t.Errorf("it said %v and showed %v", watch.steps, watch.events[0])
				}
			})
		})
	}
}

func TestAResourceThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newCFN("")
		f.fails["Log"] = "Resource of type 'AWS::DynamoDB::Table' with identifier 'webplug-prod-log' already exists."
		c, watch := stageOn(f)
		_, s, err := deployed(t.Context(), c, small(t, "1.0"), deploy.Settings{})
		var e *deploy.Error
		if !errors.As(err, &e) || s.Status != "ROLLBACK_COMPLETE" || e.Failed == nil || e.Failed.Resource != "Log" {
			t.Fatalf("it is %s, %v", s.Status, err)
		}
		if !strings.Contains(e.Message, "first Log (AWS::Test::Log): Resource of type") || !strings.Contains(e.Try, "delete it, or choose another stage's name") {
			t.Errorf("it says %q, try %q", e.Message, e.Try)
		}
		if n := len(watch.events); n != 5 || watch.last.Total != 0 {
			t.Errorf("it showed %d events: %+v", n, watch.events)
		}
		delete(f.fails, "Log")
		if _, s, err = deployed(t.Context(), c, small(t, "1.0"), deploy.Settings{}); err != nil || !deployedWell(s) {
			t.Fatalf("after it was mended it is %s, %v", s.Status, err)
		}
		f.fails["Api"] = "The role is not authorized to perform: kms:Decrypt (Service: Lambda)"
		_, s, err = deployed(t.Context(), c, small(t, "1.1"), deploy.Settings{})
		if !errors.As(err, &e) || s.Status != "UPDATE_ROLLBACK_COMPLETE" || !strings.Contains(e.Message, "as it was before") || !strings.Contains(e.Try, "permission") {
			t.Fatalf("it is %s, %v", s.Status, err)
		}
		f.undoable["Api"] = "it is busy"
		_, s, err = deployed(t.Context(), c, small(t, "1.1"), deploy.Settings{})
		if !errors.As(err, &e) || s.Status != "UPDATE_ROLLBACK_FAILED" || !strings.Contains(e.Message, "so did the way back") {
			t.Fatalf("it is %s, %v", s.Status, err)
		}
		_, _, err = deployed(t.Context(), c, small(t, "1.1"), deploy.Settings{})
		if !errors.As(err, &e) || !strings.Contains(e.Message, "fails again") || !strings.Contains(e.Try, "--resources-to-skip") {
			t.Fatalf("it says %v", err)
		}
	})
}

// What only follows from a failure is not shown as its cause.
func TestFirstFailure(t *testing.T) {
	e, ok := deploy.FirstFailure([]deploy.Event{
		{Resource: "A", Status: "CREATE_IN_PROGRESS"}, {Resource: "B", Status: "CREATE_FAILED", Reason: "Resource creation cancelled"},
		{Resource: "A", Status: "CREATE_FAILED", Reason: "quota"}, {Resource: "C", Status: "CREATE_FAILED", Reason: "later"},
	})
	if !ok || e.Resource != "A" {
		t.Errorf("the first failure is %+v", e)
	}
}

func TestATemplateThatIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newCFN("")
		f.refuses = "Template error: instance of Fn::GetAtt references undefined resource X"
		c, _ := stageOn(f)
		if _, _, err := deployed(t.Context(), c, small(t, "1.0"), deploy.Settings{}); err == nil || !strings.Contains(err.Error(), "undefined resource X") {
			t.Fatalf("it says %v", err)
		}
		if f.stack.StackStatus != types.StackStatusDeleteComplete {
			t.Errorf("it left the stack %s", f.stack.StackStatus)
		}
	})
}

func TestInterruptedWhileItWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newCFN("")
		c, _ := stageOn(f)
		ctx, stop := context.WithTimeout(t.Context(), 12*time.Second)
		defer stop()
		_, _, err := deployed(ctx, c, small(t, "1.0"), deploy.Settings{})
		var left *deploy.Interrupted
		if !errors.As(err, &left) || !strings.Contains(err.Error(), "the same command again follows it") {
			t.Fatalf("it says %v", err)
		}
		f.changes = nil
		f.refuses = "The submitted information didn't contain changes."
		plan, s, err := deployed(t.Context(), c, small(t, "1.0"), deploy.Settings{})
		if err != nil || !plan.Nothing() || s.Status != "CREATE_COMPLETE" {
			t.Fatalf("it is %s, %v", s.Status, err)
		}
	})
}

func TestATableThatWouldBeReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newCFN(types.StackStatusCreateComplete)
		f.changes = []types.Change{{ResourceChange: &types.ResourceChange{
			Action: types.ChangeActionModify, Replacement: types.ReplacementTrue, LogicalResourceId: aws.String("Log"),
			ResourceType: aws.String("AWS::DynamoDB::Table"), PhysicalResourceId: aws.String("webplug-prod-log"),
		}}}
		c, _ := stageOn(f)
		_, _, err := deployed(t.Context(), c, small(t, "1.0"), deploy.Settings{})
		if err == nil || !strings.Contains(err.Error(), "webplug-prod-log") || slices.Contains(f.calls, "ExecuteChangeSet") {
			t.Fatalf("it says %v after %v", err, f.calls)
		}
	})
}

func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}
