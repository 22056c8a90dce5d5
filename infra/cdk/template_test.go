package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"webplug/infra/stage"
)

var update = flag.Bool("update", false, "write what must not change, after a look at what it means for stacks that stand")

// TestNothingIsReplaced pins what CloudFormation replaces a resource for: its logical id, type and name, a table's shape, and
// how a secret is made. A stack that stands would lose its data, or find a name taken, if one of them changed.
func TestNothingIsReplaced(t *testing.T) {
	const file = "testdata/pinned.json"
	got := map[string]any{}
	for id, r := range read(t, released()).Resources {
		pinned := map[string]any{"Type": r.Type}
		for _, name := range []string{
			"TableName", "KeySchema", "AttributeDefinitions", "StreamSpecification", "BillingMode", // a table
			"Name", "GenerateSecretString", // a secret: another way to make it makes another key
			"QueueName", "FunctionName", "LogGroupName", "TopicName", "AlarmName", "StartingPosition", "EventSourceArn",
		} {
			if v := r.Properties[name]; v != nil {
				pinned[name] = v
			}
		}
		got[id] = pinned
	}
	b, err := json.MarshalIndent(got, "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	b = append(b, '\n')
	if *update {
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(b) == string(want) {
		return
	}
	var before map[string]any
	if err := json.Unmarshal(want, &before); err != nil {
		t.Fatal(err)
	}
	for _, id := range slices.Sorted(maps.Keys(before)) {
		if was, is := before[id], got[id]; fmt.Sprint(was) != fmt.Sprint(is) {
			t.Errorf("%s would be replaced, or go:\n was %v\n is  %v", id, was, is)
		}
	}
	t.Errorf("%s is not what the stack is now: go test -update, if that is meant", file)
}

// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
func TestTheTemplateIsWithinLimits(t *testing.T) {
	d, size := read(t, released()), len(compact(t, released()))
	t.Logf("%d bytes, %d resources", size, len(d.Resources))
	for what, c := range map[string]struct{ is, most int }{
		"bytes without a bucket": {size, 51_200}, // so 1 MB in one is far
		"resources":              {len(d.Resources), 500},
		"parameters":             {len(d.Parameters), 200},
		"outputs":                {len(d.Outputs), 200},
		"bytes of description":   {len(d.Description), 1024},
	} {
		if c.is > c.most {
			t.Errorf("%d %s, and CloudFormation takes %d", c.is, what, c.most)
		}
	}
	for id, r := range d.of("AWS::IAM::Role") {
		policies, err := json.Marshal(r.Properties["Policies"])
		if err != nil {
			t.Fatal(err)
		}
		if len(policies) > 10_240 { // of all inline policies of a role, without white space
			t.Errorf("the policy of %s has %d bytes", id, len(policies))
		}
	}
}

func TestParametersAndOutputs(t *testing.T) {
	d := read(t, released())
	want := []string{stage.ParamAlarmEmail, stage.ParamCodeBucket, stage.ParamCodeKey, stage.ParamDefaultFormat, stage.ParamRemoval, stage.ParamStage, stage.ParamVersion}
	slices.Sort(want)
	if got := slices.Sorted(maps.Keys(d.Parameters)); !slices.Equal(got, want) {
		t.Errorf("parameters %v", got)
	}
	want = []string{stage.OutputAPI, stage.OutputUI, stage.OutputAdminKey, stage.OutputMasterKey, stage.OutputTables, stage.OutputVersion, stage.OutputAlarmsTopic}
	slices.Sort(want)
	if got := slices.Sorted(maps.Keys(d.Outputs)); !slices.Equal(got, want) {
		t.Errorf("outputs %v", got)
	}
	r := resolver{t, d}
	if api, ui := r.text(d.Outputs[stage.OutputAPI]["Value"]), r.text(d.Outputs[stage.OutputUI]["Value"]); ui != api+"/" {
		t.Errorf("API %s, UI %s", api, ui)
	}
	pattern := regexp.MustCompile(d.Parameters[stage.ParamStage]["AllowedPattern"].(string))
	for _, name := range []string{"ab", "prod-eu", "a1", "", "a", "-a", "a-", "A1", "1a", "a_b", strings.Repeat("a", 20), strings.Repeat("a", 21)} {
		if pattern.MatchString(name) != stage.Valid(name) {
			t.Errorf("the template and infra/stage do not agree about %q", name)
		}
	}
}

// A stage that sends nothing costs two secrets and its alarms, as the README says: no other type here has a price of its own.
func TestWhatAnIdleStageCosts(t *testing.T) {
	free := []string{
		"AWS::DynamoDB::Table", "AWS::SQS::Queue", "AWS::SQS::QueuePolicy", "AWS::IAM::Role", "AWS::Logs::LogGroup", "AWS::Lambda::Function",
		"AWS::Lambda::EventSourceMapping", "AWS::Lambda::EventInvokeConfig", "AWS::Lambda::Permission", "AWS::ApiGatewayV2::Api",
		"AWS::ApiGatewayV2::Integration", "AWS::ApiGatewayV2::Route", "AWS::ApiGatewayV2::Stage", "AWS::Events::Rule", "AWS::SNS::Topic",
		"AWS::SNS::Subscription",
	}
	d, metrics := read(t, released()), 0
	for id, r := range d.Resources {
		switch r.Type {
		case "AWS::CloudWatch::Alarm":
			metrics++
			if queries, ok := r.Properties["Metrics"].([]any); ok {
				metrics += len(queries) - 2 // the expression is none
			}
		case "AWS::SecretsManager::Secret":
		default:
			if !slices.Contains(free, r.Type) {
				t.Errorf("%s, a %s, costs something", id, r.Type)
			}
		}
		if r.Properties["ProvisionedConcurrencyConfig"] != nil || r.Properties["KmsKeyId"] != nil || r.Properties["KmsMasterKeyId"] != nil {
			t.Errorf("%s costs something: %v", id, r.Properties)
		}
	}
	if n := len(d.of("AWS::SecretsManager::Secret")); n != 2 || metrics != 24 {
		t.Errorf("%d secrets and %d alarm metrics: the README says 2 and 24", n, metrics)
	}
}

// "webplug deploy" acknowledges these, and no more.
func TestWhatMustBeAcknowledged(t *testing.T) {
	d := read(t, released())
	want := []string{"CAPABILITY_IAM"}
	for id, r := range d.of("AWS::IAM::Role") {
		if r.Properties["RoleName"] != nil {
			t.Errorf("%s has a name: that needs CAPABILITY_NAMED_IAM", id)
		}
	}
	if d.Transform == "AWS::LanguageExtensions" {
		want = append(want, "CAPABILITY_AUTO_EXPAND")
	}
	if got := stage.Capabilities(); !slices.Equal(got, want) {
		t.Errorf("%v are acknowledged, and %v needed", got, want)
	}
}

// The master key's parsers take 64 hexadecimal digits; Secrets Manager makes a password of what is not excluded.
func TestTheMasterKeyIsHexadecimal(t *testing.T) {
	made := read(t, released()).Resources["MasterKey"].Properties["GenerateSecretString"].(map[string]any)
	left := "abcdefghijklmnopqrstuvwxyz0123456789"
	for _, c := range made["ExcludeCharacters"].(string) {
		left = strings.ReplaceAll(left, string(c), "")
	}
	if left != "abcdef0123456789" || made["ExcludeUppercase"] != true || made["ExcludePunctuation"] != true || made["PasswordLength"] != 64.0 ||
		made["IncludeSpace"] != nil || made["SecretStringTemplate"] != nil {
		t.Errorf("made of %s: %v", left, made)
	}
}

// "cdk deploy" brings the package itself, and deploys the same.
func TestTheTemplateOfTheCDK(t *testing.T) {
	d, other := read(t, asAsset()), read(t, released())
	if d.Parameters[stage.ParamCodeBucket] != nil || d.Parameters[stage.ParamCodeKey] != nil || d.Rules == nil {
		t.Errorf("parameters %v, rules %v", slices.Sorted(maps.Keys(d.Parameters)), d.Rules)
	}
	if other.Rules != nil {
		t.Errorf("the released template asks for the CDK's bootstrap: %v", other.Rules)
	}
	for id, r := range other.Resources {
		is := d.Resources[id]
		if r.Type == "AWS::Lambda::Function" {
			delete(r.Properties, "Code")
			delete(is.Properties, "Code")
		}
		if fmt.Sprint(is) != fmt.Sprint(r) {
			t.Errorf("%s: %v, and released %v", id, is, r)
		}
	}
	if len(d.Resources) != len(other.Resources) {
		t.Errorf("%d resources, and %d released", len(d.Resources), len(other.Resources))
	}
}
