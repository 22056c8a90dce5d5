package sns

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
)

// CloudWatch makes the log groups that SNS writes a topic's delivery status records to, with their retention and the filter
// that hands them to the function that reads them. SNS would make the groups itself with the first record, without both.
type CloudWatch struct {
	Client        *cloudwatchlogs.Client
	RetentionDays int32  // 0: for ever
	FunctionARN   string // that gets the records; "" for none
}

// filterName is the name of the subscription filter of each group.
const filterName = "webplug"

// Ensure makes what is missing. "sns/<region>/<account>/<topic>" has successes, ".../Failure" the rest.
func (c CloudWatch) Ensure(ctx context.Context, topicARN string) error {
	parts := strings.Split(topicARN, ":")
	if len(parts) != 6 {
		return fmt.Errorf("%q is not the ARN of a topic", topicARN)
	}
	group := "sns/" + parts[3] + "/" + parts[4] + "/" + parts[5]
	for _, name := range []string{group, group + "/Failure"} {
		if err := c.ensure(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

func (c CloudWatch) ensure(ctx context.Context, name string) error {
	_, err := c.Client.CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: &name})
	var there *types.ResourceAlreadyExistsException
	if err != nil && !errors.As(err, &there) {
		return fmt.Errorf("make the log group %s: %w", name, err)
	}
	if c.RetentionDays > 0 {
		_, err := c.Client.PutRetentionPolicy(ctx, &cloudwatchlogs.PutRetentionPolicyInput{LogGroupName: &name, RetentionInDays: &c.RetentionDays})
		if err != nil {
			return fmt.Errorf("set the retention of %s: %w", name, err)
		}
	}
	if c.FunctionARN == "" {
		return nil
	}
	_, err = c.Client.PutSubscriptionFilter(ctx, &cloudwatchlogs.PutSubscriptionFilterInput{
		LogGroupName: &name, FilterName: aws.String(filterName), FilterPattern: aws.String(""), DestinationArn: &c.FunctionARN,
	})
	if err != nil {
		return fmt.Errorf("set the subscription filter of %s: %w", name, err)
	}
	return nil
}
