package deploy

import (
	"context"
	"errors"
	"fmt"
	"net"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/ssocreds"
	"github.com/aws/smithy-go"
)

// Error is what went wrong, in one sentence that says what to do.
type Error struct {
	Message string
	Try     string // the next command, or what to do, where the sentence does not say it
	Usage   bool   // the command line or the environment is wrong
	Denied  bool   // credentials are missing, or may not do it
	Failed  *Event // the first failing resource
	Cause   error
}

func (e *Error) Error() string { return e.Message }

func (e *Error) Unwrap() error { return e.Cause }

// Interrupted says that this stopped looking, while CloudFormation goes on.
type Interrupted struct {
	Stage  string
	Status string
}

func (e *Interrupted) Error() string {
	return "stopped looking; CloudFormation goes on by itself (" + e.Status + "), and the same command again follows it"
}

func (c *Cloud) explain(err error) error { return explainIn(c.Region, err) }

// Explain makes a sentence of an error of AWS's SDK. Nil and what is a sentence already stay what they are.
func Explain(err error) error { return explainIn("", err) }

func explainIn(region string, err error) error {
	var told *Error
	var interrupted *Interrupted
	if err == nil || errors.As(err, &told) || errors.As(err, &interrupted) {
		return err
	}
	var api smithy.APIError
	switch {
	case errors.Is(err, context.Canceled):
		return &Error{Message: "stopped; the same command again goes on from here", Cause: err}
	case errors.As(err, &api):
		return ofAPI(region, api, err)
	}
	if e := ofConfiguration(err); e != nil {
		return e
	}
	return ofNetwork(region, err)
}

// ofConfiguration explains AWS's configuration files and what signs in by them.
func ofConfiguration(err error) error {
	var missing config.SharedConfigProfileNotExistError
	var broken config.SharedConfigLoadError
	var token *ssocreds.InvalidTokenError
	switch {
	case errors.As(err, &missing):
		return &Error{Message: fmt.Sprintf("AWS's configuration has no profile %s: name another with --aws-profile or AWS_PROFILE (aws configure list-profiles)", missing.Profile), Usage: true, Cause: err}
	case errors.As(err, &broken):
		return &Error{Message: fmt.Sprintf("AWS's configuration file %s cannot be read (%v): mend it", broken.Filename, broken.Err), Usage: true, Cause: err}
	case errors.As(err, &token):
		return &Error{Message: "the sign-in of AWS's single sign-on has ended: aws sso login", Denied: true, Cause: err}
	case strings.Contains(err.Error(), "failed to refresh cached credentials"), strings.Contains(err.Error(), "get credentials"):
		return noCredentials(err)
	}
	return nil
}

// noCredentials explains why none could be had.
func noCredentials(err error) error {
	var api smithy.APIError
	var token *ssocreds.InvalidTokenError
	switch {
	case errors.As(err, &token):
		return ofConfiguration(err)
	case errors.As(err, &api) && api.ErrorCode() != "":
		return ofAPI("", api, err)
	case errors.Is(err, context.Canceled):
		return &Error{Message: "stopped", Cause: err}
	}
	return &Error{
		Message: "no AWS credentials were found: choose a profile with --aws-profile or AWS_PROFILE, sign in with aws sso login or aws configure, " +
			"or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
		Denied: true, Cause: err,
	}
}

// ofNetwork explains that no answer came at all.
func ofNetwork(region string, err error) error {
	var dns *net.DNSError
	var dial *net.OpError
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return &Error{Message: fmt.Sprintf("%s is not known to the network: is %s a region of AWS, and does this machine reach the internet?", dns.Name, regionOr(region)), Cause: err}
	case errors.As(err, &dns), errors.As(err, &dial):
		return &Error{Message: fmt.Sprintf("AWS is not reached (%v): look at this machine's network and proxy (HTTPS_PROXY), then the same command again", innermost(err)), Cause: err}
	case errors.Is(err, context.DeadlineExceeded):
		return &Error{Message: "AWS does not answer in time: look at this machine's network and proxy (HTTPS_PROXY), then the same command again", Cause: err}
	case strings.Contains(err.Error(), "request send failed"):
		return &Error{Message: fmt.Sprintf("AWS is not reached (%v): look at this machine's network and proxy (HTTPS_PROXY), then the same command again", innermost(err)), Cause: err}
	}
	return err
}

func regionOr(region string) string {
	if region == "" {
		return "the region"
	}
	return region
}

func innermost(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}

// action finds what was not allowed in AWS's sentence: "User: arn:… is not authorized to perform: s3:CreateBucket on resource: …".
var action = regexp.MustCompile(`(?:not authorized to perform|perform):? ([A-Za-z0-9-]+:[A-Za-z0-9*]+)`)

// denied explains a missing permission, and names it.
func denied(api smithy.APIError, err error) error {
	message := api.ErrorMessage()
	what := "this"
	if m := action.FindStringSubmatch(message); m != nil {
		what = m[1]
	} else if op := operationOf(err); op != "" {
		what = op
	}
	why := "give it to who deploys, or use another profile"
	switch {
	case strings.Contains(message, "service control policy"):
		why = "a service control policy of your organization forbids it: ask its administrator"
	case strings.Contains(message, "permissions boundary"):
		why = "a permissions boundary forbids it: ask who set it"
	case strings.Contains(message, "explicit deny"):
		why = "a policy denies it explicitly: ask who set it, or use another profile"
	}
	return &Error{Message: fmt.Sprintf("these credentials may not do %s: %s", what, why), Denied: true, Cause: err}
}

// operationOf names what a call needs as policies do: "s3:ListBucket" for HeadBucket.
func operationOf(err error) string {
	var op *smithy.OperationError
	if !errors.As(err, &op) {
		return ""
	}
	service := strings.ToLower(strings.ReplaceAll(op.Service(), " ", ""))
	if name, other := services[service]; other {
		service = name
	}
	call := service + ":" + op.Operation()
	if name, other := calls[call]; other {
		return name
	}
	return call
}

// services are named otherwise in policies than in AWS's SDK.
var services = map[string]string{"cloudwatchlogs": "logs", "resourcegroupstaggingapi": "tag"}

// calls need permissions of other names. https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations.html
var calls = map[string]string{
	"s3:HeadBucket": "s3:ListBucket", "s3:HeadObject": "s3:GetObject", "s3:ListObjectVersions": "s3:ListBucketVersions",
	"s3:DeleteObjects": "s3:DeleteObject", "s3:PutBucketEncryption": "s3:PutEncryptionConfiguration",
	"s3:PutPublicAccessBlock": "s3:PutBucketPublicAccessBlock",
}
