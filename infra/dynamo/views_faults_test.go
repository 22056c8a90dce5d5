package dynamo_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"webplug/domain/eventlog"
	"webplug/infra/dynamo"
	"webplug/projections"
)

const generation = projections.Generation(1)

// row is a delivery as it goes from list to list.
func row(v eventlog.Version, lists ...string) projections.Row {
	r := projections.Row{View: projections.ViewDeliveries, ID: "a", Version: v, Body: []byte(fmt.Sprint("version ", v))}
	for _, l := range lists {
		r.Lists = append(r.Lists, projections.Entry{List: l, Sort: fmt.Sprint(v) + "/a"})
	}
	r.Notices = []projections.Notice{{Entry: projections.Entry{List: "routes", Sort: "a"}, Data: fmt.Sprint(v)}}
	return r
}

// wantOn demands that the row is on these lists alone, and says what its version says.
func wantOn(t *testing.T, v *dynamo.Views, version eventlog.Version, want ...string) {
	t.Helper()
	for _, list := range []string{"status/svc_1/retrying", "status/svc_1/failed", "due/svc_1/ep_1", "dead/svc_1"} {
		found, err := v.List(t.Context(), generation, projections.ListQuery{View: projections.ViewDeliveries, List: list, Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		if on := len(found) == 1 && found[0].Version == version; on != slices.Contains(want, list) || len(found) > 1 {
			t.Fatalf("version %d is on %s: %v", version, list, found)
		}
	}
	notices, err := v.Notices(t.Context(), generation, projections.ListQuery{View: projections.ViewDeliveries, List: "routes", Limit: 10})
	if err != nil || len(notices) != 1 || notices[0].Data != fmt.Sprint(version) {
		t.Fatalf("notices %v, %v", notices, err)
	}
}

// unprocessed leaves all of a batch undone, as a throttled table does (API reference, "BatchWriteItem").
func unprocessed(member string) fault {
	return func(r *http.Request, _ func() (*http.Response, error)) (*http.Response, error) {
		var body struct{ RequestItems jsontext.Value }
		if err := json.UnmarshalRead(r.Body, &body); err != nil {
			return nil, err
		}
		return answered(r, fmt.Sprintf(`{%q:%s,"Responses":{}}`, member, body.RequestItems)), nil
	}
}

func TestRowsOutlastFaults(t *testing.T) {
	t.Parallel()
	fresh := projections.Row{View: projections.ViewJournal, ID: "page", Version: 1, Body: []byte("facts"), Fresh: true,
		Lists: []projections.Entry{{List: "newest/svc_1/1", Sort: "1"}}}
	for _, c := range []struct {
		name   string
		faults []fault
	}{
		{"throttled", []fault{throttled, limited, throttled}},
		{"internal errors", []fault{broke, unavailable}},
		{"connection reset", []fault{reset, reset}},
		{"answer lost", []fault{answerLost, nil, answerLost}},
		{"answer lost of the row's put", []fault{nil, nil, nil, nil, answerLost}},
		{"answer cut", []fault{answerCut}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, network := openFaulty(t)
			v := s.Views()
			must := func(err error) {
				t.Helper()
				if err != nil {
					t.Fatal(err)
				}
			}
			must(v.Apply(t.Context(), generation, []projections.Row{row(1, "status/svc_1/retrying", "due/svc_1/ep_1")}, 0))
			network.then(c.faults...)
			must(v.Apply(t.Context(), generation, []projections.Row{row(2, "status/svc_1/failed", "dead/svc_1")}, 0))
			network.then()
			wantOn(t, v, 2, "status/svc_1/failed", "dead/svc_1")
		})
	}
	t.Run("unprocessed writes", func(t *testing.T) {
		t.Parallel()
		s, network := openFaulty(t)
		network.then(unprocessed("UnprocessedItems"), unprocessed("UnprocessedItems"))
		if err := s.Views().Apply(t.Context(), generation, []projections.Row{fresh}, 0); err != nil {
			t.Fatal(err)
		}
		if n := len(network.requests()); n != 3 {
			t.Errorf("%d requests", n)
		}
	})
	t.Run("unprocessed reads", func(t *testing.T) {
		t.Parallel()
		s, network := openFaulty(t)
		if err := s.Views().Apply(t.Context(), generation, []projections.Row{row(1, "due/svc_1/ep_1")}, 0); err != nil {
			t.Fatal(err)
		}
		network.then(unprocessed("UnprocessedKeys"))
		if err := s.Views().Apply(t.Context(), generation, []projections.Row{row(2, "dead/svc_1")}, 0); err != nil {
			t.Fatal(err)
		}
		wantOn(t, s.Views(), 2, "dead/svc_1")
	})
	t.Run("throttled for good", func(t *testing.T) {
		t.Parallel()
		s, network := openFaulty(t)
		network.then(always(unprocessed("UnprocessedItems"))...)
		if err := s.Views().Apply(t.Context(), generation, []projections.Row{fresh}, 0); !errors.Is(err, eventlog.ErrUnavailable) {
			t.Fatalf("it gives %v", err)
		}
	})
}

// A process that dies after any of its requests is repeated by another, and leaves nothing that is seen.
func TestRowsSurviveADeathBetweenAnyTwoRequests(t *testing.T) {
	t.Parallel()
	for n := range 12 {
		t.Run(fmt.Sprint(n, " requests are made"), func(t *testing.T) {
			t.Parallel()
			s, network := openFaulty(t)
			if err := s.Views().Apply(t.Context(), generation, []projections.Row{row(1, "status/svc_1/retrying", "due/svc_1/ep_1")}, 0); err != nil {
				t.Fatal(err)
			}
			next := row(2, "status/svc_1/failed", "dead/svc_1")
			network.then(append(make([]fault, n), always(reset)...)...)
			err := s.Views().Apply(t.Context(), generation, []projections.Row{next}, 0)
			network.then()
			if err == nil && n < 5 {
				t.Fatal("it did not die")
			}
			found, listErr := s.Views().List(t.Context(), generation, projections.ListQuery{View: projections.ViewDeliveries, List: "dead/svc_1", Limit: 10})
			if listErr != nil || len(found) == 1 && found[0].Version != 2 {
				t.Fatalf("half a row is seen: %v, %v", found, listErr)
			}
			if err := s.Views().Apply(t.Context(), generation, []projections.Row{next}, 0); err != nil {
				t.Fatal(err)
			}
			wantOn(t, s.Views(), 2, "status/svc_1/failed", "dead/svc_1")
		})
	}
}
