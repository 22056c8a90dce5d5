package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"

	"webplug/infra/stage"
)

// queues are what waits. What cannot be done after some tries is put aside in a queue of its own, for a person to look at
// and to give back; an alarm tells of it.
type queues struct {
	attempts, work awssqs.CfnQueue
	letters        awssqs.CfnQueue // what SNS could not deliver: the role schedule makes outcomes of it
	setAside       setAside
}

// setAside are the queues of what could not be done.
type setAside struct{ attempts, work, reports awssqs.CfnQueue }

func (a setAside) all() []awssqs.CfnQueue { return []awssqs.CfnQueue{a.attempts, a.work, a.reports} }

const (
	fortnight = 14 * 24 * 3600 // seconds, the longest that SQS keeps a message
	tries     = 10             // of a message, before it is set aside
	// visibleAfter is how many of a function's timeouts a message stays hidden: what Lambda asks for.
	// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
	visibleAfter = 6
)

func (s *stack) makeQueues() queues {
	q := queues{setAside: setAside{
		attempts: s.queue("AttemptsSetAside", "attempts-set-aside", nil, 0),
		work:     s.queue("WorkSetAside", "work-set-aside", nil, 0),
		reports:  s.queue("ReportsSetAside", "reports-set-aside", nil, 0),
	}}
	q.attempts = s.queue("AttemptsQueue", "attempts", q.setAside.attempts, specs[stage.Queue].timeout*visibleAfter)
	q.work = s.queue("WorkQueue", "work", q.setAside.work, specs[stage.Work].timeout*visibleAfter)
	q.letters = s.queue("DeadLetters", "dead-letters", nil, specs[stage.Schedule].timeout*visibleAfter)
	s.letTopicsSend("AttemptsQueuePolicy", q.attempts)
	s.letTopicsSend("DeadLettersPolicy", q.letters)
	return q
}

// queue makes one. hidden is its visibility timeout in seconds, 0 for SQS's own.
func (s *stack) queue(id, name string, aside awssqs.CfnQueue, hidden float64) awssqs.CfnQueue {
	p := &awssqs.CfnQueueProps{
		QueueName:              sub(stage.Name(ofStage)+"-"+name, nil),
		MessageRetentionPeriod: jsii.Number(fortnight),
		SqsManagedSseEnabled:   jsii.Bool(true),
	}
	if hidden > 0 {
		p.VisibilityTimeout = jsii.Number(hidden)
	}
	if aside != nil {
		p.RedrivePolicy = map[string]any{"deadLetterTargetArn": aside.AttrArn(), "maxReceiveCount": tries}
	}
	return awssqs.NewCfnQueue(s.Stack, jsii.String(id), p)
}

// letTopicsSend lets the topics of the stage's event types send to a queue, and nothing else of SNS's.
// https://docs.aws.amazon.com/sns/latest/dg/subscribe-sqs-queue-to-sns-topic.html
func (s *stack) letTopicsSend(id string, q awssqs.CfnQueue) {
	awssqs.NewCfnQueuePolicy(s.Stack, jsii.String(id), &awssqs.CfnQueuePolicyProps{
		Queues: &[]*string{q.Ref()},
		PolicyDocument: document(map[string]any{
			"Sid": "TopicsOfTheStage", "Effect": "Allow",
			"Principal": map[string]any{"Service": "sns.amazonaws.com"},
			"Action":    "sqs:SendMessage", "Resource": q.AttrArn(),
			"Condition": map[string]any{"ArnLike": map[string]any{"aws:SourceArn": topics()}},
		}),
	})
}
