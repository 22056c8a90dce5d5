package sns

import (
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/aws/smithy-go"

	"webplug/domain"
	"webplug/projections"
)

// failure says what an error of SNS's means (Amazon SNS API Reference, "Errors" of each action, and "Common Errors"); nil
// for none.
func failure(doing string, err error) error {
	if err == nil {
		return nil
	}
	f := &projections.TransportError{Reason: domain.FailUnavailable, Err: fmt.Errorf("%s: %w", doing, err)}
	var api smithy.APIError
	if !errors.As(err, &api) {
		return f
	}
	switch code := api.ErrorCode(); code {
	case "FilterPolicyLimitExceeded":
		f.Reason = domain.FailPolicyLimit
	case "SubscriptionLimitExceeded":
		f.Reason = domain.FailPendingLimit
	case "TopicLimitExceeded":
		f.Reason = domain.FailTopicLimit
	case "Throttled", "Throttling", "ThrottlingException", "ThrottledException", "RequestLimitExceeded", "TooManyRequestsException":
		f.Reason = domain.FailThrottled
	case "AuthorizationError", "AccessDenied", "AccessDeniedException", "InvalidClientTokenId", "SignatureDoesNotMatch", "ExpiredToken",
		"UnrecognizedClientException", "OptInRequired", "IncompleteSignature", "MissingAuthenticationToken":
		f.Reason = domain.FailDenied
	case "NotFound":
		f.NoTopic = true
	case "InvalidParameter", "InvalidParameterValue", "ParameterValueInvalid", "ValidationError", "BatchRequestTooLong":
		f.Reason, f.Final, f.Token = domain.FailEndpoint, true, true
	}
	return f
}

// refusal is why one message of a batch was not taken.
func refusal(e types.BatchResultErrorEntry) error {
	return &projections.TransportError{
		Reason: domain.FailUnavailable, Final: e.SenderFault,
		Err: fmt.Errorf("publish: %s: %s", aws.ToString(e.Code), aws.ToString(e.Message)),
	}
}
