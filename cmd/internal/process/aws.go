package process

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
)

// AWS reads AWS's configuration as its tools do, from environment and profile, and sees that it has a region and
// credentials: without, the first call would fail, and say less.
func AWS(ctx context.Context, options ...func(*config.LoadOptions) error) (aws.Config, error) {
	c, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return aws.Config{}, fmt.Errorf("read the configuration of AWS: %w", err)
	}
	if c.Region == "" {
		return aws.Config{}, errors.New("AWS has no region: set AWS_REGION, or a profile that has one in AWS_PROFILE")
	}
	if _, err := c.Credentials.Retrieve(ctx); err != nil {
		return aws.Config{}, errors.New("there are no credentials for AWS: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or give this machine a role")
	}
	return c, nil
}
