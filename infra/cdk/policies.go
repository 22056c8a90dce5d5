package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/jsii-runtime-go"

	"webplug/infra/stage"
)

// role is an IAM role, with one policy inside.
type role = awsiam.CfnRole

// document is a policy.
func document(statements ...map[string]any) map[string]any {
	return map[string]any{"Version": "2012-10-17", "Statement": statements}
}

// allow is a statement of a policy.
func allow(sid string, actions []string, on ...*string) map[string]any {
	return map[string]any{"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": on}
}

// role makes a role that one service takes on. Its policy is part of it, so that nothing uses it before it may do what it
// needs.
func (s *stack) role(id, service string, condition map[string]any, statements []map[string]any) role {
	trust := map[string]any{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": map[string]any{"Service": service}}
	if condition != nil {
		trust["Condition"] = condition
	}
	return awsiam.NewCfnRole(s.Stack, jsii.String(id), &awsiam.CfnRoleProps{
		AssumeRolePolicyDocument: document(trust),
		Policies: []any{&awsiam.CfnRole_PolicyProperty{
			PolicyName: jsii.String("webplug"), PolicyDocument: document(statements...),
		}},
	})
}

// makeFeedbackRole makes the role by which SNS writes what became of its deliveries. Only a topic of this account can be
// given a role of this account. Whether SNS says which account it acts for when it takes on such a role is not documented:
// if it does it must be this one.
// https://docs.aws.amazon.com/sns/latest/dg/topics-attrib-prereq.html
func (s *stack) makeFeedbackRole() role {
	own := map[string]any{"StringEqualsIfExists": map[string]any{"aws:SourceAccount": sub(ofAccount, nil)}}
	return s.role("FeedbackRole", "sns.amazonaws.com", own, []map[string]any{
		allow("WriteRecords", []string{"logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"}, topicLogs()),
	})
}

// topics are the ARNs of the stage's topics, topicLogs those of their log groups: they are made at run time.
func topics() *string { return arn("sns", stage.TopicPrefix(ofStage)+"*") }

func topicLogs() *string {
	return arn("logs", "log-group:"+stage.LogGroupPrefix(ofRegion, ofAccount, ofStage)+"*")
}

// policy is what a role's function may do.
func (s *stack) policy(r stage.Role) []map[string]any {
	all := []map[string]any{
		allow("WriteOwnLogs", []string{"logs:CreateLogStream", "logs:PutLogEvents"}, arn("logs", "log-group:"+stage.FunctionLogGroup(ofStage, r)+":*")),
		allow("LookAtTables", []string{"dynamodb:DescribeTable"}, s.tables.log.AttrArn(), s.tables.keys.AttrArn(), s.tables.views.AttrArn()),
		allow("WriteRows", []string{
			"dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:PutItem", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem",
		}, s.tables.views.AttrArn()),
	}
	add := func(more ...map[string]any) { all = append(all, more...) }
	switch r {
	case stage.Views:
		add(s.readLog())
		add(s.followLog()...)
	case stage.Dispatch:
		add(s.appendLog()...)
		add(s.followLog()...)
		add(s.send("WakeQueues", s.queues.attempts.AttrArn(), s.queues.work.AttrArn()), s.publish())
	case stage.Queue:
		add(s.appendLog()...)
		add(s.receive("TakeAttempts", s.queues.attempts.AttrArn()), s.send("WakeLater", s.queues.attempts.AttrArn()))
	case stage.Work:
		add(s.appendLog()...)
		add(s.reconcile()...)
		add(s.receive("TakeWork", s.queues.work.AttrArn()), s.send("WakeQueues", s.queues.attempts.AttrArn(), s.queues.work.AttrArn()), s.publish())
	case stage.Reports:
		add(s.appendLog()...)
		add(s.send("SetAside", s.queues.setAside.reports.AttrArn()))
	case stage.Schedule:
		add(s.appendLog()...)
		add(s.scanLog(), s.dropRows(), s.receive("TakeDeadLetters", s.queues.letters.AttrArn()),
			allow("TakeDeadLettersLater", []string{"sqs:ChangeMessageVisibility"}, s.queues.letters.AttrArn()),
			s.send("WakeQueues", s.queues.attempts.AttrArn(), s.queues.work.AttrArn()))
	case stage.API:
		add(s.appendLog()...)
		add(s.scanLog(), allow("ConfirmSubscriptions", []string{"sns:ConfirmSubscription"}, topics()),
			allow("LookAtSubscriptions", []string{"sns:GetSubscriptionAttributes"}, jsii.String("*")),
			allow("ReadAdminKey", []string{"secretsmanager:GetSecretValue"}, s.secrets.admin.Ref()))
	}
	return all
}

// readLog reads streams and trails.
func (s *stack) readLog() map[string]any {
	return allow("ReadLog", []string{"dynamodb:Query"}, s.tables.log.AttrArn())
}

// appendLog decides commands: it reads the log, adds to it, and never changes or removes; it makes and reads data keys,
// which the master key opens. A transaction of puts needs the permission to put.
func (s *stack) appendLog() []map[string]any {
	return []map[string]any{
		s.readLog(),
		allow("AppendLog", []string{"dynamodb:PutItem"}, s.tables.log.AttrArn()),
		allow("KeepDataKeys", []string{"dynamodb:GetItem", "dynamodb:PutItem"}, s.tables.keys.AttrArn()),
		allow("ReadMasterKey", []string{"secretsmanager:GetSecretValue"}, s.secrets.master.Ref()),
	}
}

// scanLog reads all of the log: rebuilds.
func (s *stack) scanLog() map[string]any {
	return allow("ScanLog", []string{"dynamodb:Scan"}, s.tables.log.AttrArn())
}

// dropRows finds the rows of a generation that has had its time.
func (s *stack) dropRows() map[string]any {
	return allow("DropRows", []string{"dynamodb:Scan"}, s.tables.views.AttrArn())
}

// followLog is what Lambda needs to read the stream for a function.
// https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
func (s *stack) followLog() []map[string]any {
	return []map[string]any{
		allow("FollowLog", []string{"dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"}, s.tables.log.AttrStreamArn()),
		allow("FindStreams", []string{"dynamodb:ListStreams"}, jsii.String("*")),
	}
}

// receive is what Lambda needs to read a queue for a function, and the role schedule to read one itself.
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
func (s *stack) receive(sid string, queue *string) map[string]any {
	return allow(sid, []string{"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}, queue)
}

func (s *stack) send(sid string, queues ...*string) map[string]any {
	return allow(sid, []string{"sqs:SendMessage"}, queues...)
}

func (s *stack) publish() map[string]any {
	return allow("Publish", []string{"sns:Publish"}, topics())
}

// reconcile makes topics, their log groups and their subscriptions as they are wanted.
func (s *stack) reconcile() []map[string]any {
	passed := allow("GiveTopicsTheirRole", []string{"iam:PassRole"}, s.feedback.AttrArn())
	passed["Condition"] = map[string]any{"StringEquals": map[string]any{"iam:PassedToService": "sns.amazonaws.com"}}
	return []map[string]any{
		allow("MakeTopics", []string{
			"sns:CreateTopic", "sns:DeleteTopic", "sns:GetTopicAttributes", "sns:SetTopicAttributes", "sns:TagResource",
			"sns:Subscribe", "sns:ListSubscriptionsByTopic",
		}, topics()),
		allow("MendSubscriptions", []string{"sns:GetSubscriptionAttributes", "sns:SetSubscriptionAttributes", "sns:Unsubscribe"}, jsii.String("*")),
		allow("MakeLogGroups", []string{"logs:CreateLogGroup", "logs:PutRetentionPolicy", "logs:PutSubscriptionFilter"}, topicLogs()),
		passed,
	}
}
