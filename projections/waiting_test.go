package projections_test

import (
	"log/slog"
	"testing"
	"time"

	"webplug/domain"
	"webplug/domain/eventlog"
	"webplug/projections"
)

func TestAWaitingReportThatCannotBeReadKeepsNoOtherBack(t *testing.T) {
	inWorld(t, func(w *world) {
		views := w.store.Views()
		reports := &projections.SNSReports{
			Log: w.log, Views: views, Mappings: projections.NewMappings(views, time.Now), Endpoints: w.projector.Directory(),
			Now: time.Now, Logger: slog.New(slog.DiscardHandler),
		}
		w.must(views.Apply(w.t.Context(), projections.Beside, []projections.Row{{
			View: projections.ViewReports, ID: "broken", Version: 1, Body: []byte("{"), Lists: []projections.Entry{{List: "reports", Sort: "0"}},
		}}, 0))
		record := []byte(`{"notification":{"messageId":"of nobody"},"status":"SUCCESS"}`)
		w.must(reports.Take(w.t.Context(), record))
		w.later(domain.UnmatchedLimit)
		w.must(reports.Retry(w.t.Context()))
		kept, err := eventlog.Load[domain.UnmatchedReport](w.t.Context(), w.log, domain.UnmatchedStream(domain.HashReport(record)))
		if err != nil || !kept.State.Recorded {
			t.Errorf("a report of a day ago is still waiting: %v", err)
		}
	})
}
