// Package sns is the transport of the format sns: topics and subscriptions of Amazon SNS, made as they are wanted, and
// messages published to them. It is the same code against AWS and against the local SNS.
package sns

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/go-json-experiment/json"

	"webplug/projections"
)

// Options is what a deployment decides.
type Options struct {
	Client *sns.Client
	// Policy is how SNS retries; its zero value is DefaultPolicy.
	Policy Policy
	// FeedbackRoleARN is the role by which SNS writes delivery status records. Without one it writes none, and every delivery
	// ends as unreported.
	FeedbackRoleARN string
	// DeadLetterARN is the queue that gets what SNS could not deliver; "" for none.
	DeadLetterARN string
	// LogGroups makes ready where a topic's records go, before the topic is used; nil: SNS sees to it.
	LogGroups LogGroups
}

// LogGroups makes the log groups of a topic's delivery status records. It is repeatable.
type LogGroups interface {
	Ensure(ctx context.Context, topicARN string) error
}

// Transport implements projections.Transport and projections.Confirmer.
type Transport struct{ Options }

// New makes the transport. It does no I/O.
func New(o Options) *Transport {
	if o.Policy == (Policy{}) {
		o.Policy = DefaultPolicy()
	}
	return &Transport{o}
}

// Reconcile makes one thing as it is wanted.
func (t *Transport) Reconcile(ctx context.Context, w projections.Wanted) (projections.Found, error) {
	switch {
	case w.Topic != nil && w.Topic.Gone != "":
		_, err := t.Client.DeleteTopic(ctx, &sns.DeleteTopicInput{TopicArn: &w.Topic.Gone})
		return projections.Found{}, failure("take down a topic", err)
	case w.Topic != nil:
		arn, err := t.topic(ctx, w.Topic)
		return projections.Found{TopicARN: arn}, err
	case w.Subscription != nil && w.Subscription.Do == projections.Ask:
		return t.subscribe(ctx, w.Subscription)
	case w.Subscription != nil:
		return t.look(ctx, w.Subscription)
	}
	return projections.Found{}, errors.New("nothing is wanted")
}

// wantedAttributes are those of every topic: they are what the outcome of a delivery is learnt by.
func (t *Transport) wantedAttributes() map[string]string {
	a := map[string]string{"SignatureVersion": "2", "DeliveryPolicy": t.Policy.document()}
	if t.FeedbackRoleARN != "" {
		a["HTTPSuccessFeedbackRoleArn"], a["HTTPFailureFeedbackRoleArn"] = t.FeedbackRoleARN, t.FeedbackRoleARN
		a["HTTPSuccessFeedbackSampleRate"] = "100"
	}
	return a
}

// topic makes a topic, or mends one that is there with other attributes. Its log groups stand when it returns.
func (t *Transport) topic(ctx context.Context, w *projections.WantedTopic) (string, error) {
	wanted := t.wantedAttributes()
	tags := make([]types.Tag, 0, len(w.Tags))
	for k, v := range w.Tags {
		tags = append(tags, types.Tag{Key: &k, Value: &v})
	}
	made, err := t.Client.CreateTopic(ctx, &sns.CreateTopicInput{Name: &w.Name, Attributes: wanted, Tags: tags})
	var other *types.InvalidParameterException
	if errors.As(err, &other) {
		return t.mend(ctx, w.Name, wanted, tags)
	}
	if err != nil {
		return "", failure("make a topic", err)
	}
	return *made.TopicArn, t.logGroups(ctx, *made.TopicArn)
}

// mend sets what differs of a topic that exists.
func (t *Transport) mend(ctx context.Context, name string, wanted map[string]string, tags []types.Tag) (string, error) {
	there, err := t.Client.CreateTopic(ctx, &sns.CreateTopicInput{Name: &name})
	if err != nil {
		return "", failure("make a topic", err)
	}
	arn := *there.TopicArn
	has, err := t.Client.GetTopicAttributes(ctx, &sns.GetTopicAttributesInput{TopicArn: &arn})
	if err != nil {
		return "", failure("read a topic", err)
	}
	for k, v := range wanted {
		if has.Attributes[k] == v {
			continue
		}
		if _, err := t.Client.SetTopicAttributes(ctx, &sns.SetTopicAttributesInput{TopicArn: &arn, AttributeName: &k, AttributeValue: &v}); err != nil {
			return "", failure("set a topic's "+k, err)
		}
	}
	if len(tags) > 0 {
		if _, err := t.Client.TagResource(ctx, &sns.TagResourceInput{ResourceArn: &arn, Tags: tags}); err != nil {
			return "", failure("tag a topic", err)
		}
	}
	return arn, t.logGroups(ctx, arn)
}

func (t *Transport) logGroups(ctx context.Context, arn string) error {
	if t.LogGroups == nil {
		return nil
	}
	return failure("make the log groups of a topic", t.LogGroups.Ensure(ctx, arn))
}

// attributes of a subscription: its policy is given with Subscribe itself, since one that is set afterwards lets messages
// through before. The content type is the topic's: a delivery policy here would replace the topic's retries.
func (t *Transport) attributes(w *projections.WantedSubscription) map[string]string {
	a := map[string]string{"FilterPolicy": `{"to":["` + w.Slot + `"]}`}
	if w.Queue {
		a["RawMessageDelivery"] = "true"
		return a
	}
	if t.DeadLetterARN != "" {
		a["RedrivePolicy"] = `{"deadLetterTargetArn":"` + t.DeadLetterARN + `"}`
	}
	return a
}

func (t *Transport) subscribe(ctx context.Context, w *projections.WantedSubscription) (projections.Found, error) {
	protocol := "sqs"
	if !w.Queue {
		u, err := url.Parse(w.URL)
		if err != nil {
			return projections.Found{}, failure("subscribe", fmt.Errorf("the URL cannot be read: %w", err))
		}
		protocol = strings.ToLower(u.Scheme)
	}
	wanted := t.attributes(w)
	made, err := t.Client.Subscribe(ctx, &sns.SubscribeInput{
		TopicArn: &w.TopicARN, Protocol: &protocol, Endpoint: &w.URL, Attributes: wanted, ReturnSubscriptionArn: true,
	})
	if isOther(err) {
		return t.adopt(ctx, w, wanted)
	}
	if err != nil {
		return projections.Found{}, failure("subscribe", err)
	}
	seen := *w
	seen.Do, seen.SubscriptionARN = projections.Look, *made.SubscriptionArn
	return t.look(ctx, &seen)
}

// isOther says whether SNS has the subscription with other attributes.
func isOther(err error) bool {
	var invalid *types.InvalidParameterException
	return errors.As(err, &invalid) && strings.Contains(invalid.ErrorMessage(), "different attributes")
}

// adopt finds a confirmed subscription that is there with other attributes, and sets them.
func (t *Transport) adopt(ctx context.Context, w *projections.WantedSubscription, wanted map[string]string) (projections.Found, error) {
	pages := sns.NewListSubscriptionsByTopicPaginator(t.Client, &sns.ListSubscriptionsByTopicInput{TopicArn: &w.TopicARN})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return projections.Found{}, failure("list a topic's subscriptions", err)
		}
		for _, s := range page.Subscriptions {
			arn := aws.ToString(s.SubscriptionArn)
			if aws.ToString(s.Endpoint) != w.URL || !strings.HasPrefix(arn, "arn:") {
				continue
			}
			for k, v := range wanted {
				if _, err := t.Client.SetSubscriptionAttributes(ctx, &sns.SetSubscriptionAttributesInput{SubscriptionArn: &arn, AttributeName: &k, AttributeValue: &v}); err != nil {
					return projections.Found{}, failure("set a subscription's "+k, err)
				}
			}
			seen := *w
			seen.Do, seen.SubscriptionARN = projections.Look, arn
			return t.look(ctx, &seen)
		}
	}
	return projections.Found{}, failure("subscribe", errors.New("a pending subscription of this URL has other attributes; it goes by itself after 48 hours"))
}

// look says what there is of a subscription, and takes it down if that is wanted and it is confirmed.
func (t *Transport) look(ctx context.Context, w *projections.WantedSubscription) (projections.Found, error) {
	got, err := t.Client.GetSubscriptionAttributes(ctx, &sns.GetSubscriptionAttributesInput{SubscriptionArn: &w.SubscriptionARN})
	var gone *types.NotFoundException
	if errors.As(err, &gone) {
		return projections.Found{TopicARN: w.TopicARN}, nil
	}
	if err != nil {
		return projections.Found{}, failure("look at a subscription", err)
	}
	pending, _ := strconv.ParseBool(got.Attributes["PendingConfirmation"])
	authenticated, _ := strconv.ParseBool(got.Attributes["ConfirmationWasAuthenticated"])
	if w.Do == projections.Drop && !pending {
		_, err := t.Client.Unsubscribe(ctx, &sns.UnsubscribeInput{SubscriptionArn: &w.SubscriptionARN})
		return projections.Found{TopicARN: w.TopicARN}, failure("unsubscribe", err)
	}
	return projections.Found{TopicARN: w.TopicARN, SubscriptionARN: w.SubscriptionARN, Pending: pending, Authenticated: authenticated}, nil
}

// Confirm hands a token back, signed, so that nobody who holds an envelope can end the subscription.
func (t *Transport) Confirm(ctx context.Context, topicARN, token string) (string, error) {
	out, err := t.Client.ConfirmSubscription(ctx, &sns.ConfirmSubscriptionInput{
		TopicArn: &topicARN, Token: &token, AuthenticateOnUnsubscribe: aws.String("true"),
	})
	if err != nil {
		return "", failure("confirm a subscription", err)
	}
	return *out.SubscriptionArn, nil
}

// Publish hands up to ten messages to a topic at once.
func (t *Transport) Publish(ctx context.Context, topicARN string, messages []projections.Outgoing) ([]projections.Receipt, error) {
	entries := make([]types.PublishBatchRequestEntry, len(messages))
	for i, m := range messages {
		attributes, err := published(m)
		if err != nil {
			return nil, failure("publish", err)
		}
		entries[i] = types.PublishBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), Message: &m.Body, MessageAttributes: attributes}
	}
	out, err := t.Client.PublishBatch(ctx, &sns.PublishBatchInput{TopicArn: &topicARN, PublishBatchRequestEntries: entries})
	if err != nil {
		return nil, failure("publish", err)
	}
	receipts := make([]projections.Receipt, len(messages))
	for i := range receipts {
		receipts[i].Err = failure("publish", errors.New("SNS did not say what became of it"))
	}
	for _, taken := range out.Successful {
		if i, err := strconv.Atoi(aws.ToString(taken.Id)); err == nil && i < len(receipts) {
			receipts[i] = projections.Receipt{MessageID: aws.ToString(taken.MessageId)}
		}
	}
	for _, refused := range out.Failed {
		if i, err := strconv.Atoi(aws.ToString(refused.Id)); err == nil && i < len(receipts) {
			receipts[i].Err = refusal(refused)
		}
	}
	return receipts, nil
}

// published is the attributes that a message has in a topic.
func published(m projections.Outgoing) (map[string]types.MessageAttributeValue, error) {
	a := map[string]types.MessageAttributeValue{}
	if len(m.To) > 0 {
		list, err := json.Marshal(m.To)
		if err != nil {
			return nil, err
		}
		a[projections.AttributeTo] = types.MessageAttributeValue{DataType: aws.String("String.Array"), StringValue: aws.String(string(list))}
	}
	if m.First {
		a[projections.AttributeFirst] = types.MessageAttributeValue{DataType: aws.String("String"), StringValue: aws.String("true")}
	}
	if m.Service != "" {
		a[projections.AttributeService] = types.MessageAttributeValue{DataType: aws.String("String"), StringValue: &m.Service}
	}
	return a, nil
}
