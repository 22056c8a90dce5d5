package deploy

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// Event is one line of a stack's life: what became of a resource, or of the stack itself.
type Event struct {
	ID       string
	At       time.Time
	Resource string // its name in the template
	Type     string // "AWS::SNS::Topic"
	Physical string // its name in the account; "" before it is made
	Status   string // "CREATE_IN_PROGRESS"
	Reason   string
}

// OfStack says whether it is about the stack itself.
func (e Event) OfStack() bool {
	return e.Type == stackType && e.Physical != "" && strings.Contains(e.Physical, ":stack/"+e.Resource+"/")
}

const stackType = "AWS::CloudFormation::Stack"

// Failed says whether something went wrong.
func (e Event) Failed() bool { return strings.HasSuffix(e.Status, "_FAILED") }

// Ended says whether the resource is done with.
func (e Event) Ended() bool { return !strings.HasSuffix(e.Status, "_IN_PROGRESS") }

// begins says whether a run of CloudFormation begins with it.
func (e Event) begins() bool {
	if !e.OfStack() {
		return false
	}
	switch e.Status {
	case "CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "DELETE_IN_PROGRESS", "IMPORT_IN_PROGRESS":
		return true
	case "UPDATE_ROLLBACK_IN_PROGRESS": // a further try begins with it
		return strings.Contains(e.Reason, "User Initiated")
	}
	return false
}

// Progress is a stack at work: the events of this run, the oldest first, of which those from New on were not there before.
type Progress struct {
	Stack  Stack
	Events []Event
	New    int
	Total  int // of resources that this run touches, as far as it is known; else 0
	Ended  bool
}

// cancelled are reasons of failures that only follow from another.
var cancelled = []string{"creation cancelled", "update cancelled", "cancelled", "Resource creation Initiated"}

// FirstFailure is the event that all later failures follow from.
func FirstFailure(events []Event) (Event, bool) {
	var first *Event
	for i, e := range events {
		if !e.Failed() || e.OfStack() {
			continue
		}
		if !follows(e) {
			return e, true
		}
		if first == nil {
			first = &events[i]
		}
	}
	if first == nil {
		return Event{}, false
	}
	return *first, true
}

func follows(e Event) bool {
	return slices.ContainsFunc(cancelled, func(text string) bool { return strings.Contains(e.Reason, text) })
}

// newestEvent is the ID of a stack's newest event, after which a run that is about to begin has its own.
func (c *Cloud) newestEvent(ctx context.Context, stackID string) (string, error) {
	out, err := c.CloudFormation.DescribeStackEvents(ctx, &cloudformation.DescribeStackEventsInput{StackName: &stackID})
	if isMissingStack(err) || err == nil && len(out.StackEvents) == 0 {
		return "", nil
	}
	if err != nil {
		return "", c.explain(err)
	}
	return aws.ToString(out.StackEvents[0].EventId), nil
}

// events reads a stack's events after one, the oldest first. Without one it reads those of the newest run.
func (c *Cloud) events(ctx context.Context, stackID, after string) ([]Event, error) {
	var all []Event
	in := &cloudformation.DescribeStackEventsInput{StackName: &stackID}
	for {
		out, err := c.CloudFormation.DescribeStackEvents(ctx, in)
		if err != nil {
			return nil, c.explain(err)
		}
		for _, raw := range out.StackEvents { // the newest first
			e := eventOf(raw)
			if after != "" && e.ID == after {
				return reversed(all), nil
			}
			all = append(all, e)
			if after == "" && e.begins() {
				return reversed(all), nil
			}
		}
		if in.NextToken = out.NextToken; in.NextToken == nil {
			return reversed(all), nil
		}
	}
}

func reversed(all []Event) []Event {
	slices.Reverse(all)
	return all
}

func eventOf(e types.StackEvent) Event {
	return Event{
		ID: aws.ToString(e.EventId), At: aws.ToTime(e.Timestamp), Resource: aws.ToString(e.LogicalResourceId),
		Type: aws.ToString(e.ResourceType), Physical: aws.ToString(e.PhysicalResourceId),
		Status: string(e.ResourceStatus), Reason: aws.ToString(e.ResourceStatusReason),
	}
}

// follow waits until a stack is no longer at work, telling each look. It answers how the stack is then, and the run's events.
// after is the newest event before the run; "" for a run that somebody else began.
func (c *Cloud) follow(ctx context.Context, stackID, after string, total int) (Stack, []Event, error) {
	told, quiet := 0, time.Duration(0)
	for {
		s, err := c.lookAt(ctx, stackID)
		if err != nil {
			return s, nil, err
		}
		if s.ID == "" { // deleted long ago, or the answer lags
			s = Stack{ID: stackID, Status: types.StackStatusDeleteComplete}
		}
		var events []Event
		if events, err = c.events(ctx, stackID, after); err != nil && !isMissingStack(err) {
			return s, nil, err
		}
		ended := phaseOf(s) != working && (after == "" || endOf(events) || !s.Exists() || quiet > settling)
		c.Watch.Stack(Progress{Stack: s, Events: events, New: min(told, len(events)), Total: total, Ended: ended})
		if told = len(events); ended {
			return s, events, nil
		}
		if err := pause(ctx, c.Poll); err != nil {
			return s, events, &Interrupted{Stage: c.Stage, Status: string(s.Status)}
		}
		quiet += c.Poll
	}
}

// settling is how long a stack may show the status before a run, and no event of it, though the run was begun.
const settling = 30 * time.Second

// endOf says whether a run's events have its end.
func endOf(events []Event) bool {
	return slices.ContainsFunc(events, func(e Event) bool { return e.OfStack() && e.Ended() })
}
