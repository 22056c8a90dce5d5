package projections

import (
	"testing"

	"github.com/go-json-experiment/json"

	"webplug/domain"
	"webplug/domain/eventlog"
)

// What a page is written as by hand is what the JSON library would write, or both refuse.
func FuzzFacts(f *testing.F) {
	f.Add("msg_1", "ep_1", "DeliverySucceeded", "dispatch", "typ_1", "usr_1", "timeout", uint64(3), int64(1_700_000_000_123_456), int64(12_345), 7, true)
	f.Add("msg_1", "", "MessageAccepted", "\"<\u2028", "", "", "", uint64(0), int64(0), int64(0), 0, false)
	f.Add("\xff", "", "", "", "", "", "", uint64(0), int64(-1), int64(-5), -3, false)
	f.Fuzz(func(t *testing.T, root, leaf, name, actor, eventType, user, cause string, version uint64, at, took int64, targets int, flag bool) {
		one := Fact{
			Root: root, Leaf: leaf, Version: eventlog.Version(version), Type: name, Time: at, Actor: actor, EventTypeID: eventType,
			UserID: user, Targets: targets, Cause: domain.Cause(cause), Took: took, NoRequest: flag,
		}
		other := one
		other.Skipped = []skippedOne{{Endpoint: leaf, Reason: domain.SkipReason(cause)}, {Reason: domain.SkippedPaused}}
		page := []Fact{one, other}
		want, wantErr := json.Marshal(page)
		got, err := appendFacts(nil, page)
		if (err != nil) != (wantErr != nil) {
			t.Fatalf("own error %v, the library's %v", err, wantErr)
		}
		if err == nil && string(got) != string(want) {
			t.Fatalf("own\n%s\nthe library's\n%s", got, want)
		}
	})
}
