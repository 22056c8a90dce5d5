package deploy

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/smithy-go"
)

// CloudFormation is the part of its API that a deployment needs.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/Welcome.html
type CloudFormation interface {
	DescribeStacks(context.Context, *cloudformation.DescribeStacksInput, ...func(*cloudformation.Options)) (*cloudformation.DescribeStacksOutput, error)
	DescribeStackEvents(context.Context, *cloudformation.DescribeStackEventsInput, ...func(*cloudformation.Options)) (*cloudformation.DescribeStackEventsOutput, error)
	CreateChangeSet(context.Context, *cloudformation.CreateChangeSetInput, ...func(*cloudformation.Options)) (*cloudformation.CreateChangeSetOutput, error)
	DescribeChangeSet(context.Context, *cloudformation.DescribeChangeSetInput, ...func(*cloudformation.Options)) (*cloudformation.DescribeChangeSetOutput, error)
	ExecuteChangeSet(context.Context, *cloudformation.ExecuteChangeSetInput, ...func(*cloudformation.Options)) (*cloudformation.ExecuteChangeSetOutput, error)
	DeleteChangeSet(context.Context, *cloudformation.DeleteChangeSetInput, ...func(*cloudformation.Options)) (*cloudformation.DeleteChangeSetOutput, error)
	DeleteStack(context.Context, *cloudformation.DeleteStackInput, ...func(*cloudformation.Options)) (*cloudformation.DeleteStackOutput, error)
	ContinueUpdateRollback(context.Context, *cloudformation.ContinueUpdateRollbackInput, ...func(*cloudformation.Options)) (*cloudformation.ContinueUpdateRollbackOutput, error)
}

// Stack is the stage's stack as CloudFormation describes it; one that is not there has no ID.
type Stack struct {
	ID         string
	Status     types.StackStatus
	Reason     string
	Outputs    map[string]string
	Parameters map[string]string
	Created    time.Time
	Updated    time.Time // zero if it never was
}

// Exists says whether there is one.
func (s Stack) Exists() bool { return s.ID != "" && s.Status != types.StackStatusDeleteComplete }

// LookAt reads the stage's stack.
func (c *Cloud) LookAt(ctx context.Context) (Stack, error) { return c.lookAt(ctx, c.Where.Stack()) }

// lookAt reads a stack by its name or, where it may be deleted, by its ID.
func (c *Cloud) lookAt(ctx context.Context, name string) (Stack, error) {
	out, err := c.CloudFormation.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: &name})
	if isMissingStack(err) || err == nil && len(out.Stacks) == 0 {
		return Stack{}, nil
	}
	if err != nil {
		return Stack{}, c.explain(err)
	}
	found := out.Stacks[0]
	s := Stack{
		ID: aws.ToString(found.StackId), Status: found.StackStatus, Reason: aws.ToString(found.StackStatusReason),
		Outputs: map[string]string{}, Parameters: map[string]string{},
		Created: aws.ToTime(found.CreationTime), Updated: aws.ToTime(found.LastUpdatedTime),
	}
	for _, o := range found.Outputs {
		s.Outputs[aws.ToString(o.OutputKey)] = aws.ToString(o.OutputValue)
	}
	for _, p := range found.Parameters {
		s.Parameters[aws.ToString(p.ParameterKey)] = aws.ToString(p.ParameterValue)
	}
	return s, nil
}

// isMissingStack recognizes the answer for a stack that is not there: a ValidationError like many others, but for its text.
func isMissingStack(err error) bool {
	var e smithy.APIError
	return errors.As(err, &e) && e.ErrorCode() == "ValidationError" && strings.Contains(e.ErrorMessage(), "does not exist")
}

// phase is what can be done with a stack in a status.
type phase int

const (
	absent    phase = iota // it can be created
	empty                  // it was announced, and nothing was made
	working                // CloudFormation is at it
	standing               // it can be updated
	ruined                 // its creation failed: it can only be deleted
	stuck                  // the way back from an update failed, and must be gone on with
	undeleted              // its deletion failed, and must be gone on with
)

// phaseOf sorts the statuses of
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html#cfn-console-view-stack-data-resources-status-codes
func phaseOf(s Stack) phase {
	switch string(s.Status) {
	case "", "DELETE_COMPLETE":
		return absent
	case "REVIEW_IN_PROGRESS":
		return empty
	case "CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED":
		return ruined
	case "UPDATE_ROLLBACK_FAILED":
		return stuck
	case "DELETE_FAILED":
		return undeleted
	}
	if strings.HasSuffix(string(s.Status), "_IN_PROGRESS") {
		return working
	}
	return standing
}

// succeeded says whether a status is the good end of making or changing a stack.
func succeeded(s types.StackStatus) bool {
	return s == types.StackStatusCreateComplete || s == types.StackStatusUpdateComplete || s == types.StackStatusImportComplete
}
