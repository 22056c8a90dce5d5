package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2/assertions"
	"github.com/aws/jsii-runtime-go"

	"webplug/infra/stage"
)

type properties = map[string]any

// ifRetained is a value that the parameter RemovalPolicy decides of.
func ifRetained(yes, no any) properties { return properties{"Fn::If": []any{"IsRetained", yes, no}} }

func TestDataIsKept(t *testing.T) {
	d := read(t, released())
	r := resolver{t, d}
	for id, name := range map[string]string{"LogTable": "webplug-prod-log", "KeysTable": "webplug-prod-keys", "ViewsTable": "webplug-prod-views"} {
		if got := r.ref(id); got != name {
			t.Errorf("%s is called %s", id, got)
		}
		holds(t, func() {
			released().HasResource(jsii.String("AWS::DynamoDB::Table"), properties{
				"DeletionPolicy":      ifRetained("RetainExceptOnCreate", "Delete"),
				"UpdateReplacePolicy": ifRetained("Retain", "Delete"),
				"Properties": properties{
					"TableName":                        properties{"Fn::Sub": strings.Replace(name, "prod", "${Stage}", 1)},
					"BillingMode":                      "PAY_PER_REQUEST",
					"DeletionProtectionEnabled":        ifRetained(true, false),
					"PointInTimeRecoverySpecification": properties{"PointInTimeRecoveryEnabled": true},
				},
			})
		})
	}
	for _, key := range []string{"MasterKey", "AdminKey"} {
		kept := d.Resources[key]
		if kept.DeletionPolicy == nil || kept.UpdateReplacePolicy == nil {
			t.Errorf("%s goes with the stack: %v", key, kept)
		}
	}
	// What is not data goes, so that nothing is in the way of another deployment.
	for id, resource := range d.Resources {
		if resource.DeletionPolicy != nil && !slices.Contains([]string{"LogTable", "KeysTable", "ViewsTable", "MasterKey", "AdminKey"}, id) {
			t.Errorf("%s is kept", id)
		}
	}
}

// The functions read infra/stage's names; what a function needs is what cmd/lambda refuses to start without.
func TestFunctions(t *testing.T) {
	r := resolver{t, read(t, released())}
	r.template.count(t, "AWS::Lambda::Function", len(stage.Roles()))
	for _, role := range stage.Roles() {
		f := r.template.Resources[specs[role].id+"Function"].Properties
		env := f["Environment"].(properties)["Variables"].(properties)
		if r.text(env[stage.EnvRole]) != string(role) || r.text(env[stage.EnvStage]) != "prod" || r.text(env[stage.EnvTables]) != "webplug-prod" {
			t.Errorf("%s is told %v", role, env)
		}
		if r.text(f["FunctionName"]) != stage.Function("prod", role) {
			t.Errorf("%s is called %s", role, r.text(f["FunctionName"]))
		}
		holds(t, func() {
			released().HasResourceProperties(jsii.String("AWS::Lambda::Function"), properties{
				"FunctionName": properties{"Fn::Sub": stage.Function("${Stage}", role)}, "Runtime": "provided.al2023",
				"Architectures": []any{"arm64"}, "Handler": "bootstrap",
				"LoggingConfig": properties{"LogFormat": "JSON", "SystemLogLevel": "WARN", "ApplicationLogLevel": "INFO"},
				"Code":          properties{"S3Bucket": properties{"Ref": stage.ParamCodeBucket}, "S3Key": properties{"Ref": stage.ParamCodeKey}},
				"Role":          properties{"Fn::GetAtt": []any{specs[role].id + "Role", "Arn"}},
			})
		})
		if timeout := time.Duration(f["Timeout"].(float64)) * time.Second; timeout >= stage.LongestInvocation {
			t.Errorf("%s may take %s, and a rebuild does not wait so long for it", role, timeout)
		}
		logs := r.template.Resources[specs[role].id+"Logs"].Properties
		if r.text(logs["LogGroupName"]) != stage.FunctionLogGroup("prod", role) || logs["RetentionInDays"] != float64(logDays) {
			t.Errorf("logs of %s: %v", role, logs)
		}
	}
}

// Lambda ends a chain of invocations through SQS after 16, and a retry may take more than a day of hops.
func TestRetriesAreNoLoop(t *testing.T) {
	d := read(t, released())
	for _, role := range stage.Roles() {
		want := "Terminate"
		if role == stage.Queue || role == stage.Work {
			want = "Allow"
		}
		if got := d.Resources[specs[role].id+"Function"].Properties["RecursiveLoop"]; got != want {
			t.Errorf("%s: %v", role, got)
		}
	}
}

func TestTheLogIsFollowed(t *testing.T) {
	released().ResourceCountIs(jsii.String("AWS::Lambda::EventSourceMapping"), jsii.Number(4))
	for _, id := range []string{"ViewsFunction", "DispatchFunction"} {
		holds(t, func() {
			released().HasResourceProperties(jsii.String("AWS::Lambda::EventSourceMapping"), properties{
				"FunctionName": properties{"Ref": id}, "EventSourceArn": properties{"Fn::GetAtt": []any{"LogTable", "StreamArn"}},
				"StartingPosition": "TRIM_HORIZON", "FunctionResponseTypes": []any{"ReportBatchItemFailures"},
				"BisectBatchOnFunctionError": true, "MaximumRetryAttempts": -1, "MaximumRecordAgeInSeconds": -1, "ParallelizationFactor": 1,
				"FilterCriteria":    properties{"Filters": []any{properties{"Pattern": `{"eventName":["INSERT"]}`}}},
				"DestinationConfig": assertions.Match_Absent(), // nothing is given up
			})
		})
	}
}

// What is hidden for less than six timeouts can come again while it is still being worked on.
func TestQueues(t *testing.T) {
	r := resolver{t, read(t, released())}
	for role, queue := range map[stage.Role]string{stage.Queue: "AttemptsQueue", stage.Work: "WorkQueue", stage.Schedule: "DeadLetters"} {
		hidden := r.template.Resources[queue].Properties["VisibilityTimeout"].(float64)
		timeout := r.template.Resources[specs[role].id+"Function"].Properties["Timeout"].(float64)
		if hidden < 6*timeout || hidden > 12*3600 {
			t.Errorf("%s: %v seconds, and the function has %v", queue, hidden, timeout)
		}
	}
	for queue, aside := range map[string]string{"AttemptsQueue": "AttemptsSetAside", "WorkQueue": "WorkSetAside"} {
		redrive := r.template.Resources[queue].Properties["RedrivePolicy"].(properties)
		if r.text(redrive["deadLetterTargetArn"]) != r.attribute(aside, "Arn") {
			t.Errorf("%s: %v", queue, redrive)
		}
		holds(t, func() {
			released().HasResourceProperties(jsii.String("AWS::Lambda::EventSourceMapping"), properties{
				"EventSourceArn": properties{"Fn::GetAtt": []any{queue, "Arn"}}, "FunctionResponseTypes": []any{"ReportBatchItemFailures"},
			})
		})
	}
	for id, q := range r.template.of("AWS::SQS::Queue") {
		if q.Properties["MessageRetentionPeriod"] != float64(fortnight) || q.Properties["SqsManagedSseEnabled"] != true {
			t.Errorf("%s: %v", id, q.Properties)
		}
	}
}

// One permission for all log groups: a function's policy has room for some tens.
func TestWhatCallsTheFunctions(t *testing.T) {
	r := resolver{t, read(t, released())}
	sources := map[string]string{}
	for _, p := range r.template.of("AWS::Lambda::Permission") {
		sources[r.text(p.Properties["FunctionName"])] = r.text(p.Properties["Principal"]) + " " + r.text(p.Properties["SourceArn"])
	}
	for role, want := range map[stage.Role]string{
		stage.API:      "apigateway.amazonaws.com arn:aws:execute-api:eu-west-1:123456789012:id-of-HttpApi/*/*",
		stage.Schedule: "events.amazonaws.com arn:aws:events:eu-west-1:123456789012:rule/webplug-prod-each-minute",
		stage.Reports:  "logs.amazonaws.com arn:aws:logs:eu-west-1:123456789012:log-group:sns/eu-west-1/123456789012/webplug-prod-typ_*:*",
	} {
		if got := sources[stage.Function("prod", role)]; got != want {
			t.Errorf("%s is called by %s", role, got)
		}
	}
	r.template.count(t, "AWS::Lambda::Permission", 3)
	holds(t, func() {
		released().HasResourceProperties(jsii.String("AWS::ApiGatewayV2::Route"), properties{"RouteKey": "$default", "Target": properties{"Fn::Sub": "integrations/${HttpIntegration}"}})
		released().HasResourceProperties(jsii.String("AWS::ApiGatewayV2::Api"), properties{"ProtocolType": "HTTP", "CorsConfiguration": assertions.Match_Absent()})
		released().HasResourceProperties(jsii.String("AWS::Events::Rule"), properties{"ScheduleExpression": "rate(1 minute)"})
	})
}

func TestSomebodyIsToldOfAlarms(t *testing.T) {
	r := resolver{t, read(t, released())}
	for id, a := range r.template.of("AWS::CloudWatch::Alarm") {
		if actions := list(a.Properties["AlarmActions"]); len(actions) != 1 || r.text(actions[0]) != r.ref("AlarmsTopic") {
			t.Errorf("%s tells %v", id, actions)
		}
		if !strings.HasPrefix(r.text(a.Properties["AlarmName"]), stage.AlarmPrefix("prod")) || a.Properties["TreatMissingData"] != "notBreaching" ||
			a.Properties["AlarmDescription"] == nil {
			t.Errorf("%s: %v", id, a.Properties)
		}
	}
	if told := r.template.Resources["AlarmsEmail"]; told.Condition != "HasAlarmEmail" {
		t.Errorf("mail is sent where no address is given: %v", told)
	}
}

// CloudWatch refuses an alarm whose expression names what is not there.
func TestAlarmsHaveTheirMetrics(t *testing.T) {
	r := resolver{t, read(t, released())}
	alarms := map[string]bool{}
	for id, a := range r.template.of("AWS::CloudWatch::Alarm") {
		queries, _ := a.Properties["Metrics"].([]any)
		if len(queries) == 0 {
			alarms[r.text(a.Properties["MetricName"])] = true
			if a.Properties["Statistic"] == nil || a.Properties["Period"] == nil || a.Properties["Dimensions"] == nil {
				t.Errorf("%s: %v", id, a.Properties)
			}
			continue
		}
		returned := 0
		for _, q := range queries {
			if q.(properties)["ReturnData"] == true {
				returned++
				continue
			}
			alarms[q.(properties)["MetricStat"].(properties)["Metric"].(properties)["MetricName"].(string)] = true
		}
		if returned != 1 || len(queries) > 10 {
			t.Errorf("%s returns %d of %d", id, returned, len(queries))
		}
	}
	for _, name := range []string{stage.MetricDelivered, stage.MetricFailed, stage.MetricParked, "IteratorAge", "Throttles", "Errors", "5xx",
		"ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage", "ReadThrottleEvents", "WriteThrottleEvents"} {
		if !alarms[name] {
			t.Errorf("no alarm looks at %s", name)
		}
	}
}

// destroy and status find everything by its tag.
func TestEverythingIsTagged(t *testing.T) {
	untaggable := []string{ // CloudFormation has no tags for them
		"AWS::SQS::QueuePolicy", "AWS::Lambda::Permission", "AWS::Lambda::EventInvokeConfig", "AWS::ApiGatewayV2::Integration",
		"AWS::ApiGatewayV2::Route", "AWS::SNS::Subscription",
	}
	for id, r := range read(t, released()).Resources {
		if slices.Contains(untaggable, r.Type) {
			continue
		}
		tags, _ := r.Properties["Tags"].([]any)
		named, _ := r.Properties["Tags"].(properties) // HTTP APIs have another shape
		found := named[stage.TagStage] != nil
		for _, tag := range tags {
			found = found || tag.(properties)["Key"] == stage.TagStage
		}
		if !found {
			t.Errorf("%s, a %s, has no tag", id, r.Type)
		}
	}
}

// count fails unless there are so many of a type.
func (d templateDocument) count(t *testing.T, kind string, want int) {
	t.Helper()
	if n := len(d.of(kind)); n != want {
		t.Errorf("%d of %s, not %d", n, kind, want)
	}
}
