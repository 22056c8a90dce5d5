package main

import (
	"context"
	cryptorand "crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"

	"webplug/cmd/internal/process"
	"webplug/domain"
	"webplug/domain/eventlog"
	"webplug/infra/dynamo"
	"webplug/infra/sender"
	"webplug/infra/sns"
	"webplug/infra/stage"
	"webplug/projections"
)

// parts are what roles are put together from. What a role does not ask for is not made, so that it starts fast and needs no
// permission for it.
type parts struct {
	settings settings
	aws      aws.Config
	store    *dynamo.Store
	rows     projections.Views
	log      *eventlog.Log
	figures  figures
	now      eventlog.Clock
	newID    eventlog.IDs
	random   io.Reader
	jitter   func() float64
	guard    sender.Guard
	logger   *slog.Logger
}

// openParts opens the log. A table that is missing or of another shape is an error that says so.
func openParts(ctx context.Context, s settings, logger *slog.Logger) (*parts, error) {
	c, err := process.AWS(ctx)
	if err != nil {
		return nil, err
	}
	p := &parts{
		settings: s, aws: c, figures: figures{os.Stdout, s.stage, process.SystemClock}, now: process.SystemClock,
		newID: process.NewIDs(process.SystemClock), random: cryptorand.Reader,
		jitter: rand.Float64, guard: sender.Guard{AllowPrivate: loopbackEndpoints != ""}, logger: logger,
	}
	p.store, err = dynamo.Open(ctx, dynamo.Options{
		AWS: c, LogTable: s.tables + "-log", KeysTable: s.tables + "-keys", ViewsTable: s.tables + "-views",
	})
	if err != nil {
		return nil, err
	}
	p.rows = p.store.Views()
	var sealer *eventlog.Sealer // a role without the master key neither appends nor opens anything
	if s.masterKeySecret != "" {
		if sealer, err = p.sealer(ctx); err != nil {
			return nil, err
		}
	}
	p.log = eventlog.New(p.store, domain.Events(), sealer, p.now, p.newID)
	return p, nil
}

// sealer makes it of the master key, which is a secret.
func (p *parts) sealer(ctx context.Context) (*eventlog.Sealer, error) {
	text, err := p.secret(ctx, p.settings.masterKeySecret)
	if err != nil {
		return nil, fmt.Errorf("read the master key: %w", err)
	}
	master, err := hex.DecodeString(strings.TrimSpace(text))
	if err != nil || len(master) != eventlog.MasterKeySize {
		return nil, fmt.Errorf("the secret %s is no master key, which has %d hexadecimal digits", p.settings.masterKeySecret, 2*eventlog.MasterKeySize)
	}
	return process.Sealer(ctx, p.store, master, p.random, func(ctx context.Context) (bool, error) {
		if p.settings.role != stage.API && p.settings.role != stage.Schedule {
			return false, nil // these begin a stage, and may read the whole log; without an event there is nothing for others to do
		}
		return process.Empty(ctx, p.store)
	})
}

// secret reads a secret's text.
func (p *parts) secret(ctx context.Context, arn string) (string, error) {
	out, err := secretsmanager.NewFromConfig(p.aws).GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &arn})
	if err != nil {
		return "", err
	}
	if out.SecretString == nil {
		return "", fmt.Errorf("the secret %s has no text", arn)
	}
	return *out.SecretString, nil
}

// transport is SNS, with the log groups of its topics.
func (p *parts) transport() *sns.Transport {
	s := p.settings
	return sns.New(sns.Options{
		Client: awssns.NewFromConfig(p.aws), Policy: sns.DefaultPolicy(), FeedbackRoleARN: s.feedbackRole, DeadLetterARN: s.deadLetters.arn,
		LogGroups: sns.CloudWatch{Client: cloudwatchlogs.NewFromConfig(p.aws), RetentionDays: s.logRetention, FunctionARN: s.reportsFunction},
	})
}

// directory is what publishing and dispatch know of the catalogue, never behind the log.
func (p *parts) directory() *projections.ConsistentDirectory {
	return projections.NewConsistentDirectory(p.log, p.rows, p.now)
}
