package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"webplug/infra/stage"
)

// What stands for a parameter or a value of the deployment in a name: infra/stage makes the names, CloudFormation
// puts in what is meant.
const (
	ofStage   = "${Stage}"
	ofRegion  = "${AWS::Region}"
	ofAccount = "${AWS::AccountId}"
)

// Conditions of the template.
const (
	isRetained = "IsRetained"
	isToldOf   = "HasAlarmEmail"
)

// sub is a text in which CloudFormation replaces what stands in ${}.
func sub(text string, values map[string]*string) *string {
	if len(values) == 0 {
		return awscdk.Fn_Sub(jsii.String(text), nil)
	}
	return awscdk.Fn_Sub(jsii.String(text), &values)
}

// arn is the ARN of something of this account and region.
func arn(service, resource string) *string {
	return sub("arn:${AWS::Partition}:"+service+":"+ofRegion+":"+ofAccount+":"+resource, nil)
}

// The parameters. Their names are infra/stage's.
func (s *stack) parameters() {
	text := func(name, what string, p awscdk.CfnParameterProps) {
		p.Type, p.Description = jsii.String("String"), jsii.String(what)
		awscdk.NewCfnParameter(s.Stack, jsii.String(name), &p)
	}
	text(stage.ParamStage, "Names all that is made.", awscdk.CfnParameterProps{
		Default: jsii.String(s.props.Stage), AllowedPattern: jsii.String("^[a-z][a-z0-9-]{0,18}[a-z0-9]$"),
		ConstraintDescription: jsii.String("2 to 20 of a-z, 0-9 and -, a letter first, no - last"),
	})
	text(stage.ParamDefaultFormat, "The format of endpoints for which none is said.", awscdk.CfnParameterProps{
		Default: jsii.String("sns"), AllowedValues: jsii.Strings("sns", "standard-webhooks"),
	})
	text(stage.ParamRemoval, "What becomes of tables and keys when the stack is deleted.", awscdk.CfnParameterProps{
		Default: jsii.String("retain"), AllowedValues: jsii.Strings("retain", "delete"),
	})
	text(stage.ParamAlarmEmail, "Who is told of alarms; empty for nobody.", awscdk.CfnParameterProps{Default: jsii.String("")})
	text(stage.ParamVersion, "The version that is deployed.", awscdk.CfnParameterProps{Default: jsii.String("dev")})
	if s.props.Package == "" {
		text(stage.ParamCodeBucket, "The bucket with the functions' package.", awscdk.CfnParameterProps{MinLength: jsii.Number(3)})
		text(stage.ParamCodeKey, "The key of the functions' package.", awscdk.CfnParameterProps{MinLength: jsii.Number(1)})
	}
	condition := func(name string, c awscdk.ICfnConditionExpression) {
		awscdk.NewCfnCondition(s.Stack, jsii.String(name), &awscdk.CfnConditionProps{Expression: c})
	}
	condition(isRetained, awscdk.Fn_ConditionEquals(awscdk.Fn_Ref(jsii.String(stage.ParamRemoval)), jsii.String("retain")))
	condition(isToldOf, awscdk.Fn_ConditionNot(awscdk.Fn_ConditionEquals(awscdk.Fn_Ref(jsii.String(stage.ParamAlarmEmail)), jsii.String(""))))
	// It is what lets a parameter decide of a DeletionPolicy.
	// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/function-refs-in-policy-attributes.html
	s.AddTransform(jsii.String("AWS::LanguageExtensions"))
}

// keep has a resource outlive its stack where the parameter says so, but not a creation that fails: else the next
// attempt would find its name taken.
func keep(r awscdk.CfnResource) {
	policy := map[string]any{"Fn::If": []any{isRetained, "RetainExceptOnCreate", "Delete"}}
	r.AddOverride(jsii.String("DeletionPolicy"), policy)
	r.AddOverride(jsii.String("UpdateReplacePolicy"), map[string]any{"Fn::If": []any{isRetained, "Retain", "Delete"}})
}
