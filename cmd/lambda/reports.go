package main

import (
	"context"

	"github.com/aws/aws-lambda-go/lambda"

	handlers "webplug/handlers/lambda"
	"webplug/infra/sns"
	"webplug/projections"
)

// reports makes the role that makes outcome events of SNS's delivery status records.
func (p *parts) reports(context.Context) (lambda.Handler, error) {
	h := &handlers.Reports{Taker: p.snsReports(p.directory()), Logger: p.logger}
	return lambda.NewHandler(h.Handle), nil
}

// snsReports is how SNS's reports become events. That one proves a confirmation needs nobody to be told: reconcile asks about
// what is pending by itself.
func (p *parts) snsReports(d *projections.ConsistentDirectory) *projections.SNSReports {
	return &projections.SNSReports{
		Log: p.log, Views: p.rows, Mappings: projections.NewMappings(p.rows, p.now), Endpoints: d,
		Retries: sns.DefaultPolicy(), Now: p.now, Logger: p.logger,
	}
}
