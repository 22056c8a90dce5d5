package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/akrylysov/algnhsa"
	"github.com/aws/aws-lambda-go/lambda"

	"webplug/cmd/internal/process"
	"webplug/handlers/rest"
	"webplug/projections"
	"webplug/ui"
)

// answerWithin bounds a request's work: API Gateway waits 30 s, and the function has 29.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
const answerWithin = 20 * time.Second

// api makes the role that answers the API and the UI behind an HTTP API, payload version 2.0.
func (p *parts) api(ctx context.Context) (lambda.Handler, error) {
	admin, err := p.secret(ctx, p.settings.adminKeySecret)
	if err != nil {
		return nil, fmt.Errorf("read the admin key: %w", err)
	}
	if err := p.begin(ctx); err != nil {
		return nil, err
	}
	batches := projections.NewBatches(p.log, p.rows, p.now, p.logger)
	started := p.now().UTC()
	pages, err := ui.New()
	if err != nil {
		return nil, err
	}
	api, err := rest.New(rest.Options{
		Handshakes: &projections.Reconciler{Log: p.log, Transport: p.transport(), Stage: p.settings.stage, Now: p.now, Random: p.random},
		Log:        p.log, Directory: p.directory(), Queries: projections.NewRemoteQueries(p.log, p.rows, batches.RetryStuck, p.now),
		KeyUses: projections.NewKeyUses(p.rows, p.logger), CheckURL: p.guard.Check, Health: p.health,
		System: func(ctx context.Context) rest.System { return p.system(ctx, batches, started) },
		NewID:  p.newID, Random: p.random, Clock: p.now, AdminKey: strings.TrimSpace(admin), DefaultFormat: p.settings.defaultFormat,
		Metrics: http.HandlerFunc(noMetrics), Pages: pages, Logger: p.logger, Timeout: answerWithin, Function: true,
	})
	if err != nil {
		return nil, err
	}
	return algnhsa.New(plain(api), &algnhsa.Options{
		RequestType: algnhsa.RequestTypeAPIGatewayV2, BinaryContentTypes: []string{"font/woff2"},
	}), nil
}

// plain makes requests and answers what they are with net/http's server. Answers are text: compressed, they would be a
// third longer in base64 than plain (and what stands before the function compresses).
func plain(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Del("Accept-Encoding")
		if r.ContentLength == 0 && r.Body != nil && r.Body != http.NoBody {
			r.ContentLength = -1 // it came in base64
		}
		keepSlashes(r.URL)
		if r.Method == http.MethodHead {
			w = headOnly{w}
		}
		h.ServeHTTP(w, r)
	})
}

// keepSlashes encodes them again in the one id of a path that has some, a stream's name: algnhsa decodes the whole path, and
// API Gateway may have done so before.
func keepSlashes(u *url.URL) {
	const before, after = "/v1/stuck/", "/retry"
	id, ok := strings.CutPrefix(u.Path, before)
	if id, found := strings.CutSuffix(id, after); ok && found && strings.Contains(id, "/") {
		u.RawPath = before + url.PathEscape(id) + after
	}
}

// headOnly leaves the body out (RFC 9110, 9.3.2).
type headOnly struct{ http.ResponseWriter }

func (h headOnly) Write(p []byte) (int, error) { return len(p), nil }

// noMetrics stands where one machine has its metrics: a function's would be those of one process of many.
func noMetrics(w http.ResponseWriter, _ *http.Request) {
	http.Error(w, "the metrics of a deployment in AWS are in CloudWatch", http.StatusNotFound)
}

// health is what /readyz says: whether DynamoDB answers.
func (p *parts) health(ctx context.Context) []rest.Check {
	c := rest.Check{Name: "dynamodb", OK: true}
	if _, err := p.rows.Current(ctx); err != nil {
		c = rest.Check{Name: c.Name, Reason: err.Error()}
	}
	return []rest.Check{c}
}

// system is what /v1/system says. What other functions are about to do, this one does not know.
func (p *parts) system(ctx context.Context, batches *projections.Batches, started time.Time) rest.System {
	number, format := projections.GenerationOf(ctx, p.rows)
	return rest.System{
		Version: version + process.Commit(), Store: "dynamodb", StartedAt: started, Generation: number, RowsFormat: format,
		Consumers: []rest.Consumer{}, Stuck: batches.Stuck(ctx),
	}
}

// begin makes the first read models of a new deployment current, in whichever function starts first.
func (p *parts) begin(ctx context.Context) error {
	if err := projections.BeginViews(ctx, p.rows); err != nil {
		return fmt.Errorf("begin the read models: %w", err)
	}
	return nil
}
