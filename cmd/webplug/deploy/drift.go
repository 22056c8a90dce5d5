package deploy

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"

	"webplug/infra/stage"
)

// Alarm is one of the stage's.
type Alarm struct {
	Name   string
	State  string // OK, ALARM, INSUFFICIENT_DATA
	Reason string
	Since  time.Time
}

// AlarmStates reads the stage's alarms, those that are on first.
func (c *Cloud) AlarmStates(ctx context.Context) ([]Alarm, error) {
	var all []Alarm
	in := &cloudwatch.DescribeAlarmsInput{AlarmNamePrefix: aws.String(stage.AlarmPrefix(c.Stage))}
	for {
		out, err := c.Alarms.DescribeAlarms(ctx, in)
		if err != nil {
			return nil, c.explain(err)
		}
		for _, a := range out.MetricAlarms {
			all = append(all, Alarm{
				Name: aws.ToString(a.AlarmName), State: string(a.StateValue), Reason: aws.ToString(a.StateReason), Since: aws.ToTime(a.StateUpdatedTimestamp),
			})
		}
		if in.NextToken = out.NextToken; in.NextToken == nil {
			break
		}
	}
	on := string(types.StateValueAlarm)
	slices.SortStableFunc(all, func(a, b Alarm) int {
		switch {
		case a.State == on && b.State != on:
			return -1
		case b.State == on && a.State != on:
			return 1
		}
		return strings.Compare(a.Name, b.Name)
	})
	return all, nil
}

// Wanted is what WebPlug itself says that SNS should have.
type Wanted struct {
	Types         map[string]bool   // event types, "typ_…"; false for archived ones
	Subscriptions map[string]string // ARNs of active ones, each with its URL
}

// Drift compares what is wanted with what SNS has. Names are how a stage's topics are known; the tables are not asked.
func (c *Cloud) Drift(ctx context.Context, w Wanted) ([]Left, error) {
	topics, err := c.topics(ctx)
	if err != nil {
		return nil, err
	}
	subscribed, err := c.subscribed(ctx)
	if err != nil {
		return nil, err
	}
	var all []Left
	in := " --region " + c.Region
	for _, arn := range topics {
		switch wanted, known := w.Types[typeOf(arn)]; {
		case !known:
			all = append(all, Left{"topic", nameIn(arn), "no event type of WebPlug has it", "aws sns delete-topic --topic-arn " + arn + in})
		case !wanted:
			all = append(all, Left{"topic", nameIn(arn), "its event type is archived: it is deleted two hours later", ""})
		}
	}
	for arn, url := range subscribed {
		if _, wanted := w.Subscriptions[arn]; !wanted {
			all = append(all, Left{"subscription", url, "no subscription of WebPlug has it", "aws sns unsubscribe --subscription-arn " + arn + in})
		}
	}
	for arn, url := range w.Subscriptions {
		if _, there := subscribed[arn]; !there {
			all = append(all, Left{"subscription", url, "SNS does not have it: it is made anew within the hour", ""})
		}
	}
	slices.SortFunc(all, func(a, b Left) int { return strings.Compare(a.Kind+a.Name, b.Kind+b.Name) })
	return all, nil
}

// typeOf is the event type in the name of a topic: "webplug-<stage>-typ_…-<shard>".
func typeOf(topicARN string) string {
	name := nameIn(topicARN)
	begin := strings.LastIndex(name, "typ_")
	if end := strings.LastIndex(name, "-"); begin >= 0 && end > begin {
		return name[begin:end]
	}
	return ""
}

// subscribed are the endpoints' subscriptions to the stage's topics that are confirmed, each with its URL. Queues, functions and
// whatever else the operator subscribes are his own.
func (c *Cloud) subscribed(ctx context.Context) (map[string]string, error) {
	found, err := c.subscriptions(ctx)
	all := map[string]string{}
	for _, s := range found {
		if ofEndpoint(s) {
			all[*s.SubscriptionArn] = aws.ToString(s.Endpoint)
		}
	}
	return all, err
}

func ofEndpoint(s snstypes.Subscription) bool {
	p := aws.ToString(s.Protocol)
	return p == "http" || p == "https"
}
