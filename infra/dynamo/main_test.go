package dynamo_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"webplug/infra/dynamo"
	"webplug/infra/dynamo/local"
)

// One DynamoDB Local serves all tests, and each has tables of its own. It starts with the first test that needs it.
var (
	server   *local.Server
	started  = sync.OnceValue(start)
	tableSet atomic.Int64
)

func start() error {
	var err error
	server, err = local.Start(context.Background(), local.Options{
		Progress: func(step string) { fmt.Fprintln(os.Stderr, step) },
	})
	return err
}

func TestMain(m *testing.M) {
	code := m.Run()
	if server != nil {
		if err := server.Close(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// options are for a log and keys that nobody else has; the tables do not exist yet. Retries do not wait.
func options(t testing.TB) dynamo.Options {
	t.Helper()
	if err := started(); err != nil {
		t.Fatal(err)
	}
	n := tableSet.Add(1)
	return dynamo.Options{
		AWS:       server.Config(),
		LogTable:  fmt.Sprintf("log-%d", n),
		KeysTable: fmt.Sprintf("keys-%d", n), ViewsTable: fmt.Sprintf("views-%d", n),
		Backoff: noWait,
	}
}

// noWait retries at once.
func noWait(int) time.Duration { return 0 }

// open makes the tables and a store on them.
func open(t testing.TB, o dynamo.Options) *dynamo.Store {
	t.Helper()
	s := dynamo.New(o)
	if err := s.CreateTables(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

// openFaulty is a store whose requests pass through faults.
func openFaulty(t testing.TB) (*dynamo.Store, *faults) {
	t.Helper()
	o := options(t)
	open(t, o)
	return faulty(o)
}

// faulty is a further store on the same tables, whose requests pass through faults.
func faulty(o dynamo.Options) (*dynamo.Store, *faults) {
	f := &faults{next: http.DefaultTransport}
	o.AWS.HTTPClient = &http.Client{Transport: f}
	return dynamo.New(o), f
}

// raw speaks to the tables past the store.
func raw(o dynamo.Options) *dynamodb.Client { return dynamodb.NewFromConfig(o.AWS) }
