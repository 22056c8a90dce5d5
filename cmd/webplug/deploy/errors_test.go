package deploy_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"webplug/cmd/webplug/deploy"
)

// wire answers AWS's SDK in the place of AWS: one call with an error, as its documentation has it, the others as for an account
// in which nothing is.
type wire struct {
	call    string // "sts", "cloudformation", "secretsmanager", "dynamodb", or of S3 its method: "PUT", "HEAD"
	status  int
	code    string
	message string
	network error
}

func (w wire) RoundTrip(r *http.Request) (*http.Response, error) {
	service, _, _ := strings.Cut(r.URL.Host, ".")
	if strings.Contains(r.URL.Host, ".s3.") {
		service = r.Method
	}
	if service == w.call {
		if w.network != nil {
			return nil, w.network
		}
		return w.refuse(r, service), nil
	}
	switch service {
	case "sts":
		return answer(r, 200, `<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/ada</Arn>
			<Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`), nil
	case "HEAD":
		return answer(r, 404, ""), nil
	}
	return answer(r, 200, "{}"), nil
}

// refuse is an error in the protocol of the service.
func (w wire) refuse(r *http.Request, service string) *http.Response {
	switch service {
	case "HEAD":
		return answer(r, w.status, "")
	case "PUT":
		return answer(r, w.status, fmt.Sprintf("<Error><Code>%s</Code><Message>%s</Message></Error>", w.code, w.message))
	case "secretsmanager", "dynamodb":
		return answer(r, w.status, fmt.Sprintf(`{"__type":%q,"message":%q}`, w.code, w.message))
	}
	return answer(r, w.status, fmt.Sprintf("<ErrorResponse><Error><Code>%s</Code><Message>%s</Message></Error></ErrorResponse>", w.code, w.message))
}

func answer(r *http.Request, status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r}
}

// do makes the call of a case.
func (w wire) do(ctx context.Context) error {
	c, err := deploy.Open(ctx, deploy.Options{Stage: "prod", Region: "eu-central-1", HTTP: &http.Client{Transport: w}})
	if err != nil {
		return err
	}
	c.Watch, c.Token = &seen{}, func() string { return "t" }
	switch w.call {
	case "PUT", "HEAD":
		c.CloudFormation = newCFN(types.StackStatusCreateComplete)
		_, err = c.Plan(ctx, deploy.Release{Template: []byte(`{"Resources":{"A":{"Type":"T"}}}`)}, deploy.Settings{})
	case "secretsmanager":
		_, err = c.ReadSecret(ctx, "arn")
	default:
		_, err = c.LookAt(ctx)
	}
	return err
}

const notAllowed = "User: arn:aws:iam::123456789012:user/ada is not authorized to perform: "

// Every error that a person is likely to meet ends in one sentence that says what to do.
func TestErrorsSayWhatToDo(t *testing.T) {
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "ada", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_CONFIG_FILE": "/nowhere", "AWS_SHARED_CREDENTIALS_FILE": "/nowhere",
		"AWS_CA_BUNDLE": "", "AWS_ENDPOINT_URL": "", "AWS_PROFILE": "",
	} {
		t.Setenv(name, value)
	}
	for _, c := range []struct {
		wire
		want          string
		denied, usage bool
	}{
		{wire: wire{"sts", 403, "ExpiredToken", "The security token included in the request is expired", nil}, want: "sign in again", denied: true},
		{wire: wire{"sts", 403, "InvalidClientTokenId", "The security token included in the request is invalid.", nil}, want: "keys are right, and whether the account has enabled the region", denied: true},
		{wire: wire{"sts", 403, "SignatureDoesNotMatch", "The request signature we calculated does not match", nil}, want: "set both anew (aws configure)", denied: true},
		{wire: wire{"sts", 403, "SignatureDoesNotMatch", "Signature expired: 20260101T000000Z is now earlier than 20260101T001000Z", nil}, want: "clock is wrong: set it"},
		{wire: wire{"PUT", 403, "RequestTimeTooSkewed", "The difference between the request time and the current time is too large.", nil}, want: "clock is wrong: set it"},
		{wire: wire{"sts", 403, "AccessDenied", notAllowed + "sts:GetCallerIdentity with an explicit deny in a service control policy", nil}, want: "sts:GetCallerIdentity: a service control policy", denied: true},
		{wire: wire{"cloudformation", 403, "AccessDenied", notAllowed + "cloudformation:DescribeStacks on resource: x because no identity-based policy allows the action", nil}, want: "may not do cloudformation:DescribeStacks: give it to who deploys", denied: true},
		{wire: wire{"cloudformation", 400, "OptInRequired", "You are not subscribed to this service", nil}, want: "not signed up for this service in eu-central-1", denied: true},
		{wire: wire{"cloudformation", 400, "Throttling", "Rate exceeded", nil}, want: "wait a minute"},
		{wire: wire{"cloudformation", 503, "ServiceUnavailable", "", nil}, want: "AWS has trouble of its own in eu-central-1"},
		{wire: wire{"cloudformation", 400, "LimitExceededException", "stacks: 2000", nil}, want: "raise it (Service Quotas in AWS's console), then the same command again: stacks: 2000"},
		{wire: wire{"cloudformation", 400, "ValidationError", "Stack:arn:x is in ROLLBACK_COMPLETE state and can not be updated.", nil}, want: "webplug deploy deletes it and makes it again"},
		{wire: wire{"cloudformation", 400, "ValidationError", "Stack:arn:x is in UPDATE_IN_PROGRESS state and can not be updated.", nil}, want: "the same command again follows it"},
		{wire: wire{"cloudformation", 400, "ValidationError", "Stack [x] cannot be deleted while TerminationProtection is enabled", nil}, want: "--no-enable-termination-protection"},
		{wire: wire{"cloudformation", 400, "InsufficientCapabilitiesException", "Requires capabilities : [CAPABILITY_AUTO_EXPAND]", nil}, want: "the template is not WebPlug's own"},
		{wire: wire{"cloudformation", 400, "InvalidChangeSetStatus", "ChangeSet is OBSOLETE", nil}, want: "works out the changes anew"},
		{wire: wire{"PUT", 409, "BucketAlreadyExists", "The requested bucket name is not available.", nil}, want: "choose another stage's name with --stage", usage: true},
		{wire: wire{"PUT", 400, "TooManyBuckets", "You have attempted to create more buckets than allowed.", nil}, want: "raise the quota"},
		{wire: wire{"PUT", 400, "IllegalLocationConstraintException", "The eu-west-1 location constraint is incompatible", nil}, want: "another region than eu-central-1: name the right one with --region", usage: true},
		{wire: wire{"PUT", 409, "OperationAborted", "A conflicting conditional operation is currently in progress", nil}, want: "wait some minutes"},
		{wire: wire{"PUT", 403, "AccessDenied", "Access Denied", nil}, want: "may not do s3:CreateBucket", denied: true},
		{wire: wire{"HEAD", 403, "", "", nil}, want: "belongs to another account, or you may not use it (s3:ListBucket)"},
		{wire: wire{"secretsmanager", 400, "AccessDeniedException", notAllowed + "secretsmanager:GetSecretValue on resource: x", nil}, want: "may not do secretsmanager:GetSecretValue", denied: true},
		{wire: wire{"cloudformation", 0, "", "", &net.DNSError{Err: "no such host", Name: "cloudformation.eu-central-1.amazonaws.com", IsNotFound: true}}, want: "is eu-central-1 a region of AWS"},
		{wire: wire{"cloudformation", 0, "", "", &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}}, want: "network and proxy"},
	} {
		t.Run(c.call+" "+first(c.code, fmt.Sprint(c.status)), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // the SDK's pauses between its tries take no time
				sentence(t, c.do(t.Context()), c.want, c.denied, c.usage)
			})
		})
	}
}

// sentence checks that an error is one sentence, says what is wanted, and has the kind that gives the exit code.
func sentence(t *testing.T, err error, want string, denied, usage bool) {
	t.Helper()
	var e *deploy.Error
	if !errors.As(err, &e) {
		t.Fatalf("it is no sentence: %v", err)
	}
	if !strings.Contains(e.Message, want) || strings.Contains(e.Message, "\n") || strings.Contains(e.Message, "https response error") {
		t.Errorf("it says %q", e.Message)
	}
	if e.Denied != denied || e.Usage != usage {
		t.Errorf("denied %v, usage %v: %q", e.Denied, e.Usage, e.Message)
	}
}

func TestCredentialsThatAreNotThere(t *testing.T) {
	config := filepath.Join(t.TempDir(), "config")
	content := "[profile sso]\nsso_session = s\nsso_account_id = 1\nsso_role_name = r\nregion = eu-central-1\n[sso-session s]\nsso_region = eu-central-1\nsso_start_url = https://example.com\n"
	if err := os.WriteFile(config, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_CONFIG_FILE": config, "AWS_SHARED_CREDENTIALS_FILE": "/nowhere",
		"AWS_CA_BUNDLE": "", "AWS_EC2_METADATA_DISABLED": "true", "AWS_PROFILE": "", "AWS_REGION": "", "AWS_DEFAULT_REGION": "", "HOME": t.TempDir(),
	} {
		t.Setenv(name, value)
	}
	for name, c := range map[string]struct {
		o             deploy.Options
		want          string
		denied, usage bool
	}{
		"none":         {deploy.Options{Region: "eu-central-1"}, "aws sso login or aws configure", true, false},
		"no region":    {deploy.Options{}, "--region or AWS_REGION", false, true},
		"no profile":   {deploy.Options{Region: "eu-central-1", Profile: "nobody"}, "no profile nobody", false, true},
		"no signed in": {deploy.Options{Profile: "sso"}, "aws sso login", true, false},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := deploy.Open(t.Context(), c.o)
			sentence(t, err, c.want, c.denied, c.usage)
		})
	}
}
