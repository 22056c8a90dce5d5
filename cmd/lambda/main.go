// Command lambda is all of WebPlug's Lambda functions in one binary: the environment says which role it has
// (infra/stage). It runs in AWS's runtime provided.al2023, as the file bootstrap.
package main

import (
	"context"
	"errors"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
)

// version is set by the linker: -ldflags "-X main.version=1.2.3".
var version = "dev"

// loopbackEndpoints is set by the linker too, where a test or a measurement has its endpoints on this machine. Nothing in a
// deployment can set it.
var loopbackEndpoints string

func main() {
	logger := slog.New(slog.NewJSONHandler(os.Stderr, nil))
	ctx := context.Background()
	handler, err := open(ctx, os.Getenv, logger)
	if err != nil {
		logger.Error("the function cannot start", "role", os.Getenv("WEBPLUG_ROLE"), "error", err)
		if told := refuse(ctx, os.Getenv("AWS_LAMBDA_RUNTIME_API"), err); told != nil {
			logger.Error("Lambda cannot be told so", "error", told)
		}
		os.Exit(1)
	}
	lambda.StartWithOptions(handler)
}

// open makes the handler of the role that the environment names.
func open(ctx context.Context, getenv func(string) string, logger *slog.Logger) (lambda.Handler, error) {
	if getenv("AWS_LAMBDA_RUNTIME_API") == "" {
		return nil, errors.New("AWS_LAMBDA_RUNTIME_API is not set: this program is started by AWS Lambda")
	}
	s, err := settingsFrom(getenv)
	if err != nil {
		return nil, err
	}
	p, err := openParts(ctx, s, logger.With("role", string(s.role)))
	if err != nil {
		return nil, err
	}
	return p.handler(ctx)
}
