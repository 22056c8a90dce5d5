package main

import (
	"maps"
	"strconv"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3assets"
	"github.com/aws/jsii-runtime-go"

	"webplug/infra/stage"
)

// logDays is how long logs are kept, the functions' and those of topics.
const logDays = 30

// spec is what differs between the functions, beside their policies: one program has all roles.
type spec struct {
	id      string  // begins the logical ids of what is the role's
	what    string  // it does
	memory  float64 // MB, which also decides of its share of a processor
	timeout float64 // seconds
	// loops says that invocations may follow on each other through SQS for days, as retries do. Lambda ends such a chain
	// after 16 otherwise. https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
	loops bool
}

var specs = map[stage.Role]spec{
	stage.Views:    {id: "Views", what: "makes read models of the log", memory: 512, timeout: 60},
	stage.Dispatch: {id: "Dispatch", what: "publishes what was accepted", memory: 512, timeout: 60},
	stage.Queue:    {id: "Queue", what: "makes attempts", memory: 512, timeout: 120, loops: true},
	stage.Work:     {id: "Work", what: "makes topics and subscriptions", memory: 512, timeout: 120, loops: true},
	stage.Reports:  {id: "Reports", what: "makes outcomes of SNS's records", memory: 512, timeout: 60},
	stage.Schedule: {id: "Schedule", what: "looks after what is overdue or has changed", memory: 512, timeout: 55},
	stage.API:      {id: "Api", what: "answers the API and the UI", memory: 1024, timeout: 29},
}

// functions are the roles' functions.
type functions map[stage.Role]awslambda.CfnFunction

// makeFunctions makes all functions. That of the role reports is made first: others name it in what they make at SNS.
func (s *stack) makeFunctions() functions {
	code, all := s.code(), functions{}
	s.functions = all
	all[stage.Reports] = s.function(stage.Reports, code)
	s.makeAPI()
	for _, r := range stage.Roles() {
		if all[r] == nil {
			all[r] = s.function(r, code)
		}
	}
	return all
}

// code is the package, wherever it lies.
func (s *stack) code() *awslambda.CfnFunction_CodeProperty {
	if s.props.Package == "" {
		return &awslambda.CfnFunction_CodeProperty{
			S3Bucket: awscdk.Fn_Ref(jsii.String(stage.ParamCodeBucket)), S3Key: awscdk.Fn_Ref(jsii.String(stage.ParamCodeKey)),
		}
	}
	asset := awss3assets.NewAsset(s.Stack, jsii.String("Package"), &awss3assets.AssetProps{Path: jsii.String(s.props.Package)})
	return &awslambda.CfnFunction_CodeProperty{S3Bucket: asset.S3BucketName(), S3Key: asset.S3ObjectKey()}
}

// function makes a role's function, with a log group and an IAM role of its own.
func (s *stack) function(r stage.Role, code *awslambda.CfnFunction_CodeProperty) awslambda.CfnFunction {
	of := specs[r]
	logs := awslogs.NewCfnLogGroup(s.Stack, jsii.String(of.id+"Logs"), &awslogs.CfnLogGroupProps{
		LogGroupName: sub(stage.FunctionLogGroup(ofStage, r), nil), RetentionInDays: jsii.Number(logDays),
	})
	may := s.role(of.id+"Role", "lambda.amazonaws.com", nil, s.policy(r))
	loop := "Terminate"
	if of.loops {
		loop = "Allow"
	}
	env := s.environment(r)
	f := awslambda.NewCfnFunction(s.Stack, jsii.String(of.id+"Function"), &awslambda.CfnFunctionProps{
		FunctionName:  sub(stage.Function(ofStage, r), nil),
		Description:   sub("WebPlug ${Version}: "+of.what, nil),
		Runtime:       jsii.String("provided.al2023"),
		Architectures: jsii.Strings("arm64"),
		Handler:       jsii.String("bootstrap"),
		Code:          code,
		Role:          may.AttrArn(),
		MemorySize:    jsii.Number(of.memory),
		Timeout:       jsii.Number(of.timeout),
		RecursiveLoop: jsii.String(loop),
		Environment:   &awslambda.CfnFunction_EnvironmentProperty{Variables: &env},
		// START, END and REPORT of each invocation would be half of what an accepted message logs; what they tell is in metrics.
		LoggingConfig: &awslambda.CfnFunction_LoggingConfigProperty{
			LogFormat: jsii.String("JSON"), SystemLogLevel: jsii.String("WARN"), ApplicationLogLevel: jsii.String("INFO"),
		},
	})
	f.AddResourceDependency(logs, nil) // else Lambda might make it, without retention
	return f
}

// environment is what a role is told, by infra/stage's names: what it needs, and nothing else.
func (s *stack) environment(r stage.Role) map[string]*string {
	env := map[string]*string{
		stage.EnvRole: jsii.String(string(r)), stage.EnvStage: awscdk.Fn_Ref(jsii.String(stage.ParamStage)),
		stage.EnvTables: sub(stage.Tables(ofStage), nil),
	}
	seals := map[string]*string{stage.EnvMasterKeySecret: s.secrets.master.Ref()}
	works := map[string]*string{stage.EnvWorkQueueURL: s.queues.work.Ref()}
	attempts := map[string]*string{stage.EnvAttemptsQueueURL: s.queues.attempts.Ref()}
	reconciles := func() map[string]*string {
		return map[string]*string{
			stage.EnvAttemptsQueueARN: s.queues.attempts.AttrArn(), stage.EnvDeadLettersARN: s.queues.letters.AttrArn(),
			stage.EnvFeedbackRole: s.feedback.AttrArn(), stage.EnvReportsFunction: s.functions[stage.Reports].AttrArn(),
			stage.EnvLogRetention: jsii.String(strconv.Itoa(logDays)),
		}
	}
	add := func(more ...map[string]*string) {
		for _, m := range more {
			maps.Copy(env, m)
		}
	}
	switch r {
	case stage.Views:
	case stage.Reports:
		add(seals)
	case stage.Queue:
		add(seals, attempts)
	case stage.Dispatch, stage.Work:
		add(seals, works, attempts, reconciles())
	case stage.Schedule:
		add(seals, works, attempts, reconciles(), map[string]*string{stage.EnvDeadLettersURL: s.queues.letters.Ref()})
	case stage.API:
		add(seals, map[string]*string{
			stage.EnvAdminKeySecret: s.secrets.admin.Ref(),
			stage.EnvDefaultFormat:  awscdk.Fn_Ref(jsii.String(stage.ParamDefaultFormat)),
			stage.EnvPublicURL:      s.url,
		})
	}
	return env
}
