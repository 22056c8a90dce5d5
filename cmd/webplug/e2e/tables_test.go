package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	attribute "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"webplug/infra/dynamo"
	"webplug/infra/dynamo/local"
)

// tables is DynamoDB Local, where the suite runs on it: one for all servers, each with tables of its own.
var tables struct {
	server *local.Server
}

// openTables starts DynamoDB Local if the suite runs on it.
func openTables() (err error) {
	if *storeFlag != "dynamodb" {
		return nil
	}
	tables.server, err = local.Start(context.Background(), local.Options{
		Progress: func(step string) { _, _ = fmt.Fprintln(os.Stderr, "e2e:", step) },
	})
	return err
}

func closeTables() error {
	if tables.server == nil {
		return nil
	}
	return tables.server.Close()
}

// home is what makes a server use tables of its own: arguments and environment.
func (o startOptions) home() (args, env []string, err error) {
	if *storeFlag == "" {
		return nil, nil, nil
	}
	args = []string{"--store", *storeFlag}
	if tables.server == nil {
		return args, nil, nil
	}
	name := filepath.Base(o.dir) // who is started on the same folder finds the same data
	s := dynamo.New(dynamo.Options{AWS: tables.server.Config(), LogTable: name + "-log", KeysTable: name + "-keys", ViewsTable: name + "-views"})
	if err := s.CreateTables(context.Background()); err != nil {
		return nil, nil, err
	}
	env = []string{
		"AWS_ENDPOINT_URL_DYNAMODB=" + tables.server.Endpoint(), "AWS_ENDPOINT_URL_DYNAMODB_STREAMS=" + tables.server.Endpoint(),
		"AWS_REGION=local", "AWS_ACCESS_KEY_ID=local", "AWS_SECRET_ACCESS_KEY=local", "AWS_EC2_METADATA_DISABLED=true",
	}
	return append(args, "--tables", name), env, nil
}

// tables looks through all that lies in the tables.
func (a *audit) tables() error {
	client := dynamodb.NewFromConfig(tables.server.Config())
	all, err := client.ListTables(context.Background(), &dynamodb.ListTablesInput{})
	if err != nil {
		return err
	}
	for _, table := range all.TableNames {
		pages := dynamodb.NewScanPaginator(client, &dynamodb.ScanInput{TableName: &table})
		for pages.HasMorePages() {
			page, err := pages.NextPage(context.Background())
			if err != nil {
				return err
			}
			for _, item := range page.Items {
				for name, v := range item {
					if err := a.absent(bytesOf(v), "attribute "+name+" of table "+table); err != nil {
						return err
					}
				}
			}
		}
	}
	return nil
}

func bytesOf(v attribute.AttributeValue) []byte {
	switch v := v.(type) {
	case *attribute.AttributeValueMemberB:
		return v.Value
	case *attribute.AttributeValueMemberS:
		return []byte(v.Value)
	}
	return nil
}
