package dynamo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	smithy "github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"webplug/domain/eventlog"
)

const (
	// attempts wait 1.5 s between them at most: a publisher waits for them, and what is told ErrUnavailable can be
	// appended again.
	attempts    = 5
	baseBackoff = 100 * time.Millisecond
)

// retryer is the SDK's standard mode. The adaptive one slows the whole client down when it is throttled, which would let
// one tenant's hot partition throttle every other; standard's token bucket still ends retries when all of them fail.
type retryer = *retry.Standard

func newRetryer(backoff func(int) time.Duration) retryer {
	if backoff == nil {
		backoff = fullJitter
	}
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = attempts
		o.Backoff = retry.BackoffDelayerFunc(func(attempt int, _ error) (time.Duration, error) { return backoff(attempt), nil })
		o.Retryables = append(o.Retryables, retry.IsErrorRetryableFunc(passing))
	})
}

// backoff is how long to wait before what was left of a batch is tried again.
func (s *Store) backoff(attempt int) time.Duration {
	if s.o.Backoff != nil {
		return s.o.Backoff(attempt)
	}
	return fullJitter(attempt)
}

// fullJitter keeps writers that failed together from coming back together.
func fullJitter(attempt int) time.Duration { return rand.N(baseBackoff << (attempt - 1)) }

// passing knows what the SDK does not retry but DynamoDB calls transient: another transaction on the same item, a
// throttled item of a transaction, and an answer that breaks off.
func passing(err error) aws.Ternary {
	var conflict *types.TransactionConflictException
	var cancelled *types.TransactionCanceledException
	switch {
	case errors.As(err, &conflict), errors.Is(err, io.ErrUnexpectedEOF):
		return aws.TrueTernary
	case errors.As(err, &cancelled):
		return aws.BoolTernary(waits(cancelled.CancellationReasons))
	}
	return aws.UnknownTernary
}

// waits says whether nothing but time is needed: no reason for the cancellation is there to stay.
func waits(reasons []types.CancellationReason) bool {
	transient := []string{"TransactionConflict", "ProvisionedThroughputExceeded", "ThrottlingError"}
	some := false
	for _, r := range reasons {
		code := aws.ToString(r.Code)
		switch {
		case code == "None":
		case slices.Contains(transient, code):
			some = true
		default:
			return false
		}
	}
	return some
}

// failed gives an error of the SDK the meaning that the ports have for it.
func (s *Store) failed(ctx context.Context, doing string, err error) error {
	if cause := ctx.Err(); cause != nil {
		if errors.Is(cause, context.DeadlineExceeded) {
			return fmt.Errorf("%s: %w: %w", doing, eventlog.ErrUnavailable, cause)
		}
		return fmt.Errorf("%s: %w", doing, cause)
	}
	if s.transient(err) {
		return fmt.Errorf("%s: %w: %w", doing, eventlog.ErrUnavailable, err)
	}
	var gone *types.ResourceNotFoundException
	if errors.As(err, &gone) {
		return fmt.Errorf("%s: %s does not exist in region %s; deploy the stack that makes it: %w",
			doing, s.tables(), s.o.AWS.Region, err)
	}
	var api smithy.APIError
	if errors.As(err, &api) && api.ErrorCode() == "ValidationException" {
		return fmt.Errorf("%s: DynamoDB refuses the request, as it does when %s is not of the shape that this version of "+
			"WebPlug makes: %w", doing, s.tables(), err)
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// transient is what was retried in vain, and all that kept a request or its answer from coming through.
func (s *Store) transient(err error) bool {
	var send *smithyhttp.RequestSendError
	return s.retry.IsErrorRetryable(err) || errors.As(err, &send)
}

func (s *Store) tables() string {
	return fmt.Sprintf("table %q, %q or %q", s.o.LogTable, s.o.KeysTable, s.o.ViewsTable)
}
