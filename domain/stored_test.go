package domain_test

import (
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"webplug/domain"
	"webplug/domain/eventlog"
)

// The same members without AppendJSON, so that the library writes them.
type (
	libraryAccepted  domain.MessageAccepted
	librarySucceeded domain.DeliverySucceeded
)

// What the hot path's events write of themselves is what the JSON library would, or both refuse.
func FuzzStoredJSON(f *testing.F) {
	f.Add("card_issued", "usr_1", "ep_1", "https://example.com/\"<&>\u2028", "", 1, 204, int64(12_345), int64(1_700_000_000_123_456), true)
	f.Add("", "", "", "", "\x00\x1f\u007f", 0, 0, int64(0), int64(0), false)
	f.Add("\xff", "a\xffb", "é", "💡", "gone", -1, 503, int64(15_000_000), int64(1), false)
	f.Fuzz(func(t *testing.T, name, user, endpoint, url, word string, n, status int, micros, at int64, test bool) {
		moment := time.Time{}
		if at = at % (1 << 52); at > 0 {
			moment = time.UnixMicro(at).UTC()
		}
		accepted := domain.MessageAccepted{
			EventTypeID: "typ_" + name, EventName: name, UserID: user, More: url, Test: test, Request: word,
			Skipped: []domain.Skip{{Reason: domain.SkipReason(word)}, {EndpointID: endpoint, Reason: domain.SkippedPaused, Since: moment, By: user}},
		}
		if n%2 == 0 {
			accepted.Targets, accepted.Skipped, accepted.More = []string{endpoint, url, ""}, nil, ""
		}
		compare(t, &accepted, libraryAccepted(accepted))

		succeeded := domain.DeliverySucceeded{AttemptRecord: domain.AttemptRecord{
			AttemptID: endpoint, Attempt: n, Plan: eventlog.Version(status), EndpointVersion: eventlog.Version(n), URL: url, StatusCode: status,
			Cause: domain.Cause(word), DurationMS: float64(micros%(1<<52)) / 1000, RetryAfterS: n, At: moment,
		}}
		compare(t, &succeeded, librarySucceeded(succeeded))
	})
}

func compare(t *testing.T, own eventlog.Appender, library any) {
	t.Helper()
	want, wantErr := json.Marshal(library, json.Deterministic(true))
	got, err := own.AppendJSON(nil)
	if (err != nil) != (wantErr != nil) {
		t.Fatalf("%T: own error %v, the library's %v", own, err, wantErr)
	}
	if err == nil && string(got) != string(want) {
		t.Fatalf("%T: own\n%s\nthe library's\n%s", own, got, want)
	}
}
