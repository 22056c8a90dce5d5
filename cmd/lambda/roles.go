package main

import (
	"context"
	"fmt"

	"github.com/aws/aws-lambda-go/lambda"

	"webplug/infra/stage"
)

// handler makes the handler of the process's role: a line each, and a file each for how it is put together.
func (p *parts) handler(ctx context.Context) (lambda.Handler, error) {
	switch p.settings.role {
	case stage.Views:
		return p.views(ctx)
	case stage.Dispatch:
		return p.dispatch(ctx)
	case stage.Queue:
		return p.queue(ctx)
	case stage.Work:
		return p.work(ctx)
	case stage.Reports:
		return p.reports(ctx)
	case stage.Schedule:
		return p.schedule(ctx)
	case stage.API:
		return p.api(ctx)
	}
	return nil, errNotYet(p.settings.role)
}

func errNotYet(r stage.Role) error {
	return fmt.Errorf("this build has no role %s", r)
}
