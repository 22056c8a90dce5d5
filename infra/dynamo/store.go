package dynamo

import (
	"context"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"webplug/domain/eventlog"
)

// The ports that a Store is.
var (
	_ eventlog.Store   = (*Store)(nil)
	_ eventlog.Scanner = (*Store)(nil)
	_ eventlog.Keys    = (*Store)(nil)
)

// Options says which tables to use and how to reach them.
type Options struct {
	// AWS has region, credentials and, for DynamoDB Local, the endpoint. An HTTPClient that is not the SDK's own is used
	// as it is.
	AWS aws.Config
	// LogTable, KeysTable and ViewsTable are names of tables of the shapes that CreateTables makes.
	LogTable, KeysTable, ViewsTable string
	// Backoff is how long to wait before a retry, the first being number 1; nil is a random time up to 100 ms, doubled
	// with every attempt.
	Backoff func(attempt int) time.Duration
	// Spent is told what each request cost, by many goroutines at once; nil does not ask for it.
	Spent func(context.Context, Spent)
}

// Store is the event log and the data keys on DynamoDB. It is safe for concurrent use and holds nothing to be closed.
type Store struct {
	client *dynamodb.Client
	retry  retryer
	o      Options
	ends   ends
}

// New makes a store without asking AWS anything: a table that is missing shows at the first call.
func New(o Options) *Store {
	s := &Store{retry: newRetryer(o.Backoff), o: o}
	s.client = dynamodb.NewFromConfig(o.AWS, func(c *dynamodb.Options) {
		c.Retryer = s.retry
		c.HTTPClient = bounded(o.AWS.HTTPClient)
	})
	return s
}

// Open makes a store and sees that its tables are there and of the right shape; if not, the error is a sentence that says
// what to do.
func Open(ctx context.Context, o Options) (*Store, error) {
	s := New(o)
	if err := s.checkTables(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

const (
	// attemptTimeout bounds one HTTP request. DynamoDB answers within tens of milliseconds; without a bound a lost
	// packet would cost the caller all of its time, and no retry.
	attemptTimeout = 5 * time.Second
	// idleConnections are kept open, so that a burst of appends does not pay for a TLS handshake each.
	idleConnections = 64
)

// bounded gives the SDK's own client a time limit per attempt, and leaves any other as it is.
func bounded(c aws.HTTPClient) aws.HTTPClient {
	sdk, ok := c.(*awshttp.BuildableClient)
	if c != nil && !ok {
		return c
	}
	if sdk == nil {
		sdk = awshttp.NewBuildableClient()
	}
	return sdk.WithTimeout(attemptTimeout).WithTransportOptions(func(t *http.Transport) {
		t.MaxIdleConnsPerHost = idleConnections
	})
}

// Options are what the store was made with.
func (s *Store) Options() Options { return s.o }
