package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/go-json-experiment/json"

	"webplug/cmd/internal/process"
	"webplug/domain"
	"webplug/domain/eventlog"
	"webplug/infra/sender"
	"webplug/infra/sns"
	"webplug/infra/snslocal"
	"webplug/projections"
)

// topics is the SNS that the format sns goes by: the one that the binary brings, or one at a given endpoint.
type topics struct {
	transport projections.Transport
	policy    sns.Policy
	local     *snslocal.Server // nil where it is another's
	reports   *projections.SNSReports
	queue     func(ctx context.Context, arn, body string, attributes map[string]snslocal.Attribute) error // of the local SNS
}

// snsVariable says where SNS is, for the SDK too.
const snsVariable = "AWS_ENDPOINT_URL_SNS"

// localPath is where the API's listener serves what endpoints may ask of the local SNS.
const localPath = "/sns/"

// localRole stands where AWS has the role that writes delivery status records.
const localRole = "arn:aws:iam::000000000000:role/webplug"

// topicsOptions is what the format sns takes from outside.
type topicsOptions struct {
	dir       string // of the local SNS
	master    []byte // the master key: what the local SNS keeps is sealed by it
	publicURL string // where endpoints reach the API's listener
	guard     *sender.Guard
	now       eventlog.Clock
	random    io.Reader
	grace     time.Duration
	getenv    func(string) string
	logger    *slog.Logger
}

// openTopics opens the local SNS, unless the environment names another.
func openTopics(ctx context.Context, o topicsOptions) (*topics, error) {
	policy, err := policyFrom(o.getenv("WEBPLUG_SNS_RETRIES"))
	if err != nil {
		return nil, err
	}
	t := &topics{policy: policy}
	if o.getenv(snsVariable) != "" || o.getenv("AWS_ENDPOINT_URL") != "" {
		settings, err := config.LoadDefaultConfig(ctx)
		if err != nil {
			return nil, fmt.Errorf("read AWS's configuration: %w", err)
		}
		t.transport = sns.New(sns.Options{Client: awssns.NewFromConfig(settings), Policy: policy, FeedbackRoleARN: o.getenv("WEBPLUG_SNS_FEEDBACK_ROLE")})
		return t, nil
	}
	limits, err := limitsFrom(o.getenv("WEBPLUG_SNS_LIMITS"))
	if err != nil {
		return nil, err
	}
	t.local, err = snslocal.Open(snslocal.Options{
		Dir: o.dir, Key: sealingKey(o.master), PublicURL: o.publicURL + localPath, Now: o.now, Random: o.random, Limits: limits, Grace: o.grace, Logger: o.logger,
		Dial: o.guard.DialContext, CheckURL: o.guard.Check,
		Status: func(ctx context.Context, record []byte) error { return t.reports.Take(ctx, record) },
		Queue: func(ctx context.Context, arn, body string, attributes map[string]snslocal.Attribute) error {
			return t.queue(ctx, arn, body, attributes)
		},
	})
	if err != nil {
		return nil, err
	}
	client := awssns.New(awssns.Options{
		Region: "us-east-1", BaseEndpoint: aws.String("http://sns.local"), HTTPClient: &http.Client{Transport: t.local.RoundTripper()},
		Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""),
	})
	t.transport = sns.New(sns.Options{Client: client, Policy: policy, FeedbackRoleARN: localRole})
	return t, nil
}

// sealingKey makes the key of the local SNS's folder from the master key.
func sealingKey(master []byte) []byte {
	mac := hmac.New(sha256.New, master)
	mac.Write([]byte("webplug local sns"))
	return mac.Sum(nil)
}

// policyFrom reads how SNS retries: for tests that do not wait for an hour. "" is the default.
func policyFrom(text string) (sns.Policy, error) {
	if text == "" {
		return sns.DefaultPolicy(), nil
	}
	var p struct {
		Shortest int `json:"shortest_s"`
		Longest  int `json:"longest_s"`
		AtOnce   int `json:"at_once"`
		Growing  int `json:"growing"`
	}
	if err := json.Unmarshal([]byte(text), &p, json.RejectUnknownMembers(true)); err != nil || p.Shortest < 1 || p.Longest < p.Shortest {
		return sns.Policy{}, usage(`WEBPLUG_SNS_RETRIES: %q is not like {"shortest_s":1,"longest_s":60,"at_once":0,"growing":5}`, text)
	}
	return sns.Policy{
		Shortest: time.Duration(p.Shortest) * time.Second, Longest: time.Duration(p.Longest) * time.Second, AtOnce: p.AtOnce, Growing: p.Growing,
	}, nil
}

// limitsFrom reads quotas of the local SNS, for tests. "" is SNS's own.
func limitsFrom(text string) (l snslocal.Limits, err error) {
	if text == "" {
		return l, nil
	}
	if err := json.Unmarshal([]byte(text), &l, json.MatchCaseInsensitiveNames(true), json.RejectUnknownMembers(true)); err != nil {
		return l, usage("WEBPLUG_SNS_LIMITS: %v", err)
	}
	return l, nil
}

// joined is what the format sns needs of the home that it is part of, once its log and read models are there.
type joined struct {
	options   homeOptions
	log       *eventlog.Log
	views     projections.Views
	directory *projections.Directory
	endpoints projections.Endpoints
	rows      projections.DueRows
	park      func(eventlog.Stream, error)
	observe   func(domain.Report)
}

// join makes the parts of the format sns that the rest of the home needs.
func (t *topics) join(h joined) *projections.SNS {
	o := h.options
	mappings := projections.NewMappings(h.views, o.now)
	t.reports = &projections.SNSReports{
		Log: h.log, Views: h.views, Mappings: mappings, Endpoints: h.endpoints, Retries: t.policy, Now: o.now, Logger: o.logger,
		Observe: h.observe,
	}
	s := &projections.SNS{
		Reconciler: &projections.Reconciler{Log: h.log, Transport: t.transport, Stage: o.stage, Now: o.now, Random: o.random},
		Publisher:  &projections.SNSPublisher{Log: h.log, Endpoints: h.endpoints, Transport: t.transport, Mappings: mappings},
		Reports:    t.reports, Directory: h.directory, Rows: h.rows, Log: h.log, Now: o.now, Park: h.park, Logger: o.logger,
	}
	s.Prepare()
	return s
}

// run lets the format sns work until ctx ends; without s others publish and reconcile.
func (t *topics) run(ctx context.Context, s *projections.SNS, feed eventlog.Feed, logger *slog.Logger) *sync.WaitGroup {
	var working sync.WaitGroup
	if s != nil {
		working.Go(func() {
			if err := s.Run(ctx, feed); err != nil {
				logger.Error("the format sns has ended", "error", err)
			}
		})
	}
	if t != nil && t.local != nil {
		working.Go(func() { t.local.Run(ctx) })
	}
	return &working
}

// serves says whether a request is one that endpoints may make of the local SNS without a key.
func (t *topics) serves(r *http.Request) bool {
	return t != nil && t.local != nil && strings.HasPrefix(r.URL.Path, localPath)
}

func (t *topics) close() error {
	if t == nil || t.local == nil {
		return nil
	}
	return t.local.Close()
}

// openTopics opens the SNS of a data folder.
func (s settings) openTopics(ctx context.Context, listening string, master []byte, guard *sender.Guard, random io.Reader, logger *slog.Logger) (*topics, error) {
	public := strings.TrimSuffix(s.publicURL, "/")
	if public == "" {
		public = "http://" + listening
	}
	t, err := openTopics(ctx, topicsOptions{
		dir: filepath.Join(s.data, "sns"), master: master, publicURL: public, guard: guard, now: process.SystemClock, random: random, grace: s.grace, getenv: os.Getenv, logger: logger,
	})
	var wrong usageError
	if err != nil && !errors.As(err, &wrong) {
		return nil, fmt.Errorf("open SNS: %w", err)
	}
	return t, err
}
