package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"

	"webplug/infra/stage"
)

// makeAPI makes the HTTP API, whose URL the function is told; answerBy joins the two.
func (s *stack) makeAPI() {
	api := awsapigatewayv2.NewCfnApi(s.Stack, jsii.String("HttpApi"), &awsapigatewayv2.CfnApiProps{
		Name: sub(stage.Name(ofStage), nil), ProtocolType: jsii.String("HTTP"),
		Description: jsii.String("WebPlug's REST API and management UI"),
	})
	s.api, s.url = api, api.AttrApiEndpoint()
}

// answerBy hands every request to one function: API and UI have one URL, so no browser needs to be told of another origin.
func (s *stack) answerBy(f awslambda.CfnFunction) {
	awsapigatewayv2.NewCfnIntegration(s.Stack, jsii.String("HttpIntegration"), &awsapigatewayv2.CfnIntegrationProps{
		ApiId: s.api.Ref(), IntegrationType: jsii.String("AWS_PROXY"), IntegrationUri: f.AttrArn(), PayloadFormatVersion: jsii.String("2.0"),
	})
	awsapigatewayv2.NewCfnRoute(s.Stack, jsii.String("HttpRoute"), &awsapigatewayv2.CfnRouteProps{
		ApiId: s.api.Ref(), RouteKey: jsii.String("$default"), Target: sub("integrations/${HttpIntegration}", nil),
	})
	awsapigatewayv2.NewCfnStage(s.Stack, jsii.String("HttpStage"), &awsapigatewayv2.CfnStageProps{
		ApiId: s.api.Ref(), StageName: jsii.String("$default"), AutoDeploy: jsii.Bool(true),
	})
	s.letInvoke("HttpPermission", f, "apigateway.amazonaws.com", arn("execute-api", "${HttpApi}/*/*"))
}

// letInvoke lets one thing of one service call a function.
func (s *stack) letInvoke(id string, f awslambda.CfnFunction, service string, source *string) {
	awslambda.NewCfnPermission(s.Stack, jsii.String(id), &awslambda.CfnPermissionProps{
		Action: jsii.String("lambda:InvokeFunction"), FunctionName: f.Ref(), Principal: jsii.String(service),
		SourceArn: source,
	})
}
