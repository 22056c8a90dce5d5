package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/go-json-experiment/json"

	"webplug/domain"
	"webplug/infra/sns"
	"webplug/infra/snslocal"
)

// simSNS is the format sns of a random world: what SNS sends goes over the world's network, and its reports come late, twice
// and in another order, whichever process runs then.
type simSNS struct {
	s        *sim
	mu       sync.Mutex
	handed   []simHandshake
	reports  []simReport
	reported int
}

// simHandshake is a SubscriptionConfirmation that an endpoint got.
type simHandshake struct{ url, link, token string }

// simReport is a delivery status record on its way.
type simReport struct {
	record []byte
	due    time.Time
	again  bool // it comes once more
}

var errCut = errors.New("the process is dead")

// open opens the SNS of a process.
func (n *simSNS) open(context.Context) (*topics, error) {
	s, wire := n.s, n.s.wire
	t := &topics{policy: sns.DefaultPolicy()}
	var err error
	t.local, err = snslocal.Open(snslocal.Options{
		Dir: "data/sns", FS: s.disk, PublicURL: "http://webplug.sim" + localPath, Now: time.Now, Random: s,
		RoundTripper: simWire{n, wire}, EveryAttempt: s.chance.IntN(2) == 0, Grace: time.Minute,
		Status: func(_ context.Context, record []byte) error {
			if wire.isCut() {
				return errCut
			}
			n.hold(record)
			return nil
		},
	})
	if err != nil {
		return nil, err
	}
	client := awssns.New(awssns.Options{
		Region: "us-east-1", BaseEndpoint: aws.String("http://sns.local"), HTTPClient: &http.Client{Transport: t.local.RoundTripper()},
		Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""), Retryer: aws.NopRetryer{},
	})
	t.transport = sns.New(sns.Options{Client: client, Policy: t.policy, FeedbackRoleARN: localRole})
	return t, nil
}

func (n *simSNS) hold(record []byte) {
	after := []time.Duration{0, time.Millisecond, time.Second, time.Minute, 2 * time.Hour}[n.s.roll(5)]
	again := n.s.roll(4) == 0
	n.mu.Lock()
	defer n.mu.Unlock()
	n.reports = append(n.reports, simReport{bytes.Clone(record), time.Now().Add(after), again})
}

// report hands the reports that are due to a process, until its time is over. A report that a dying process has taken comes
// again: nobody knows whether it was recorded.
func (n *simSNS) report(ctx context.Context, t *topics, wire *cable) {
	for ctx.Err() == nil && !wire.isCut() {
		for _, r := range n.due() {
			if err := t.reports.Take(ctx, r.record); err != nil || wire.isCut() {
				n.mu.Lock()
				n.reports = append(n.reports, r)
				n.mu.Unlock()
			} else if r.again {
				n.mu.Lock()
				n.reports = append(n.reports, simReport{r.record, time.Now().Add(time.Minute), false})
				n.mu.Unlock()
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(30 * time.Second):
		}
	}
}

// due takes out the reports whose time has come, in any order.
func (n *simSNS) due() (out []simReport) {
	n.mu.Lock()
	defer n.mu.Unlock()
	now := time.Now()
	n.reports = slices.DeleteFunc(n.reports, func(r simReport) bool {
		if r.due.After(now) {
			return false
		}
		out = append(out, r)
		return true
	})
	for i := range out {
		j := n.s.roll(i + 1)
		out[i], out[j] = out[j], out[i]
	}
	n.reported += len(out)
	return out
}

// simWire is SNS's way to the endpoints, in one process.
type simWire struct {
	n    *simSNS
	wire *cable
}

// RoundTrip takes what SNS sends.
func (w simWire) RoundTrip(r *http.Request) (*http.Response, error) {
	envelope, err := arrivalOf(r)
	if err != nil {
		return nil, err
	}
	url, status := r.URL.String(), http.StatusOK
	if envelope.Type == "Notification" {
		var webhook struct {
			ID string `json:"id"`
		}
		if err := json.Unmarshal([]byte(envelope.Message), &webhook); err != nil {
			return nil, err
		}
		report := w.wire.Attempt(r.Context(), domain.Attempt{ID: envelope.MessageID, MessageID: webhook.ID, URL: url, At: time.Now()})
		if status = report.StatusCode; status == 0 {
			return nil, errors.New(string(report.Cause))
		}
	} else if w.wire.isCut() {
		return nil, errCut
	} else {
		w.n.mu.Lock()
		w.n.handed = append(w.n.handed, simHandshake{url, envelope.SubscribeURL, envelope.Token})
		w.n.mu.Unlock()
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("thanks")), Request: r}, nil
}

// confirm answers a handshake: the endpoint visits the link, or somebody pastes the token.
func (s *sim) confirm() {
	s.sns.mu.Lock()
	if len(s.sns.handed) == 0 {
		s.sns.mu.Unlock()
		return
	}
	i := s.chance.IntN(len(s.sns.handed))
	h := s.sns.handed[i]
	s.sns.handed = slices.Delete(s.sns.handed, i, i+1)
	s.sns.mu.Unlock()
	if s.chance.IntN(2) == 0 {
		_, path, _ := strings.Cut(h.link, "webplug.sim")
		s.visit(path)
		return
	}
	for _, e := range s.endpoints {
		if e.url != h.url {
			continue
		}
		page, ok := s.must(http.MethodGet, s.svc("/subscriptions?endpoint_id="+e.id), "")
		if !ok {
			return
		}
		for _, sub := range page["data"].([]any) { // a token of another of its subscriptions is refused
			if sub := sub.(map[string]any); sub["status"] == "pending_confirmation" && !s.crashed() {
				s.call(http.MethodPost, s.svc("/subscriptions/"+sub["id"].(string)+"/confirm"), `{"token":"`+h.token+`"}`)
			}
		}
	}
}
