package sns_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/cockroachdb/pebble/v2/vfs"

	"webplug/domain"
	"webplug/infra/sns"
	"webplug/infra/snslocal"
	"webplug/projections"
)

// world is a transport against a local SNS, which sends nothing.
type world struct {
	*testing.T
	local  *snslocal.Server
	client *awssns.Client
}

func newWorld(t *testing.T, limits snslocal.Limits) *world {
	t.Helper()
	local, err := snslocal.Open(snslocal.Options{Dir: "sns", FS: vfs.NewMem(), PublicURL: "http://127.0.0.1", Now: time.Now, Random: rand.Reader, Limits: limits})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = local.Close() })
	return &world{t, local, clientBy(local.RoundTripper(), credentials.NewStaticCredentialsProvider("id", "secret", ""))}
}

func clientBy(transport http.RoundTripper, provider aws.CredentialsProvider) *awssns.Client {
	return awssns.New(awssns.Options{
		Region: "us-east-1", BaseEndpoint: aws.String("http://sns.local"), HTTPClient: &http.Client{Transport: transport},
		Credentials: provider, Retryer: aws.NopRetryer{},
	})
}

func (w *world) topic(t *sns.Transport) string {
	w.Helper()
	found, err := t.Reconcile(w.Context(), projections.Wanted{Topic: &projections.WantedTopic{Name: "webplug-test-typ_1-0", Tags: map[string]string{"webplug:stage": "test"}}})
	if err != nil {
		w.Fatal(err)
	}
	return found.TopicARN
}

func ask(topic, slot string) projections.Wanted {
	return projections.Wanted{Subscription: &projections.WantedSubscription{Do: projections.Ask, TopicARN: topic, URL: "https://customer.example/hook", Slot: slot}}
}

func TestATopicWithOtherAttributesIsMended(t *testing.T) {
	w := newWorld(t, snslocal.Limits{})
	first := w.topic(sns.New(sns.Options{Client: w.client}))
	policy := sns.Policy{Shortest: time.Second, Longest: 2 * time.Second, Growing: 1}
	again := sns.New(sns.Options{Client: w.client, Policy: policy, FeedbackRoleARN: "arn:aws:iam::0:role/r"})
	for range 2 {
		if second := w.topic(again); second != first {
			t.Fatalf("%s, then %s", first, second)
		}
	}
	a, err := w.client.GetTopicAttributes(t.Context(), &awssns.GetTopicAttributesInput{TopicArn: &first})
	if err != nil || !strings.Contains(a.Attributes["DeliveryPolicy"], `"numRetries":1`) || a.Attributes["HTTPFailureFeedbackRoleArn"] == "" {
		t.Fatalf("%v %v", err, a)
	}
}

func TestASubscriptionWithOtherAttributesIsTakenUp(t *testing.T) {
	w := newWorld(t, snslocal.Limits{})
	before, after := sns.New(sns.Options{Client: w.client}), sns.New(sns.Options{Client: w.client, DeadLetterARN: "arn:aws:sqs:us-east-1:0:dead"})
	topic := w.topic(before)
	found, err := before.Reconcile(t.Context(), ask(topic, "17"))
	if err != nil || !found.Pending || found.SubscriptionARN == "" {
		t.Fatalf("%v %+v", err, found)
	}
	if _, err := after.Reconcile(t.Context(), ask(topic, "17")); err == nil || !strings.Contains(err.Error(), "48 hours") {
		t.Fatalf("a pending one cannot be changed: %v", err)
	}
}

func TestWhatIsGoneIsFoundGone(t *testing.T) {
	w := newWorld(t, snslocal.Limits{})
	transport := sns.New(sns.Options{Client: w.client})
	topic := w.topic(transport)
	for _, do := range []projections.SubscriptionDo{projections.Look, projections.Drop} {
		found, err := transport.Reconcile(t.Context(), projections.Wanted{Subscription: &projections.WantedSubscription{Do: do, TopicARN: topic, SubscriptionARN: topic + ":none"}})
		if err != nil || found.SubscriptionARN != "" {
			t.Errorf("%v %+v", err, found)
		}
	}
	for range 2 {
		if _, err := transport.Reconcile(t.Context(), projections.Wanted{Topic: &projections.WantedTopic{Gone: topic}}); err != nil {
			t.Error(err)
		}
	}
	var refused *projections.TransportError
	if _, err := transport.Publish(t.Context(), topic, []projections.Outgoing{{Body: "x", To: []string{"1"}}}); !errors.As(err, &refused) || !refused.NoTopic {
		t.Errorf("%v", err)
	}
}

// answers is an SNS that answers one thing to all.
type answers struct {
	status int
	body   string
	err    error
}

// RoundTrip answers.
func (a answers) RoundTrip(r *http.Request) (*http.Response, error) {
	if a.err != nil {
		return nil, a.err
	}
	return &http.Response{StatusCode: a.status, Header: http.Header{"Content-Type": {"text/xml"}}, Body: io.NopCloser(bytes.NewReader([]byte(a.body))), Request: r}, nil
}

func fault(code string) answers {
	return answers{status: 400, body: `<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>Sender</Type><Code>` + code +
		`</Code><Message>no</Message></Error><RequestId>r</RequestId></ErrorResponse>`}
}

func TestErrorsOfSNS(t *testing.T) {
	for name, c := range map[string]struct {
		answer answers
		reason domain.FailReason
	}{
		"filter policies used up":   {fault("FilterPolicyLimitExceeded"), domain.FailPolicyLimit},
		"pending ones used up":      {fault("SubscriptionLimitExceeded"), domain.FailPendingLimit},
		"topics used up":            {fault("TopicLimitExceeded"), domain.FailTopicLimit},
		"throttled":                 {fault("Throttling"), domain.FailThrottled},
		"throttled, otherwise said": {fault("Throttled"), domain.FailThrottled},
		"a URL that SNS refuses":    {fault("InvalidParameter"), domain.FailEndpoint},
		"no right":                  {fault("AuthorizationError"), domain.FailDenied},
		"credentials unknown":       {fault("InvalidClientTokenId"), domain.FailDenied},
		"credentials expired":       {fault("ExpiredToken"), domain.FailDenied},
		"an error of SNS's own":     {answers{status: 500, body: "<html>oops"}, domain.FailUnavailable},
		"no SNS":                    {answers{err: errors.New("connection refused")}, domain.FailUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			transport := sns.New(sns.Options{Client: clientBy(c.answer, credentials.NewStaticCredentialsProvider("id", "secret", ""))})
			var refused *projections.TransportError
			_, err := transport.Reconcile(t.Context(), ask("arn:aws:sns:us-east-1:0:t", "17"))
			if !errors.As(err, &refused) || refused.Reason != c.reason {
				t.Errorf("%v", err)
			}
		})
	}
	t.Run("no credentials", func(t *testing.T) {
		none := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{}, errors.New("none are configured")
		})
		transport := sns.New(sns.Options{Client: clientBy(answers{}, none)})
		if _, err := transport.Reconcile(t.Context(), ask("arn:aws:sns:us-east-1:0:t", "17")); err == nil || !strings.Contains(err.Error(), "none are configured") {
			t.Errorf("%v", err)
		}
	})
}

func TestTheDefaultPolicyIsOneThatSNSTakes(t *testing.T) {
	p, total := sns.DefaultPolicy(), time.Duration(0)
	for n := 1; n < p.Attempts(); n++ {
		d := p.Delay(n)
		if d < p.Shortest || d > p.Longest {
			t.Errorf("%d: %s", n, d)
		}
		total += d
	}
	if total > time.Hour || total < 50*time.Minute || p.Delay(p.Attempts()) != 0 {
		t.Errorf("%d attempts within %s", p.Attempts(), total)
	}
}
