package dynamo

import (
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

func TestEachAttemptIsBounded(t *testing.T) {
	for name, c := range map[string]aws.HTTPClient{"none": nil, "the SDK's own": awshttp.NewBuildableClient()} {
		sdk, ok := bounded(c).(*awshttp.BuildableClient)
		if !ok || sdk.GetTimeout() != attemptTimeout || sdk.GetTransport().MaxIdleConnsPerHost != idleConnections {
			t.Errorf("%s: %T is not bounded", name, bounded(c))
		}
	}
	if own := new(http.Client); bounded(own) != aws.HTTPClient(own) {
		t.Error("a client of the caller's own is changed")
	}
}

func TestBackoffGrowsAndIsNeverEqual(t *testing.T) {
	for attempt := 1; attempt < attempts; attempt++ {
		seen := map[int64]bool{}
		for range 50 {
			d := fullJitter(attempt)
			if limit := baseBackoff << (attempt - 1); d < 0 || d >= limit {
				t.Fatalf("attempt %d waits %v, limit %v", attempt, d, limit)
			}
			seen[int64(d)] = true
		}
		if len(seen) < 2 {
			t.Errorf("attempt %d always waits the same", attempt)
		}
	}
}
