package main

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/jsii-runtime-go"

	"webplug/infra/stage"
)

// metric is one of CloudWatch's. What it is of is a dimension's name and value.
type metric struct {
	namespace, name, statistic string
	dimension                  string
	of                         *string
}

// alarm tells that something is above its threshold in each of some periods.
type alarm struct {
	id, name, what string
	metrics        []metric
	expression     string // of m0, m1, …; "" where there is one metric
	above          float64
	period         float64 // seconds
	periods        float64
}

// makeAlarms makes the alarms, and who is told of them. Where nothing happened nothing is wrong: missing data is well.
func (s *stack) makeAlarms() {
	topic := awssns.NewCfnTopic(s.Stack, jsii.String("AlarmsTopic"), &awssns.CfnTopicProps{TopicName: sub(stage.Name(ofStage)+"-alarms", nil)})
	s.notify = topic.Ref()
	told := awssns.NewCfnSubscription(s.Stack, jsii.String("AlarmsEmail"), &awssns.CfnSubscriptionProps{
		TopicArn: topic.Ref(), Protocol: jsii.String("email"), Endpoint: awscdk.Fn_Ref(jsii.String(stage.ParamAlarmEmail)),
	})
	told.AddOverride(jsii.String("Condition"), isToldOf)
	for _, a := range append(s.alarmsOfWebhooks(), s.alarmsOfParts()...) {
		s.alarm(a)
	}
}

// alarmsOfWebhooks tell that webhooks are late or do not arrive.
func (s *stack) alarmsOfWebhooks() []alarm {
	own := func(name, statistic string) metric {
		return metric{stage.MetricNamespace, name, statistic, stage.DimensionStage, awscdk.Fn_Ref(jsii.String(stage.ParamStage))}
	}
	behind := func(r stage.Role) alarm {
		return alarm{
			id: specs[r].id + "Behind", name: string(r) + "-behind", what: "The function has been more than 5 minutes behind the event log.",
			metrics: []metric{s.ofFunction(r, "IteratorAge", "Maximum")}, above: 300_000, period: 60, periods: 5,
		}
	}
	aside := s.queues.setAside.all()
	var visible, ages []metric
	for _, q := range aside {
		visible = append(visible, metric{"AWS/SQS", "ApproximateNumberOfMessagesVisible", "Maximum", "QueueName", q.AttrQueueName()})
	}
	for _, name := range []*string{s.queues.attempts.AttrQueueName(), s.queues.work.AttrQueueName(), s.queues.letters.AttrQueueName()} {
		ages = append(ages, metric{"AWS/SQS", "ApproximateAgeOfOldestMessage", "Maximum", "QueueName", name})
	}
	return []alarm{
		{
			id: "FailureRate", name: "failure-rate", what: "More than a tenth of at least 20 deliveries failed for good, in each of 3 times 5 minutes.",
			metrics: []metric{own(stage.MetricDelivered, "Sum"), own(stage.MetricFailed, "Sum")}, // the functions always say both
			// With few deliveries one broken endpoint would be most of them.
			expression: "IF(m0+m1 >= 20, 100*m1/(m0+m1), 0)", above: 10, period: 300, periods: 3,
		},
		behind(stage.Views), behind(stage.Dispatch),
		{
			id: "Parked", name: "parked", what: "Streams are set aside, since an event could not be projected: see /v1/stuck.",
			metrics: []metric{own(stage.MetricParked, "Maximum")}, above: 0, period: 300, periods: 1,
		},
		{
			id: "SetAside", name: "set-aside", what: "Messages were set aside after many tries: see the queues that end in -set-aside.",
			metrics: visible, expression: sumOfAll, above: 0, period: 300, periods: 1,
		},
		{
			id: "QueuesWait", name: "queues-wait", what: "A message has waited in a queue for over an hour.",
			metrics: ages, expression: highestOfAll, above: 3600, period: 300, periods: 1,
		},
	}
}

// alarmsOfParts tell that a part does not work as it should.
func (s *stack) alarmsOfParts() []alarm {
	var functions, tables []metric
	for _, r := range stage.Roles() {
		functions = append(functions, s.ofFunction(r, "Throttles", "Sum"))
	}
	for _, name := range []*string{s.tables.log.Ref(), s.tables.views.Ref()} {
		tables = append(tables, metric{"AWS/DynamoDB", "ReadThrottleEvents", "Sum", "TableName", name},
			metric{"AWS/DynamoDB", "WriteThrottleEvents", "Sum", "TableName", name})
	}
	return []alarm{
		{
			id: "FunctionsThrottled", name: "functions-throttled", what: "Functions were throttled for 15 minutes: the account's concurrency is used up.",
			metrics: functions, expression: sumOfAll, above: 0, period: 300, periods: 3,
		},
		{
			id: "TablesThrottled", name: "tables-throttled", what: "A table was throttled for 15 minutes.",
			metrics: tables, expression: sumOfAll, above: 0, period: 300, periods: 3,
		},
		{
			id: "ScheduleErrors", name: "schedule-errors", what: "The function that looks after what is overdue failed at least 3 times in 5 minutes.",
			metrics: []metric{s.ofFunction(stage.Schedule, "Errors", "Sum")}, above: 2, period: 300, periods: 1,
		},
		{
			id: "ApiErrors", name: "api-errors", what: "The API answered with a server error more than 5 times in each of 3 times 5 minutes.",
			metrics: []metric{{"AWS/ApiGateway", "5xx", "Sum", "ApiId", s.api.Ref()}}, above: 5, period: 300, periods: 3,
		},
	}
}

func (s *stack) ofFunction(r stage.Role, name, statistic string) metric {
	return metric{"AWS/Lambda", name, statistic, "FunctionName", s.functions[r].Ref()}
}

// A metric of which there is nothing in a period counts as none.
const (
	sumOfAll     = "SUM(FILL(METRICS(), 0))"
	highestOfAll = "MAX(FILL(METRICS(), 0))"
)

func (s *stack) alarm(a alarm) {
	p := &awscloudwatch.CfnAlarmProps{
		AlarmName: sub(stage.AlarmPrefix(ofStage)+a.name, nil), AlarmDescription: jsii.String(a.what),
		ComparisonOperator: jsii.String("GreaterThanThreshold"), Threshold: jsii.Number(a.above), EvaluationPeriods: jsii.Number(a.periods),
		TreatMissingData: jsii.String("notBreaching"), AlarmActions: &[]any{s.notify}, OkActions: &[]any{s.notify},
	}
	if a.expression == "" {
		m := a.metrics[0]
		p.Namespace, p.MetricName, p.Statistic, p.Period = jsii.String(m.namespace), jsii.String(m.name), jsii.String(m.statistic), jsii.Number(a.period)
		p.Dimensions = []any{&awscloudwatch.CfnAlarm_DimensionProperty{Name: jsii.String(m.dimension), Value: m.of}}
	} else {
		p.Metrics = a.queries()
	}
	awscloudwatch.NewCfnAlarm(s.Stack, jsii.String(a.id+"Alarm"), p)
}

// queries are an expression and its metrics.
func (a alarm) queries() []any {
	all := []any{&awscloudwatch.CfnAlarm_MetricDataQueryProperty{
		Id: jsii.String("e"), Expression: jsii.String(a.expression), Label: jsii.String(a.name), ReturnData: jsii.Bool(true),
	}}
	for i, m := range a.metrics {
		all = append(all, &awscloudwatch.CfnAlarm_MetricDataQueryProperty{
			Id: jsii.String(fmt.Sprintf("m%d", i)), ReturnData: jsii.Bool(false),
			MetricStat: &awscloudwatch.CfnAlarm_MetricStatProperty{
				Stat: jsii.String(m.statistic), Period: jsii.Number(a.period),
				Metric: &awscloudwatch.CfnAlarm_MetricProperty{
					Namespace: jsii.String(m.namespace), MetricName: jsii.String(m.name),
					Dimensions: []any{&awscloudwatch.CfnAlarm_DimensionProperty{Name: jsii.String(m.dimension), Value: m.of}},
				},
			},
		})
	}
	return all
}
