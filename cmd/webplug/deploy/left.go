package deploy

import (
	"errors"
	"fmt"
	"strings"

	"github.com/aws/smithy-go"

	"webplug/infra/stage"
)

// Left says what of an inventory is still there after a destruction, and how each can be taken away.
func (c *Cloud) Left(i Inventory) []Left {
	var all []Left
	add := func(kind, name, why, command string) {
		all = append(all, Left{Kind: kind, Name: name, Why: why, Command: command})
	}
	in := " --region " + c.Region
	again := "webplug destroy --stage " + c.Stage + in
	if i.Stack.Exists() {
		add("stack", c.Where.Stack(), "it is "+string(i.Stack.Status), again)
	}
	for _, t := range i.Tables {
		add("table", t.Name, "data is kept unless --delete-data is given", again+" --delete-data")
	}
	for _, s := range i.Secrets {
		why, command := "it was not deleted", "aws secretsmanager delete-secret --secret-id "+s.ARN+in
		if len(i.Tables) > 0 {
			why, command = "a table is kept, and what is sealed in it opens only with its key", again+" --delete-data"
		}
		add("secret", s.Name, why, command)
	}
	for _, arn := range i.Topics {
		add("topic", nameIn(arn), "it was not deleted", "aws sns delete-topic --topic-arn "+arn+in)
	}
	for _, name := range i.LogGroups {
		add("log group", name, "it was not deleted", "aws logs delete-log-group --log-group-name "+name+in)
	}
	if i.Bucket {
		add("bucket", c.Bucket(), "it was not deleted", "aws s3 rb --force s3://"+c.Bucket()+in)
	}
	for _, arn := range i.Others {
		// The index of tags forgets late: most of these are gone, and no command of ours knows what the others are.
		add("resource", arn, "it has the stage's tag; the index of tags may be some minutes late",
			"aws resourcegroupstaggingapi get-resources --tag-filters Key="+stage.TagStage+",Values="+c.Stage+in)
	}
	return all
}

// ofStage says whether a topic's ARN is of a topic that the stage made, in this account and region.
func (c *Cloud) ofStage(topicARN string) bool {
	return strings.Contains(topicARN, ":"+c.Region+":"+c.Account+":") && strings.HasPrefix(nameIn(topicARN), stage.TopicPrefix(c.Stage))
}

// isARN tells a confirmed subscription's ARN from "PendingConfirmation" and "Deleted".
func isARN(text string) bool { return strings.HasPrefix(text, "arn:") }

func isNotFound(err error) bool {
	var e smithy.APIError
	return errors.As(err, &e) && strings.HasPrefix(e.ErrorCode(), "NotFound")
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
