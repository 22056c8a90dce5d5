package deploy_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/smithy-go"
)

// cfn is a CloudFormation that goes through the states that AWS documents, in its own time, which moto does not: each resource
// takes ten seconds, and what is told to fail leads to a rollback.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
type cfn struct {
	stack    *types.Stack
	events   []types.StackEvent // the oldest first
	sets     map[string]types.ChangeSetType
	changes  []types.Change // of the next change set
	plans    []step         // what is still to happen, and when
	fails    map[string]string
	undoable map[string]string // what cannot be rolled back, or deleted
	refuses  string            // why change sets are refused
	calls    []string
	kept     []string // RetainResources of the last DeleteStack
	n        int
}

type step struct {
	at time.Time
	do func()
}

var resources = []string{"Log", "Api"}

func newCFN(status types.StackStatus) *cfn {
	f := &cfn{sets: map[string]types.ChangeSetType{}, fails: map[string]string{}, undoable: map[string]string{}}
	if status != "" {
		f.begin()
		f.stack.StackStatus = status
	}
	return f
}

func (f *cfn) begin() {
	f.n++
	f.stack = &types.Stack{
		StackName: aws.String("webplug-prod"), StackId: aws.String(fmt.Sprintf("arn:aws:cloudformation:eu-central-1:1:stack/webplug-prod/%d", f.n)),
		CreationTime: aws.Time(time.Now()), StackStatus: types.StackStatusReviewInProgress,
	}
}

// tick lets what is due happen.
func (f *cfn) tick() {
	for len(f.plans) > 0 && !f.plans[0].at.After(time.Now()) {
		do := f.plans[0].do
		f.plans = f.plans[1:]
		do()
	}
}

func (f *cfn) called(what string) {
	f.tick()
	f.calls = append(f.calls, what)
}

// in plans something n seconds from now.
func (f *cfn) in(n int, do func()) {
	f.plans = append(f.plans, step{time.Now().Add(time.Duration(n) * time.Second), do})
	slices.SortStableFunc(f.plans, func(a, b step) int { return a.at.Compare(b.at) })
}

func (f *cfn) event(resource, kind, physical string, status types.ResourceStatus, reason string) {
	f.events = append(f.events, types.StackEvent{
		EventId: aws.String(fmt.Sprintf("%d", len(f.events))), Timestamp: aws.Time(time.Now()), LogicalResourceId: &resource, ResourceType: &kind,
		PhysicalResourceId: &physical, ResourceStatus: status, ResourceStatusReason: &reason, StackId: f.stack.StackId,
	})
}

func (f *cfn) of(resource string, status types.ResourceStatus, reason string) {
	f.event(resource, "AWS::Test::"+resource, "", status, reason)
}

func (f *cfn) become(status types.StackStatus, reason string) {
	f.stack.StackStatus, f.stack.StackStatusReason = status, &reason
	f.event("webplug-prod", "AWS::CloudFormation::Stack", *f.stack.StackId, types.ResourceStatus(status), reason)
}

// run makes, changes or deletes the resources: verb is CREATE, UPDATE or DELETE.
func (f *cfn) run(verb string) {
	f.become(types.StackStatus(verb+"_IN_PROGRESS"), "User Initiated")
	failed := ""
	for i, r := range resources {
		f.in(10*i, func() { f.of(r, types.ResourceStatus(verb+"_IN_PROGRESS"), "") })
		reason, fails := f.fails[r]
		if verb == "DELETE" {
			reason, fails = f.undoable[r]
			fails = fails && !slices.Contains(f.kept, r)
		}
		if !fails {
			f.in(10*i+10, func() { f.of(r, types.ResourceStatus(verb+"_COMPLETE"), "") })
			continue
		}
		failed = r
		f.in(10*i+10, func() { f.of(r, types.ResourceStatus(verb+"_FAILED"), reason) })
		break
	}
	end := 10*len(resources) + 1
	switch {
	case failed == "":
		f.in(end, func() { f.become(types.StackStatus(verb+"_COMPLETE"), "") })
	case verb == "CREATE":
		f.in(end, func() { f.become("ROLLBACK_IN_PROGRESS", "The following resource(s) failed to create: ["+failed+"]") })
		f.in(end+10, func() { f.become("ROLLBACK_COMPLETE", "") })
	case verb == "UPDATE":
		f.in(end, func() {
			f.become("UPDATE_ROLLBACK_IN_PROGRESS", "The following resource(s) failed to update: ["+failed+"]")
		})
		f.in(end+10, func() { f.wayBack() })
	default:
		f.in(end, func() { f.become("DELETE_FAILED", "The following resource(s) failed to delete: ["+failed+"]") })
	}
}

func (f *cfn) wayBack() {
	for r, reason := range f.undoable {
		f.of(r, "UPDATE_FAILED", reason)
		f.become("UPDATE_ROLLBACK_FAILED", "The following resource(s) failed to update: ["+r+"]")
		return
	}
	f.become("UPDATE_ROLLBACK_COMPLETE", "")
}

func refusal(code, message string) error {
	return &smithy.GenericAPIError{Code: code, Message: message}
}

func (f *cfn) missing(name *string) error {
	gone := f.stack == nil || f.stack.StackStatus == types.StackStatusDeleteComplete && !strings.HasPrefix(*name, "arn:")
	if gone || strings.HasPrefix(*name, "arn:") && *name != *f.stack.StackId {
		return refusal("ValidationError", "Stack with id "+*name+" does not exist")
	}
	return nil
}

func (f *cfn) DescribeStacks(_ context.Context, in *cloudformation.DescribeStacksInput, _ ...func(*cloudformation.Options)) (*cloudformation.DescribeStacksOutput, error) {
	f.tick()
	if err := f.missing(in.StackName); err != nil {
		return nil, err
	}
	return &cloudformation.DescribeStacksOutput{Stacks: []types.Stack{*f.stack}}, nil
}

// DescribeStackEvents answers two events a page, so that pages are gone through.
func (f *cfn) DescribeStackEvents(_ context.Context, in *cloudformation.DescribeStackEventsInput, _ ...func(*cloudformation.Options)) (*cloudformation.DescribeStackEventsOutput, error) {
	f.tick()
	if err := f.missing(in.StackName); err != nil {
		return nil, err
	}
	var own []types.StackEvent
	for _, e := range slices.Backward(f.events) {
		if *e.StackId == *f.stack.StackId {
			own = append(own, e)
		}
	}
	from := 0
	if in.NextToken != nil {
		_, _ = fmt.Sscan(*in.NextToken, &from)
	}
	out := &cloudformation.DescribeStackEventsOutput{StackEvents: own[from:min(from+2, len(own))]}
	if from+2 < len(own) {
		out.NextToken = aws.String(fmt.Sprint(from + 2))
	}
	return out, nil
}

func (f *cfn) CreateChangeSet(_ context.Context, in *cloudformation.CreateChangeSetInput, _ ...func(*cloudformation.Options)) (*cloudformation.CreateChangeSetOutput, error) {
	f.called("CreateChangeSet " + string(in.ChangeSetType))
	switch {
	case in.ChangeSetType == types.ChangeSetTypeUpdate && f.stack == nil:
		return nil, refusal("ValidationError", "Stack [webplug-prod] does not exist")
	case in.ChangeSetType == types.ChangeSetTypeUpdate:
	case f.stack == nil || f.stack.StackStatus == types.StackStatusDeleteComplete:
		f.begin()
		f.become(types.StackStatusReviewInProgress, "User Initiated")
	case f.stack.StackStatus != types.StackStatusReviewInProgress:
		return nil, refusal("ValidationError", "Stack:"+*f.stack.StackId+" is in "+string(f.stack.StackStatus)+" state and can not be updated.")
	}
	f.sets[*in.ChangeSetName] = in.ChangeSetType
	return &cloudformation.CreateChangeSetOutput{Id: in.ChangeSetName, StackId: f.stack.StackId}, nil
}

func (f *cfn) DescribeChangeSet(_ context.Context, in *cloudformation.DescribeChangeSetInput, _ ...func(*cloudformation.Options)) (*cloudformation.DescribeChangeSetOutput, error) {
	f.tick()
	if f.refuses != "" {
		return &cloudformation.DescribeChangeSetOutput{Status: types.ChangeSetStatusFailed, StatusReason: &f.refuses}, nil
	}
	return &cloudformation.DescribeChangeSetOutput{Status: types.ChangeSetStatusCreateComplete, Changes: f.changes, ChangeSetId: in.ChangeSetName}, nil
}

func (f *cfn) ExecuteChangeSet(_ context.Context, in *cloudformation.ExecuteChangeSetInput, _ ...func(*cloudformation.Options)) (*cloudformation.ExecuteChangeSetOutput, error) {
	f.called("ExecuteChangeSet")
	kind, ok := f.sets[*in.ChangeSetName]
	if !ok {
		return nil, refusal("ChangeSetNotFound", "ChangeSet does not exist")
	}
	f.run(string(kind))
	return &cloudformation.ExecuteChangeSetOutput{}, nil
}

func (f *cfn) DeleteChangeSet(_ context.Context, in *cloudformation.DeleteChangeSetInput, _ ...func(*cloudformation.Options)) (*cloudformation.DeleteChangeSetOutput, error) {
	f.called("DeleteChangeSet")
	delete(f.sets, *in.ChangeSetName)
	return &cloudformation.DeleteChangeSetOutput{}, nil
}

func (f *cfn) DeleteStack(_ context.Context, in *cloudformation.DeleteStackInput, _ ...func(*cloudformation.Options)) (*cloudformation.DeleteStackOutput, error) {
	f.called("DeleteStack")
	f.kept = in.RetainResources
	if f.stack.StackStatus == types.StackStatusReviewInProgress {
		f.become(types.StackStatusDeleteComplete, "User Initiated")
		return &cloudformation.DeleteStackOutput{}, nil
	}
	f.run("DELETE")
	return &cloudformation.DeleteStackOutput{}, nil
}

func (f *cfn) ContinueUpdateRollback(context.Context, *cloudformation.ContinueUpdateRollbackInput, ...func(*cloudformation.Options)) (*cloudformation.ContinueUpdateRollbackOutput, error) {
	f.called("ContinueUpdateRollback")
	f.become("UPDATE_ROLLBACK_IN_PROGRESS", "User Initiated")
	f.in(10, f.wayBack)
	return &cloudformation.ContinueUpdateRollbackOutput{}, nil
}
