package main

import (
	"context"

	"github.com/aws/aws-lambda-go/lambda"

	handlers "webplug/handlers/lambda"
	"webplug/infra/dynamo"
	"webplug/projections"
)

// views makes the role that makes rows of what the log's stream brings.
func (p *parts) views(ctx context.Context) (lambda.Handler, error) {
	if err := p.begin(ctx); err != nil {
		return nil, err
	}
	batches := projections.NewSharedBatches(p.log, p.rows, p.now, p.logger)
	reader := counting{batches, p.figures, p.log.Decode}
	feed := &handlers.Feed{Decode: dynamo.Decode, Reader: reader, Logger: p.logger}
	return lambda.NewHandler(feed.Handle), nil
}
