package main

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"webplug/infra/stage"
)

// account is where a template is tried, with parameters as "webplug deploy" gives them.
var account = map[string]string{
	"AWS::Partition": "aws", "AWS::Region": "eu-west-1", "AWS::AccountId": "123456789012",
	stage.ParamStage: "prod", stage.ParamDefaultFormat: "sns", stage.ParamRemoval: "retain", stage.ParamAlarmEmail: "",
	stage.ParamCodeBucket: "bucket", stage.ParamCodeKey: "code/1.zip", stage.ParamVersion: "1.0.0",
}

// resolver works out what CloudFormation puts in a template's places.
type resolver struct {
	*testing.T
	template templateDocument
}

// text is what a value becomes.
func (r resolver) text(v any) string {
	r.Helper()
	switch v := v.(type) {
	case string:
		return v
	case float64, bool:
		return fmt.Sprint(v)
	case map[string]any:
		switch {
		case v["Ref"] != nil:
			return r.ref(v["Ref"].(string))
		case v["Fn::GetAtt"] != nil:
			at := v["Fn::GetAtt"].([]any)
			return r.attribute(at[0].(string), at[1].(string))
		case v["Fn::Sub"] != nil:
			return r.sub(v["Fn::Sub"])
		}
	}
	r.Fatalf("what is %v?", v)
	return ""
}

var placeholder = regexp.MustCompile(`\$\{([^}]+)\}`)

func (r resolver) sub(v any) string {
	text, own := v, map[string]any{}
	if list, ok := v.([]any); ok {
		text, own = list[0], list[1].(map[string]any)
	}
	return placeholder.ReplaceAllStringFunc(text.(string), func(found string) string {
		name := found[2 : len(found)-1]
		if value, ok := own[name]; ok {
			return r.text(value)
		}
		if id, attribute, ok := strings.Cut(name, "."); ok {
			return r.attribute(id, attribute)
		}
		return r.ref(name)
	})
}

// arn is one of this account and region.
func (r resolver) arn(service, rest string) string {
	return "arn:aws:" + service + ":" + account["AWS::Region"] + ":" + account["AWS::AccountId"] + ":" + rest
}

// ref is what Ref gives: a parameter, or a resource's own kind of name.
func (r resolver) ref(name string) string {
	if v, ok := account[name]; ok {
		return v
	}
	of, ok := r.template.Resources[name]
	if !ok {
		r.Fatalf("nothing is called %s", name)
	}
	p := of.Properties
	switch of.Type {
	case "AWS::SecretsManager::Secret":
		return r.arn("secretsmanager", "secret:"+r.text(p["Name"])+"-AbCdEf")
	case "AWS::SQS::Queue":
		return "https://sqs.eu-west-1.amazonaws.com/123456789012/" + r.text(p["QueueName"])
	case "AWS::DynamoDB::Table":
		return r.text(p["TableName"])
	case "AWS::Lambda::Function":
		return r.text(p["FunctionName"])
	case "AWS::Events::Rule":
		return r.text(p["Name"])
	case "AWS::SNS::Topic":
		return r.arn("sns", r.text(p["TopicName"]))
	}
	return "id-of-" + name
}

func (r resolver) attribute(id, name string) string {
	of, ok := r.template.Resources[id]
	if !ok {
		r.Fatalf("nothing is called %s", id)
	}
	p := of.Properties
	switch of.Type + "." + name {
	case "AWS::DynamoDB::Table.Arn":
		return r.arn("dynamodb", "table/"+r.text(p["TableName"]))
	case "AWS::DynamoDB::Table.StreamArn":
		return r.arn("dynamodb", "table/"+r.text(p["TableName"])+"/stream/2026-11-24T16:00:00.000")
	case "AWS::SQS::Queue.Arn":
		return r.arn("sqs", r.text(p["QueueName"]))
	case "AWS::SQS::Queue.QueueName":
		return r.text(p["QueueName"])
	case "AWS::Lambda::Function.Arn":
		return r.arn("lambda", "function:"+r.text(p["FunctionName"]))
	case "AWS::IAM::Role.Arn":
		return "arn:aws:iam::" + account["AWS::AccountId"] + ":role/webplug-prod-" + id
	case "AWS::ApiGatewayV2::Api.ApiEndpoint":
		return "https://abc.execute-api.eu-west-1.amazonaws.com"
	}
	r.Fatalf("what is %s of a %s?", name, of.Type)
	return ""
}
