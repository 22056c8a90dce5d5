package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"

	"webplug/infra/stage"
)

// makeTriggers says what calls each function.
func (s *stack) makeTriggers() {
	s.follow(stage.Views, 500)
	s.follow(stage.Dispatch, 500)
	s.take(stage.Queue, s.queues.attempts, 10)
	s.take(stage.Work, s.queues.work, 10)
	s.eachMinute()
	s.takeReports()
	s.answerBy(s.functions[stage.API])
}

// follow has a role read the log's stream. Nothing is ever given up: the function sets aside itself what it cannot take,
// so that what it reports as failed may succeed. A shard's records are taken one batch after the other. There is no
// window: a batch is what has come since the last one, so that batches grow with the load and no webhook waits for company.
func (s *stack) follow(r stage.Role, batch float64) {
	awslambda.NewCfnEventSourceMapping(s.Stack, jsii.String(specs[r].id+"Mapping"), &awslambda.CfnEventSourceMappingProps{
		FunctionName: s.functions[r].Ref(), EventSourceArn: s.tables.log.AttrStreamArn(),
		StartingPosition: jsii.String("TRIM_HORIZON"), // LATEST may miss what comes while the mapping is made
		BatchSize:        jsii.Number(batch), MaximumBatchingWindowInSeconds: jsii.Number(0), ParallelizationFactor: jsii.Number(1),
		FunctionResponseTypes:      jsii.Strings("ReportBatchItemFailures"),
		BisectBatchOnFunctionError: jsii.Bool(true), MaximumRetryAttempts: jsii.Number(-1), MaximumRecordAgeInSeconds: jsii.Number(-1),
		FilterCriteria: &awslambda.CfnEventSourceMapping_FilterCriteriaProperty{Filters: []any{
			&awslambda.CfnEventSourceMapping_FilterProperty{Pattern: jsii.String(`{"eventName":["INSERT"]}`)},
		}},
	})
}

// take has a role read a queue.
func (s *stack) take(r stage.Role, q awssqs.CfnQueue, batch float64) {
	awslambda.NewCfnEventSourceMapping(s.Stack, jsii.String(specs[r].id+"Mapping"), &awslambda.CfnEventSourceMappingProps{
		FunctionName: s.functions[r].Ref(), EventSourceArn: q.AttrArn(), BatchSize: jsii.Number(batch),
		FunctionResponseTypes: jsii.Strings("ReportBatchItemFailures"),
	})
}

// eachMinute calls the role schedule. What fails is not repeated: the next minute comes.
func (s *stack) eachMinute() {
	f := s.functions[stage.Schedule]
	awsevents.NewCfnRule(s.Stack, jsii.String("EachMinute"), &awsevents.CfnRuleProps{
		Name: sub(stage.Name(ofStage)+"-each-minute", nil), ScheduleExpression: jsii.String("rate(1 minute)"),
		Targets: []any{&awsevents.CfnRule_TargetProperty{
			Id: jsii.String("schedule"), Arn: f.AttrArn(),
			RetryPolicy: &awsevents.CfnRule_RetryPolicyProperty{MaximumRetryAttempts: jsii.Number(0), MaximumEventAgeInSeconds: jsii.Number(60)},
		}},
	})
	awslambda.NewCfnEventInvokeConfig(s.Stack, jsii.String("ScheduleInvocations"), &awslambda.CfnEventInvokeConfigProps{
		FunctionName: f.Ref(), Qualifier: jsii.String("$LATEST"),
		MaximumRetryAttempts: jsii.Number(0), MaximumEventAgeInSeconds: jsii.Number(60),
	})
	s.letInvoke("EachMinutePermission", f, "events.amazonaws.com", arn("events", "rule/${EachMinute}"))
}

// takeReports lets CloudWatch Logs call the role reports for the groups of all topics of the stage: one permission, since
// a function's policy has room for some tens.
func (s *stack) takeReports() {
	f := s.functions[stage.Reports]
	s.letInvoke("ReportsPermission", f, "logs.amazonaws.com",
		arn("logs", "log-group:"+stage.LogGroupPrefix(ofRegion, ofAccount, ofStage)+"*:*"))
	awslambda.NewCfnEventInvokeConfig(s.Stack, jsii.String("ReportsInvocations"), &awslambda.CfnEventInvokeConfigProps{
		FunctionName: f.Ref(), Qualifier: jsii.String("$LATEST"),
		MaximumRetryAttempts: jsii.Number(2), MaximumEventAgeInSeconds: jsii.Number(6 * 3600),
		DestinationConfig: &awslambda.CfnEventInvokeConfig_DestinationConfigProperty{
			OnFailure: &awslambda.CfnEventInvokeConfig_OnFailureProperty{Destination: s.queues.setAside.reports.AttrArn()},
		},
	})
}
