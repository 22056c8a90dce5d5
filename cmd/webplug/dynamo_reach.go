package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"webplug/cmd/internal/process"
	"webplug/infra/dynamo"
	"webplug/infra/dynamo/local"
)

// dynamoFolder is where DynamoDB Local keeps its tables in a data folder.
const dynamoFolder = "dynamodb"

// Where DynamoDB is, for the SDK too (SDKs and Tools Reference Guide, "Service-specific endpoints").
const (
	endpointVariable = "AWS_ENDPOINT_URL_DYNAMODB"
	streamsVariable  = "AWS_ENDPOINT_URL_DYNAMODB_STREAMS"
	anyEndpoint      = "AWS_ENDPOINT_URL"
)

// reached is DynamoDB, and how to leave it.
type reached struct {
	config aws.Config
	server *local.Server // where this process runs it
}

// reach finds DynamoDB: at the endpoint of the environment, or on this machine for development, or in AWS.
func (s settings) reach(ctx context.Context, development bool, logger *slog.Logger) (reached, error) {
	given := os.Getenv(endpointVariable) != "" || os.Getenv(anyEndpoint) != ""
	if development && !given {
		return s.startLocal(ctx, logger)
	}
	if given && os.Getenv(streamsVariable) == "" && os.Getenv(anyEndpoint) == "" {
		return reached{}, fmt.Errorf("%s is set and %s is not: both must say where DynamoDB is", endpointVariable, streamsVariable)
	}
	c, err := process.AWS(ctx)
	if err != nil {
		return reached{}, err
	}
	return reached{config: c}, nil
}

// startLocal runs AWS's DynamoDB Local, with its tables in the data folder.
func (s settings) startLocal(ctx context.Context, logger *slog.Logger) (reached, error) {
	server, err := local.Start(ctx, local.Options{
		Folder:   filepath.Join(s.data, dynamoFolder),
		Progress: func(step string) { logger.Info(step) },
	})
	if err != nil {
		return reached{}, err
	}
	return reached{server.Config(), server}, nil
}

// close ends DynamoDB Local, if this process runs it.
func (r reached) close() error {
	if r.server == nil {
		return nil
	}
	return r.server.Close()
}

// tables names the tables of one WebPlug.
func (s settings) tableNames(c aws.Config) dynamo.Options {
	return dynamo.Options{
		AWS: c, LogTable: s.tables + "-log", KeysTable: s.tables + "-keys", ViewsTable: s.tables + "-views",
	}
}

// openDynamo opens the tables; for development it makes those that are missing.
func (s settings) openDynamo(ctx context.Context, development bool, c aws.Config) (*dynamo.Store, error) {
	if !development {
		return dynamo.Open(ctx, s.tableNames(c))
	}
	store := dynamo.New(s.tableNames(c))
	return store, store.CreateTables(ctx)
}

// checkTables refuses a name that no table can have (Developer Guide, "Naming rules").
func (s settings) checkTables() error {
	const allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"
	if s.tables == "" || len(s.tables) > 200 || strings.Trim(s.tables, allowed) != "" {
		return usage("--tables: %q does not begin a table's name: 1 to 200 of letters, digits, _ . and -", s.tables)
	}
	return nil
}
