package lambda

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"
)

// What every handler does with an invocation.

// endingBefore is a context that ends a while before the invocation's time is over.
func endingBefore(ctx context.Context, reserve time.Duration) (context.Context, context.CancelFunc) {
	if deadline, ok := ctx.Deadline(); ok {
		return context.WithDeadline(ctx, deadline.Add(-reserve))
	}
	return context.WithCancel(ctx)
}

// sideBySide does something with all at once, and gives the error of each.
func sideBySide[T any](all []T, do func(T) error) []error {
	failed := make([]error, len(all))
	var working sync.WaitGroup
	for i, one := range all {
		working.Go(func() { failed[i] = do(one) })
	}
	working.Wait()
	return failed
}

// caught makes a panic the error of what it names. It is to be deferred.
func caught(err *error, logger *slog.Logger, kind, name string) {
	if broken := recover(); broken != nil {
		logger.Error("an invocation panicked", kind, name, "stack", string(debug.Stack()))
		*err = fmt.Errorf("%s %s panicked: %v", kind, name, broken)
	}
}
