package main

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"webplug/cmd/lambda/cloud"
	"webplug/cmd/lambda/runtimeapi"
	"webplug/infra/stage"
)

func TestEveryVariableThatIsMissingIsNamed(t *testing.T) {
	given := map[string]string{stage.EnvStage: "test", stage.EnvTables: "webplug-test"}
	for _, r := range stage.Roles() {
		environment := maps.Clone(given)
		environment[stage.EnvRole] = string(r)
		_, err := settingsFrom(func(name string) string { return environment[name] })
		for _, name := range needs(r) {
			if err == nil || !strings.Contains(err.Error(), name+" is not set") {
				t.Errorf("%s does not say that %s is missing: %v", r, name, err)
			}
			environment[name] = "1"
		}
		if slices.Contains(needs(r), stage.EnvDefaultFormat) {
			environment[stage.EnvDefaultFormat] = "sns"
		}
		if _, err := settingsFrom(func(name string) string { return environment[name] }); err != nil {
			t.Errorf("%s: %v", r, err)
		}
	}
}

func TestWhatIsWrongIsNamed(t *testing.T) {
	right := map[string]string{stage.EnvRole: "views", stage.EnvStage: "test", stage.EnvTables: "webplug-test"}
	for name, value := range map[string]string{
		stage.EnvRole: "cook", stage.EnvStage: "A Stage", stage.EnvTables: "", stage.EnvDefaultFormat: "soap", stage.EnvLogRetention: "a week",
	} {
		environment := maps.Clone(right)
		environment[name] = value
		if _, err := settingsFrom(func(name string) string { return environment[name] }); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s=%q: %v", name, value, err)
		}
	}
}

// refused invokes a function that cannot start, and gives what Lambda is told.
func (w *world) refused(r stage.Role, changes map[string]string) string {
	w.t.Helper()
	err := invokeAs(w.t.Context(), w.functionLike(r, changes, time.Minute), []byte(`{}`), nil)
	var told *runtimeapi.Error
	if !errors.As(err, &told) || told.Type != runtimeapi.Init {
		w.t.Errorf("%s with %v: %v is not told at its start", r, changes, err)
		return ""
	}
	return told.Message
}

func TestAFunctionThatCannotStartSaysWhy(t *testing.T) {
	w := newWorld(t)
	other := "arn:aws:secretsmanager:eu-central-1:123456789012:secret:other"
	w.cloud.Serve("secretsmanager", cloud.Secrets{masterARN: masterKey, adminARN: adminKey, other: "no key"})
	for _, c := range []struct {
		role    stage.Role
		changes map[string]string
		want    string
	}{
		{stage.Views, map[string]string{"AWS_REGION": ""}, "AWS_REGION"},
		{stage.Views, map[string]string{"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, "no credentials"},
		{stage.Views, map[string]string{stage.EnvRole: "cook"}, stage.EnvRole},
		{stage.Views, map[string]string{stage.EnvTables: "nobodys"}, `nobodys-log`},
		{stage.Reports, map[string]string{stage.EnvMasterKeySecret: ""}, stage.EnvMasterKeySecret},
		{stage.Reports, map[string]string{stage.EnvMasterKeySecret: other}, "64 hexadecimal digits"},
		{stage.Reports, map[string]string{stage.EnvMasterKeySecret: other + "s"}, "read the master key"},
		{stage.API, map[string]string{stage.EnvAdminKeySecret: other + "s"}, "read the admin key"},
	} {
		if got := w.refused(c.role, c.changes); !strings.Contains(got, c.want) {
			t.Errorf("%s with %v is told as %q, want %q in it", c.role, c.changes, got, c.want)
		}
	}
	w.ask("GET", "/healthz", "") // the stage has begun, with its master key
	w.cloud.Serve("secretsmanager", cloud.Secrets{masterARN: strings.Repeat("aa", 32), adminARN: adminKey})
	if got := w.refused(stage.Reports, nil); !strings.Contains(got, "another master key") {
		t.Errorf("another master key is told as %q", got)
	}
}

func TestTablesOfAnotherVersionAreRefused(t *testing.T) {
	w := emptyWorld(t)
	server, err := dynamoDB()
	w.must(err)
	_, err = dynamodb.NewFromConfig(server.Config()).CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: aws.String(w.tables + "-log"), BillingMode: types.BillingModePayPerRequest,
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("stream"), KeyType: types.KeyTypeHash}},
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("stream"), AttributeType: types.ScalarAttributeTypeS}},
	})
	w.must(err)
	if got := w.refused(stage.Views, nil); !strings.Contains(got, w.tables+"-log is not WebPlug's") {
		t.Errorf("it is told as %q", got)
	}
}

// Lambda starts the function again with the next invocation.
func TestAFunctionThatWasThrottledAtItsStartStartsTheNextTime(t *testing.T) {
	w := newWorld(t)
	w.cloud.SetFault(throttled("DescribeTable", w.tables))
	f := w.function(stage.Views)
	if err := invokeAs(t.Context(), f, []byte(`{}`), nil); err == nil {
		t.Fatal("it starts without DynamoDB")
	}
	w.cloud.SetFault(nil)
	w.must(invokeAs(t.Context(), f, []byte(`{}`), nil))
}
