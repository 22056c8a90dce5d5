package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"webplug/infra/stage"
)

// Props is what differs between the two ways to deploy.
type Props struct {
	// Stage is what the stack and, if nothing else is said, its parameter Stage are named by.
	Stage string
	// Package is the file of the functions' zip, as an asset of the CDK. "": the template's parameters CodeBucket and CodeKey
	// name it, and the template needs no bootstrap of the CDK.
	Package string
}

// stack is the stack while it is made. Its constructs are of level 1, CloudFormation's own resources: their logical ids are
// the names they are given here, as people read them while they wait, and nothing grants a permission but policies.go.
type stack struct {
	awscdk.Stack
	props     Props
	tables    tables
	secrets   secrets
	queues    queues
	functions functions
	feedback  role
	api       awsapigatewayv2.CfnApi
	url       *string // of the HTTP API
	notify    *string // ARN of the alarms' topic
}

// NewStack makes all that a stage consists of, but for what is made at run time: the topics of event types, their
// subscriptions and their log groups.
func NewStack(scope constructs.Construct, p Props) awscdk.Stack {
	s := &stack{props: p, Stack: awscdk.NewStack(scope, jsii.String("WebPlug"), &awscdk.StackProps{
		StackName:   jsii.String(stage.Stack(p.Stage)),
		Description: jsii.String("WebPlug: webhooks as a service"),
		Tags:        &map[string]*string{stage.TagStage: jsii.String(p.Stage)},
		// A released template is sent as it is, and read by programs.
		SuppressTemplateIndentation: jsii.Bool(p.Package == ""),
		Synthesizer: awscdk.NewDefaultStackSynthesizer(&awscdk.DefaultStackSynthesizerProps{
			GenerateBootstrapVersionRule: jsii.Bool(p.Package != ""),
		}),
	})}
	s.parameters()
	s.tables = s.makeTables()
	s.secrets = s.makeSecrets()
	s.queues = s.makeQueues()
	s.feedback = s.makeFeedbackRole()
	s.functions = s.makeFunctions()
	s.makeTriggers()
	s.makeAlarms()
	s.outputs()
	awscdk.Tags_Of(s.Stack).Add(jsii.String(stage.TagStage), awscdk.Fn_Ref(jsii.String(stage.ParamStage)), &awscdk.TagProps{
		ExcludeResourceTypes: jsii.Strings("aws:cdk:stack"), // whose tags are no part of the template
	})
	return s.Stack
}

func (s *stack) outputs() {
	for _, o := range []struct {
		name, what string
		value      *string
	}{
		{stage.OutputAPI, "The REST API, and the management UI", s.url},
		{stage.OutputUI, "The management UI", sub("${url}/", map[string]*string{"url": s.url})},
		{stage.OutputAdminKey, "The secret with the admin key", s.secrets.admin.Ref()},
		{stage.OutputMasterKey, "The secret with the master key: back it up", s.secrets.master.Ref()},
		{stage.OutputTables, "What the tables' names begin with", sub(stage.Tables(ofStage), nil)},
		{stage.OutputVersion, "The version that is deployed", awscdk.Fn_Ref(jsii.String(stage.ParamVersion))},
		{stage.OutputAlarmsTopic, "Where alarms are published", s.notify},
	} {
		awscdk.NewCfnOutput(s.Stack, jsii.String(o.name), &awscdk.CfnOutputProps{Value: o.value, Description: jsii.String(o.what)})
	}
}
