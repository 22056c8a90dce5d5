package deploy_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamotypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	secrettypes "github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"webplug/cmd/webplug/deploy"
)

// oneTable is DynamoDB with the stage's log.
type oneTable struct{ noTables }

func (oneTable) DescribeTable(ctx context.Context, in *dynamodb.DescribeTableInput, _ ...func(*dynamodb.Options)) (*dynamodb.DescribeTableOutput, error) {
	if *in.TableName == "webplug-prod-log" {
		return &dynamodb.DescribeTableOutput{Table: &dynamotypes.TableDescription{}}, nil
	}
	return noTables{}.DescribeTable(ctx, in)
}

// oneSecret is Secrets Manager with the stage's master key.
type oneSecret struct{ deploy.Secrets }

func (oneSecret) ListSecrets(context.Context, *secretsmanager.ListSecretsInput, ...func(*secretsmanager.Options)) (*secretsmanager.ListSecretsOutput, error) {
	return &secretsmanager.ListSecretsOutput{SecretList: []secrettypes.SecretListEntry{{Name: aws.String("webplug/prod/master-key"), ARN: aws.String("arn:master-AbCdEf")}}}, nil
}

// imports keeps what an import brought.
type imports struct {
	*cfn
	take     []types.ResourceToImport
	template string
}

func (i *imports) CreateChangeSet(ctx context.Context, in *cloudformation.CreateChangeSetInput, _ ...func(*cloudformation.Options)) (*cloudformation.CreateChangeSetOutput, error) {
	if in.ChangeSetType == types.ChangeSetTypeImport {
		i.take, i.template = in.ResourcesToImport, aws.ToString(in.TemplateBody)
	}
	return i.cfn.CreateChangeSet(ctx, in)
}

// What destroy has kept is taken over by the next deployment of the stage.
func TestDeployTakesOverWhatWasKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newCFN("")
		c, _ := stageOn(f)
		i := &imports{cfn: f}
		c.CloudFormation, c.Tables, c.Secrets = i, oneTable{}, oneSecret{}
		master := small(t, "1.0", `"Alarms": {`, `"MasterKey": { "Type": "AWS::SecretsManager::Secret", "DeletionPolicy": { "Fn::If": ["A", "Retain", "Delete"] },
			"Properties": { "Name": { "Fn::Join": ["", ["webplug/", { "Ref": "Stage" }, "/master-key"]] } } }, "Alarms": {`)
		plan, s, err := deployed(t.Context(), c, master, deploy.Settings{})
		if err != nil || !deployedWell(s) {
			t.Fatalf("it is %s, %v", s.Status, err)
		}
		if want := []string{"webplug-prod-log", "webplug/prod/master-key"}; !slices.Equal(plan.Adopted, want) {
			t.Errorf("it takes over %v", plan.Adopted)
		}
		if want := []string{"CreateChangeSet IMPORT", "ExecuteChangeSet", "CreateChangeSet UPDATE", "ExecuteChangeSet"}; !slices.Equal(f.calls, want) {
			t.Errorf("it did %v", f.calls)
		}
		if len(i.take) != 2 || i.take[0].ResourceIdentifier["TableName"] != "webplug-prod-log" || i.take[1].ResourceIdentifier["Id"] != "arn:master-AbCdEf" {
			t.Errorf("it imports %+v", i.take)
		}
		if strings.Contains(i.template, "Alarms") || strings.Contains(i.template, "Outputs") || !strings.Contains(i.template, `"DeletionPolicy":"Retain"`) || strings.Contains(i.template, "Fn::If") {
			t.Errorf("by the template %s", i.template)
		}
	})
}
