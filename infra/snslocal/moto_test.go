package snslocal_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"webplug/infra/moto"
)

// saying is the code of an error as both write it: the SDK's word for it, without the one's suffix.
func saying(err error) string {
	return strings.TrimSuffix(code(err), "Exception")
}

func TestAnswersAsMotoDoes(t *testing.T) {
	theirs, w := client(http.DefaultTransport, moto.Start(t)), start(t, nil)
	for name, ask := range map[string]func(*sns.Client) (string, error){
		"a topic's ARN": func(c *sns.Client) (string, error) {
			out, err := c.CreateTopic(t.Context(), &sns.CreateTopicInput{Name: aws.String("a_topic-1")})
			if err != nil {
				return "", err
			}
			parts := strings.Split(*out.TopicArn, ":")
			return strings.Join(slices.Delete(parts, 4, 5), ":"), nil // the account differs
		},
		"a bad name of a topic": func(c *sns.Client) (string, error) {
			_, err := c.CreateTopic(t.Context(), &sns.CreateTopicInput{Name: aws.String("a topic!")})
			return "", err
		},
		"tags": func(c *sns.Client) (string, error) {
			made, err := c.CreateTopic(t.Context(), &sns.CreateTopicInput{Name: aws.String("tagged"), Tags: []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}}})
			if err != nil {
				return "", err
			}
			_, err = c.TagResource(t.Context(), &sns.TagResourceInput{ResourceArn: made.TopicArn, Tags: []types.Tag{{Key: aws.String("l"), Value: aws.String("w")}}})
			if err != nil {
				return "", err
			}
			out, err := c.ListTagsForResource(t.Context(), &sns.ListTagsForResourceInput{ResourceArn: made.TopicArn})
			if err != nil {
				return "", err
			}
			var tags []string
			for _, tag := range out.Tags {
				tags = append(tags, *tag.Key+"="+*tag.Value)
			}
			slices.Sort(tags)
			return strings.Join(tags, " "), nil
		},
		"a topic that does not exist": func(c *sns.Client) (string, error) {
			_, err := c.GetTopicAttributes(t.Context(), &sns.GetTopicAttributesInput{TopicArn: aws.String("arn:aws:sns:us-east-1:123456789012:none")})
			return "", err
		},
		"a subscription to none": func(c *sns.Client) (string, error) {
			_, err := c.Subscribe(t.Context(), &sns.SubscribeInput{TopicArn: aws.String("arn:aws:sns:us-east-1:123456789012:none"), Protocol: aws.String("http"), Endpoint: aws.String("http://a.example/")})
			return "", err
		},
		"a malformed filter policy": func(c *sns.Client) (string, error) {
			made, err := c.CreateTopic(t.Context(), &sns.CreateTopicInput{Name: aws.String("filtered")})
			if err != nil {
				return "", err
			}
			_, err = c.Subscribe(t.Context(), &sns.SubscribeInput{
				TopicArn: made.TopicArn, Protocol: aws.String("http"), Endpoint: aws.String("http://127.0.0.1:1/"), Attributes: map[string]string{"FilterPolicy": `{"to":[{"what":"1"}]}`},
			})
			return "", err
		},
		"a message that is too long": func(c *sns.Client) (string, error) {
			made, err := c.CreateTopic(t.Context(), &sns.CreateTopicInput{Name: aws.String("long")})
			if err != nil {
				return "", err
			}
			_, err = c.Publish(t.Context(), &sns.PublishInput{TopicArn: made.TopicArn, Message: aws.String(strings.Repeat("x", 256<<10+1))})
			return "", err
		},
		"a batch of eleven": func(c *sns.Client) (string, error) {
			made, err := c.CreateTopic(t.Context(), &sns.CreateTopicInput{Name: aws.String("batch")})
			if err != nil {
				return "", err
			}
			var entries []types.PublishBatchRequestEntry
			for i := range 11 {
				entries = append(entries, types.PublishBatchRequestEntry{Id: aws.String(fmt.Sprint(i)), Message: aws.String("x")})
			}
			_, err = c.PublishBatch(t.Context(), &sns.PublishBatchInput{TopicArn: made.TopicArn, PublishBatchRequestEntries: entries})
			return "", err
		},
		"an end of what is not there": func(c *sns.Client) (string, error) {
			_, err := c.Unsubscribe(t.Context(), &sns.UnsubscribeInput{SubscriptionArn: aws.String("arn:aws:sns:us-east-1:123456789012:none:7b2a4f0e-0000-4000-8000-000000000001")})
			return "", err
		},
	} {
		t.Run(name, func(t *testing.T) {
			ours, ourErr := ask(w.sns)
			want, theirErr := ask(theirs)
			if ours != want || saying(ourErr) != saying(theirErr) {
				t.Errorf("%q, %v; moto: %q, %v", ours, ourErr, want, theirErr)
			}
		})
	}
}

func TestFiltersAsMotoDoes(t *testing.T) {
	theirs, w := client(http.DefaultTransport, moto.Start(t)), start(t, nil)
	attribute := func(kind, value string) map[string]types.MessageAttributeValue {
		return map[string]types.MessageAttributeValue{"to": {DataType: &kind, StringValue: &value}}
	}
	messages := map[string]map[string]types.MessageAttributeValue{
		"none": nil, "string": attribute("String", "17"), "number": attribute("Number", "17"), "other": attribute("String", "171"),
		"array": attribute("String.Array", `["17","4711"]`), "numbers": attribute("String.Array", `[17, 18]`),
	}
	// Each policy with what moto sees otherwise than AWS documents it: strings are no numbers, and any element of an array
	// may match.
	for policy, apart := range map[string]string{
		`{"to":["17"]}`: "number", `{"to":["4711","x"]}`: "", `{"to":[17]}`: "array", `{"to":[{"prefix":"17"}]}`: "array",
		`{"to":[{"anything-but":["17"]}]}`: "", `{"to":[{"exists":true}]}`: "", `{"to":[{"exists":false}]}`: "",
		`{"to":[{"numeric":[">=",10,"<",18]}]}`: "numbers", `{"to":["17"],"also":["x"]}`: "",
	} {
		t.Run(policy, func(t *testing.T) {
			arrived := func(c *sns.Client, w *world, atLeast int) []string {
				made, err := c.CreateTopic(t.Context(), &sns.CreateTopicInput{Name: aws.String(fmt.Sprintf("f%d", time.Now().UnixNano()))})
				if err != nil {
					t.Fatal(err)
				}
				e := newEndpoint(t)
				in := &sns.SubscribeInput{TopicArn: made.TopicArn, Protocol: aws.String("http"), Endpoint: aws.String(e.URL + "/hook"), Attributes: map[string]string{"FilterPolicy": policy}}
				if w != nil {
					w.endpoint = e
					w.confirmed(*made.TopicArn, in.Attributes)
				} else if _, err := c.Subscribe(t.Context(), in); err != nil {
					t.Fatal(err)
				}
				for _, name := range []string{"none", "string", "number", "other", "array", "numbers"} {
					if _, err := c.Publish(t.Context(), &sns.PublishInput{TopicArn: made.TopicArn, Message: aws.String(name), MessageAttributes: messages[name]}); err != nil {
						t.Fatal(err)
					}
				}
				// The filter is taken away, so that a last message closes the list.
				arn := subscriptionOf(t, c, *made.TopicArn)
				if _, err := c.SetSubscriptionAttributes(t.Context(), &sns.SetSubscriptionAttributesInput{SubscriptionArn: &arn, AttributeName: aws.String("FilterPolicy"), AttributeValue: aws.String("{}")}); err != nil {
					t.Fatal(err)
				}
				if _, err := c.Publish(t.Context(), &sns.PublishInput{TopicArn: made.TopicArn, Message: aws.String("last")}); err != nil {
					t.Fatal(err)
				}
				var got []string
				eventually(t, "the last message", func() bool {
					got = nil
					for _, r := range e.all() {
						if m, ok := r.envelope(t)["Message"].(string); ok && len(m) < 10 && m != apart {
							got = append(got, m)
						}
					}
					return slices.Contains(got, "last") && len(got) >= atLeast
				})
				slices.Sort(got)
				return got
			}
			want := arrived(theirs, nil, 0)
			ours := arrived(w.sns, w, len(want)) // in any order
			if !slices.Equal(ours, want) {
				t.Errorf("%v; moto: %v", ours, want)
			}
		})
	}
}

// subscriptionOf is a topic's only subscription.
func subscriptionOf(t *testing.T, c *sns.Client, topic string) string {
	t.Helper()
	out, err := c.ListSubscriptionsByTopic(t.Context(), &sns.ListSubscriptionsByTopicInput{TopicArn: &topic})
	if err != nil || len(out.Subscriptions) != 1 {
		t.Fatalf("%v %+v", err, out)
	}
	return *out.Subscriptions[0].SubscriptionArn
}

// all is everything that came.
func (e *endpoint) all() []request {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.got)
}
