package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/cockroachdb/pebble/v2/vfs"

	"webplug/cmd/webplug/envelope"
	"webplug/infra/snslocal"
)

// snsFor is a local SNS on a port of its own, with a topic that has signatures of a version.
func snsFor(t *testing.T, version string) (client *awssns.Client, topic string) {
	t.Helper()
	var local *snslocal.Server
	public := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { local.Public().ServeHTTP(w, r) }))
	t.Cleanup(public.Close)
	local, err := snslocal.Open(snslocal.Options{Dir: "sns", FS: vfs.NewMem(), PublicURL: public.URL, Now: time.Now, Random: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); local.Run(ctx) }()
	t.Cleanup(func() { stop(); <-ended; _ = local.Close() })
	client = awssns.New(awssns.Options{
		Region: "us-east-1", BaseEndpoint: aws.String("http://sns.local"), HTTPClient: &http.Client{Transport: local.RoundTripper()},
		Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""),
	})
	made, err := client.CreateTopic(t.Context(), &awssns.CreateTopicInput{Name: aws.String("t"), Attributes: map[string]string{"SignatureVersion": version}})
	if err != nil {
		t.Fatal(err)
	}
	return client, *made.TopicArn
}

func subscribeTo(t *testing.T, client *awssns.Client, topic, url string) string {
	t.Helper()
	out, err := client.Subscribe(t.Context(), &awssns.SubscribeInput{TopicArn: &topic, Protocol: aws.String("http"), Endpoint: &url, ReturnSubscriptionArn: true})
	if err != nil {
		t.Fatal(err)
	}
	return *out.SubscriptionArn
}

func TestReceiveOfSNS(t *testing.T) {
	for _, version := range []string{"1", "2"} {
		t.Run("confirms by itself and checks signatures of version "+version, func(t *testing.T) {
			client, topic := snsFor(t, version)
			r := receive(t)
			subscribeTo(t, client, topic, r.url+"/hook")
			r.stdout.await(t, `SubscriptionConfirmation  .*  signature valid  confirmed`)
			text := `{"id":"msg_1","type":"card_issued","data":{"html":"<b>&ü</b>"}}`
			if _, err := client.Publish(t.Context(), &awssns.PublishInput{TopicArn: &topic, Message: &text}); err != nil {
				t.Fatal(err)
			}
			r.stdout.await(t, `card_issued  msg_1  signature valid .*▶ 204\n  \{\n    "id": "msg_1"`)
		})
	}
	t.Run("shows the token where it is told not to confirm", func(t *testing.T) {
		client, topic := snsFor(t, "2")
		r := receive(t, "--no-confirm")
		arn := subscribeTo(t, client, topic, r.url+"/hook")
		token := r.stdout.await(t, `not confirmed, as told; token ([0-9a-f]{100,})`)[1]
		out, err := client.ConfirmSubscription(t.Context(), &awssns.ConfirmSubscriptionInput{TopicArn: &topic, Token: &token})
		if err != nil || *out.SubscriptionArn != arn {
			t.Fatal(err)
		}
	})
	t.Run("calls forgeries what they are, and asks nobody about them", func(t *testing.T) {
		client, topic := snsFor(t, "2")
		caught := make(chan []byte, 1)
		honest := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			caught <- body
		}))
		defer honest.Close()
		subscribeTo(t, client, topic, honest.URL)
		body := <-caught
		r := receive(t)
		send := func(body []byte) {
			in, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.url, bytes.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			in.Header.Set(envelope.Header, "SubscriptionConfirmation")
			answer, err := http.DefaultClient.Do(in)
			if err != nil {
				t.Fatal(err)
			}
			_ = answer.Body.Close()
		}
		send(bytes.Replace(body, []byte("You have chosen"), []byte("You have not chosen"), 1))
		r.stdout.await(t, `signature invalid: no signature matches`)
		cert := strings.Index(string(body), `"SigningCertURL": "`) + len(`"SigningCertURL": "`)
		send([]byte(string(body[:cert]) + "http://evil.example" + string(body[cert:])))
		r.stdout.await(t, `signature invalid: SigningCertURL: evil\.example\S* is neither AWS's SNS nor on this machine`)
		send([]byte("no envelope"))
		r.stdout.await(t, `signature invalid: the body is no envelope`)
	})
}
