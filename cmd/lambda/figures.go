package main

import (
	"context"
	"fmt"
	"io"

	"github.com/go-json-experiment/json"

	"webplug/domain"
	"webplug/domain/eventlog"
	handlers "webplug/handlers/lambda"
	"webplug/infra/stage"
)

// figures are what alarms look at and no service of AWS's counts. They are lines of the function's log, in CloudWatch's embedded
// metric format: no call, no permission, and nothing to pay where nothing happens.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
type figures struct {
	out   io.Writer // the process's output, a line at a time
	stage string
	now   eventlog.Clock
}

// count is the value of a metric.
type count struct {
	metric string
	value  int
}

type embedded struct {
	Timestamp         int64            `json:"Timestamp"` // milliseconds
	CloudWatchMetrics []embeddedMetric `json:"CloudWatchMetrics"`
}

type embeddedMetric struct {
	Namespace  string           `json:"Namespace"`
	Dimensions [][]string       `json:"Dimensions"`
	Metrics    []embeddedFigure `json:"Metrics"`
}

type embeddedFigure struct {
	Name string `json:"Name"`
	Unit string `json:"Unit"`
}

// say writes one line with some metrics.
func (f figures) say(counts ...count) error {
	metric := embeddedMetric{Namespace: stage.MetricNamespace, Dimensions: [][]string{{stage.DimensionStage}}}
	line := map[string]any{stage.DimensionStage: f.stage}
	for _, c := range counts {
		metric.Metrics = append(metric.Metrics, embeddedFigure{c.metric, "Count"})
		line[c.metric] = c.value
	}
	line["_aws"] = embedded{f.now().UnixMilli(), []embeddedMetric{metric}}
	text, err := json.Marshal(line, json.Deterministic(true))
	if err != nil {
		return fmt.Errorf("write figures: %w", err)
	}
	if _, err := f.out.Write(append(text, '\n')); err != nil {
		return fmt.Errorf("write figures: %w", err)
	}
	return nil
}

// parked says how many streams are set aside, where there are some.
func (f figures) parked(n int) error {
	if n <= 0 {
		return nil
	}
	return f.say(count{stage.MetricParked, n})
}

// counting is a reader that says how the deliveries ended of which it takes the events. An event that comes again is counted
// again: an alarm asks for the share, not for the sum.
type counting struct {
	handlers.Reader
	figures figures
	decode  func(eventlog.Record) (eventlog.Recorded, error)
}

// Take implements handlers.Reader. Figures that cannot be said stop no webhook.
func (c counting) Take(ctx context.Context, records []eventlog.Record) (int, error) {
	done, err := c.Reader.Take(ctx, records)
	delivered, failed := c.outcomes(records[:done])
	if delivered+failed > 0 {
		_ = c.figures.say(count{stage.MetricDelivered, delivered}, count{stage.MetricFailed, failed}) // both: one without the other is no share
	}
	return done, err
}

// outcomes counts how deliveries ended; what cannot be read was set aside by the reader.
func (c counting) outcomes(records []eventlog.Record) (delivered, failed int) {
	for _, rec := range records {
		r, err := c.decode(rec)
		if err != nil {
			continue
		}
		switch r.Event.(type) {
		case domain.DeliverySucceeded:
			delivered++
		case domain.DeliveryFailed, domain.DeliveryUnreported:
			failed++
		}
	}
	return delivered, failed
}
