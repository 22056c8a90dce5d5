package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/jsii-runtime-go"

	"webplug/infra/stage"
)

// tables are the stage's data: the log, which is all there is, the keys that open what is sealed in it, and what was made
// of it. infra/dynamo has their shapes.
type tables struct{ log, keys, views awsdynamodb.CfnTable }

func (s *stack) makeTables() tables {
	return tables{
		log: s.table("LogTable", "log", []string{"p", "s"}, func(p *awsdynamodb.CfnTableProps) {
			p.StreamSpecification = &awsdynamodb.CfnTable_StreamSpecificationProperty{StreamViewType: jsii.String("NEW_IMAGE")}
		}),
		keys: s.table("KeysTable", "keys", []string{"p"}, nil),
		views: s.table("ViewsTable", "views", []string{"p", "s"}, func(p *awsdynamodb.CfnTableProps) {
			p.TimeToLiveSpecification = &awsdynamodb.CfnTable_TimeToLiveSpecificationProperty{
				AttributeName: jsii.String("ttl"), Enabled: jsii.Bool(true),
			}
		}),
	}
}

// table makes a table whose keys are texts, on demand, with 35 days of backups, and protected where it is retained.
func (s *stack) table(id, name string, keys []string, more func(*awsdynamodb.CfnTableProps)) awsdynamodb.CfnTable {
	p := &awsdynamodb.CfnTableProps{
		TableName:   sub(stage.Tables(ofStage)+"-"+name, nil),
		BillingMode: jsii.String("PAY_PER_REQUEST"),
		PointInTimeRecoverySpecification: &awsdynamodb.CfnTable_PointInTimeRecoverySpecificationProperty{
			PointInTimeRecoveryEnabled: jsii.Bool(true),
		},
		DeletionProtectionEnabled: awscdk.Fn_ConditionIf(jsii.String(isRetained), jsii.Bool(true), jsii.Bool(false)),
	}
	kinds := []string{"HASH", "RANGE"}
	var shape, texts []any
	for i, key := range keys {
		shape = append(shape, &awsdynamodb.CfnTable_KeySchemaProperty{AttributeName: jsii.String(key), KeyType: jsii.String(kinds[i])})
		texts = append(texts, &awsdynamodb.CfnTable_AttributeDefinitionProperty{AttributeName: jsii.String(key), AttributeType: jsii.String("S")})
	}
	p.KeySchema, p.AttributeDefinitions = shape, texts
	if more != nil {
		more(p)
	}
	t := awsdynamodb.NewCfnTable(s.Stack, jsii.String(id), p)
	keep(t)
	return t
}

// secrets are the two keys of a stage. CloudFormation makes them once, and shows them to nobody.
type secrets struct{ master, admin awssecretsmanager.CfnSecret }

func (s *stack) makeSecrets() secrets {
	secret := func(id, name, what string, g awssecretsmanager.CfnSecret_GenerateSecretStringProperty) awssecretsmanager.CfnSecret {
		made := awssecretsmanager.NewCfnSecret(s.Stack, jsii.String(id), &awssecretsmanager.CfnSecretProps{
			Name: sub(stage.SecretPrefix(ofStage)+name, nil), Description: jsii.String(what), GenerateSecretString: &g,
		})
		keep(made)
		return made
	}
	return secrets{
		// 64 hexadecimal digits, each as likely: what is left when the rest is excluded, and no kind of character is required.
		master: secret("MasterKey", "master-key", "Opens what WebPlug sealed. Without it payloads and secrets are lost: back it up.",
			awssecretsmanager.CfnSecret_GenerateSecretStringProperty{
				PasswordLength: jsii.Number(64), ExcludeCharacters: jsii.String("ghijklmnopqrstuvwxyz"),
				ExcludeUppercase: jsii.Bool(true), ExcludePunctuation: jsii.Bool(true), RequireEachIncludedType: jsii.Bool(false),
			}),
		admin: secret("AdminKey", "admin-key", "WebPlug's admin key: may do all.",
			awssecretsmanager.CfnSecret_GenerateSecretStringProperty{PasswordLength: jsii.Number(48), ExcludePunctuation: jsii.Bool(true)}),
	}
}
