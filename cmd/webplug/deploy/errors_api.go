package deploy

import (
	"fmt"
	"strings"

	"github.com/aws/smithy-go"
)

// sentence is what to say of an error that AWS has documented by its code.
type sentence struct {
	codes  string // separated by spaces
	text   string // what AWS knows better is appended where it ends in ":"
	denied bool
	usage  bool
}

const again = "then the same command again"

// sentences are those whose code alone says enough.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/CommonErrors.html and the errors of each operation.
var sentences = []sentence{
	{codes: "ExpiredToken ExpiredTokenException TokenRefreshRequired RequestExpired", denied: true,
		text: "the credentials have expired: sign in again (aws sso login, or fresh keys), " + again},
	{codes: "InvalidClientTokenId UnrecognizedClientException InvalidAccessKeyId InvalidToken", denied: true,
		text: "AWS does not know these credentials in %s: look whether the keys are right, and whether the account has enabled the region"},
	{codes: "MissingAuthenticationToken MissingAuthenticationTokenException IncompleteSignature", denied: true,
		text: "the request carried no valid credentials: choose a profile with --aws-profile or AWS_PROFILE"},
	{codes: "OptInRequired SubscriptionRequiredException", denied: true,
		text: "the account is not signed up for this service in %s: finish its registration in AWS's console, or choose another region"},
	{codes: "RequestTimeTooSkewed RequestInTheFuture", text: "this machine's clock is wrong: set it (timedatectl set-ntp true), " + again},
	{codes: "Throttling ThrottlingException ThrottledException RequestLimitExceeded TooManyRequestsException SlowDown RequestThrottled " +
		"RequestThrottledException ProvisionedThroughputExceededException PriorRequestNotComplete BandwidthLimitExceeded",
		text: "AWS asks for a pause, since the account makes too many requests: wait a minute, " + again},
	{codes: "ServiceUnavailable ServiceUnavailableException InternalFailure InternalError InternalServiceError InternalServerError 503",
		text: "AWS has trouble of its own in %s (https://health.aws.amazon.com): wait, " + again},
	{codes: "BucketAlreadyExists", usage: true,
		text: "the bucket's name is taken by another account: choose another stage's name with --stage"},
	{codes: "OperationAborted", text: "the bucket was deleted just now and its name is not free yet: wait some minutes, " + again},
	{codes: "IllegalLocationConstraintException PermanentRedirect AuthorizationHeaderMalformed 301", usage: true,
		text: "the stage's bucket lies in another region than %s: name the right one with --region"},
	{codes: "TooManyBuckets", text: "the account has as many buckets as it may have: delete one, or raise the quota (Service Quotas, Amazon S3), " + again},
	{codes: "LimitExceededException LimitExceeded ServiceQuotaExceededException QuotaExceededException ResourceLimitExceeded",
		text: "a quota of the account is reached; raise it (Service Quotas in AWS's console), " + again + ":"},
	{codes: "InsufficientCapabilitiesException", text: "CloudFormation wants another capability acknowledged than those for IAM: the template is not WebPlug's own"},
	{codes: "ChangeSetNotFound InvalidChangeSetStatus",
		text: "the change set is no longer good, since somebody else changed the stack: the same command again works out the changes anew"},
	{codes: "OperationInProgressException ConcurrentResourcesLimitExceededException", text: "CloudFormation is at work on the stack already: the same command again follows it"},
	{codes: "TokenAlreadyExistsException AlreadyExistsException", text: "another run has just begun the same: the same command again follows it"},
	{codes: "KMSAccessDeniedException KMS.AccessDeniedException", denied: true, text: "these credentials may not use the key of KMS that the secret is sealed with: give them kms:Decrypt"},
}

// ofAPI explains what AWS answered.
func ofAPI(region string, api smithy.APIError, err error) error {
	code := api.ErrorCode()
	switch code {
	case "AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError", "AuthorizationErrorException", "NotAuthorized", "Forbidden", "403":
		return denied(api, err)
	case "SignatureDoesNotMatch", "InvalidSignatureException", "AuthFailure":
		return signature(api, err)
	case "ValidationError", "ValidationException":
		return &Error{Message: validation(api.ErrorMessage()), Cause: err}
	}
	for _, s := range sentences {
		for known := range strings.FieldsSeq(s.codes) {
			if known == code {
				return &Error{Message: s.say(region, api.ErrorMessage()), Denied: s.denied, Usage: s.usage, Cause: err}
			}
		}
	}
	what := operationOf(err)
	if what == "" {
		what = "AWS"
	}
	return &Error{Message: fmt.Sprintf("%s refuses (%s): %s", what, code, api.ErrorMessage()), Cause: err}
}

func (s sentence) say(region, message string) string {
	text := s.text
	if strings.Contains(text, "%s") {
		text = strings.ReplaceAll(text, "%s", regionOr(region))
	}
	if strings.HasSuffix(text, ":") {
		return text + " " + message
	}
	return text
}

// signature tells a wrong clock from a wrong key: AWS's code is the same for both.
func signature(api smithy.APIError, err error) error {
	message := api.ErrorMessage()
	if strings.Contains(message, "Signature expired") || strings.Contains(message, "Signature not yet current") {
		return &Error{Message: "this machine's clock is wrong: set it (timedatectl set-ntp true), " + again, Cause: err}
	}
	return &Error{Message: "the secret access key does not belong to the access key: set both anew (aws configure), or use another profile", Denied: true, Cause: err}
}

// validation explains CloudFormation's most common code by its text.
func validation(message string) string {
	switch {
	case strings.Contains(message, "ROLLBACK_COMPLETE state and can not be updated"):
		return "the stack's creation failed (ROLLBACK_COMPLETE), and it cannot be updated: webplug deploy deletes it and makes it again"
	case strings.Contains(message, "_IN_PROGRESS state and can not be"), strings.Contains(message, "_IN_PROGRESS state and cannot be"):
		return "CloudFormation is at work on the stack already: the same command again follows it"
	case strings.Contains(message, "TerminationProtection is enabled"):
		return "the stack is protected from deletion: aws cloudformation update-termination-protection --no-enable-termination-protection --stack-name …, " + again
	case strings.Contains(message, "does not exist"):
		return "there is no such stack in this account and region: look at --stage, --region and the profile"
	case strings.Contains(message, "S3 error: Access Denied"), strings.Contains(message, "S3 error: "):
		return "CloudFormation cannot read the template in the stage's bucket (s3:GetObject): give it to who deploys, " + again
	}
	return "CloudFormation refuses: " + message
}

// hints say what to do where a resource fails, by a part of its reason.
var hints = []struct{ part, hint string }{
	{"is not authorized to perform", "give who deploys that permission"},
	{"AccessDenied", "give who deploys that permission"},
	{"security token included in the request is expired", "sign in again (aws sso login, or fresh keys)"},
	{"security token included in the request is invalid", "sign in again (aws sso login, or fresh keys)"},
	{"already exists", "a resource of this name is there and belongs to no stack: delete it, or choose another stage's name"},
	{"scheduled for deletion", "restore the secret (aws secretsmanager restore-secret --secret-id NAME), or wait until it is gone"},
	{"ReservedConcurrentExecutions", "raise Lambda's quota of concurrent executions (Service Quotas, L-B99A9384)"},
	{"UnreservedConcurrentExecution", "raise Lambda's quota of concurrent executions (Service Quotas, L-B99A9384)"},
	{"limit", "raise the quota that it names (Service Quotas in AWS's console)"},
	{"quota", "raise the quota that it names (Service Quotas in AWS's console)"},
	{"Rate exceeded", "wait a minute"},
	{"Throttling", "wait a minute"},
}

func hintFor(reason string) string {
	for _, h := range hints {
		if strings.Contains(reason, h.part) {
			return h.hint
		}
	}
	return ""
}
