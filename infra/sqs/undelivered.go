package sqs

import (
	"context"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"webplug/projections"
)

// Undelivered is SNS's dead-letter queue. It implements projections.UndeliveredQueue.
type Undelivered struct{ Queue }

var _ projections.UndeliveredQueue = Undelivered{}

// Receive implements projections.UndeliveredQueue.
func (u Undelivered) Receive(ctx context.Context) ([]projections.Undelivered, error) {
	out, err := u.Client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
		QueueUrl: &u.URL, MaxNumberOfMessages: batchEntries,
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameSentTimestamp},
	})
	if err != nil {
		return nil, failed(ctx, "receive from "+u.URL, err)
	}
	all := make([]projections.Undelivered, len(out.Messages))
	for i, m := range out.Messages {
		all[i] = projections.Undelivered{Body: []byte(aws.ToString(m.Body)), Handle: aws.ToString(m.ReceiptHandle)}
		if ms, err := strconv.ParseInt(m.Attributes[string(types.MessageSystemAttributeNameSentTimestamp)], 10, 64); err == nil {
			all[i].SentAt = time.UnixMilli(ms).UTC()
		}
	}
	return all, nil
}

// Forget implements projections.UndeliveredQueue.
func (u Undelivered) Forget(ctx context.Context, one projections.Undelivered) error {
	_, err := u.Client.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: &u.URL, ReceiptHandle: &one.Handle})
	if err != nil {
		return failed(ctx, "delete from "+u.URL, err)
	}
	return nil
}

// PutOff implements projections.UndeliveredQueue, in whole seconds, up.
func (u Undelivered) PutOff(ctx context.Context, one projections.Undelivered, wait time.Duration) error {
	_, err := u.Client.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{
		QueueUrl: &u.URL, ReceiptHandle: &one.Handle, VisibilityTimeout: int32((wait + time.Second - 1) / time.Second),
	})
	if err != nil {
		return failed(ctx, "put off a message of "+u.URL, err)
	}
	return nil
}
