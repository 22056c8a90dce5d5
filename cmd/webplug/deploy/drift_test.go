package deploy_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"webplug/cmd/webplug/deploy"
	"webplug/infra/moto"
	"webplug/infra/stage"
)

func TestDrift(t *testing.T) {
	a := newAccount(t)
	c, _ := a.open("prod", nil)
	known := a.topic(stage.TopicPrefix("prod")+"01A-0", "prod")
	a.topic(stage.TopicPrefix("prod")+"01B-1", "prod")
	a.topic(stage.TopicPrefix("prod")+"01C-0", "prod")
	a.topic(stage.TopicPrefix("prod-eu")+"01D-0", "prod-eu")
	subscriptions, err := sns.NewFromConfig(moto.Config(a.url)).ListSubscriptionsByTopic(t.Context(), &sns.ListSubscriptionsByTopicInput{TopicArn: &known})
	a.must(err)
	there := aws.ToString(subscriptions.Subscriptions[0].SubscriptionArn)

	found, err := c.Drift(t.Context(), deploy.Wanted{
		Types:         map[string]bool{"typ_01A": true, "typ_01B": false},
		Subscriptions: map[string]string{there: "https://example.com/a", "arn:gone": "https://example.com/gone"},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []struct{ kind, name, why string }{
		{"subscription", "https://example.com/gone", "SNS does not have it: it is made anew within the hour"},
		{"subscription", "https://example.com/webplug-prod-typ_01B-1", "no subscription of WebPlug has it"},
		{"subscription", "https://example.com/webplug-prod-typ_01C-0", "no subscription of WebPlug has it"},
		{"topic", "webplug-prod-typ_01B-1", "its event type is archived: it is deleted two hours later"},
		{"topic", "webplug-prod-typ_01C-0", "no event type of WebPlug has it"},
	}
	if len(found) != len(want) {
		t.Fatalf("it finds %+v", found)
	}
	for i, w := range want {
		if found[i].Kind != w.kind || found[i].Name != w.name || found[i].Why != w.why {
			t.Errorf("it finds %+v, want %+v", found[i], w)
		}
	}
}

// alarms is CloudWatch with two alarms, one a page; moto does not know the protocol that AWS's SDK speaks with it.
type alarms struct{}

func (alarms) DescribeAlarms(_ context.Context, in *cloudwatch.DescribeAlarmsInput, _ ...func(*cloudwatch.Options)) (*cloudwatch.DescribeAlarmsOutput, error) {
	if in.NextToken == nil {
		return &cloudwatch.DescribeAlarmsOutput{NextToken: aws.String("2"), MetricAlarms: []types.MetricAlarm{{AlarmName: aws.String(*in.AlarmNamePrefix + "a"), StateValue: types.StateValueOk}}}, nil
	}
	return &cloudwatch.DescribeAlarmsOutput{MetricAlarms: []types.MetricAlarm{{AlarmName: aws.String(*in.AlarmNamePrefix + "b"), StateValue: types.StateValueAlarm}}}, nil
}

func TestAlarmsThatAreOnComeFirst(t *testing.T) {
	c := &deploy.Cloud{Where: deploy.Where{Stage: "prod"}, Alarms: alarms{}}
	found, err := c.AlarmStates(t.Context())
	if err != nil || len(found) != 2 || found[0].Name != "webplug-prod/b" || found[1].State != "OK" {
		t.Fatalf("it finds %+v, %v", found, err)
	}
}
