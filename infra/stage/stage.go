// Package stage names what a deployment of WebPlug consists of in an AWS account: the function's roles, their environment,
// and the names and tags of all that is made there, by the stack or at run time. The stack is made by it, the function is
// configured by it, and the commands that deploy, look at and take down a stage find everything by it, also where a table
// is gone. It does no I/O and imports nothing, so that the stack's own module can use it.
package stage

import (
	"regexp"
	"time"
)

// Role is what one function does; all functions have the same code.
type Role string

// The roles. Each function has a policy of its own.
const (
	Views    Role = "views"    // the log's stream ▶ read models
	Dispatch Role = "dispatch" // the log's stream ▶ publish to topics; what needs longer goes to the work queue
	Queue    Role = "queue"    // attempts queue ▶ requests to endpoints of the format standard-webhooks
	Work     Role = "work"     // work queue ▶ reconcile a type or an endpoint, route on, publish what waited for its topic
	Reports  Role = "reports"  // delivery status records in CloudWatch Logs ▶ outcome events
	Schedule Role = "schedule" // each minute ▶ what is pending, overdue or drifted; SNS's dead letters; jobs and rebuilds in slices
	API      Role = "api"      // HTTP API ▶ the REST API and the UI
)

// Roles are all roles.
func Roles() []Role { return []Role{Views, Dispatch, Queue, Work, Reports, Schedule, API} }

// LongestInvocation is longer than any function may take. A rebuild of the read models waits so long for those that do not
// know of it.
const LongestInvocation = 150 * time.Second

// Environment of the function. What a role does not need is not set for it.
const (
	EnvRole             = "WEBPLUG_ROLE"
	EnvStage            = "WEBPLUG_STAGE"
	EnvTables           = "WEBPLUG_TABLES"               // "<this>-log", "-keys", "-views" are the tables
	EnvDefaultFormat    = "WEBPLUG_DEFAULT_FORMAT"       // sns or standard-webhooks
	EnvMasterKeySecret  = "WEBPLUG_MASTER_KEY_SECRET"    // ARN of the secret with the master key, 64 hex digits
	EnvAdminKeySecret   = "WEBPLUG_ADMIN_KEY_SECRET"     // ARN of the secret with the admin key, as it is
	EnvAttemptsQueueURL = "WEBPLUG_ATTEMPTS_QUEUE_URL"   // of the role queue
	EnvAttemptsQueueARN = "WEBPLUG_ATTEMPTS_QUEUE_ARN"   // subscribed to each type's first topic
	EnvWorkQueueURL     = "WEBPLUG_WORK_QUEUE_URL"       // of the role work
	EnvDeadLettersURL   = "WEBPLUG_DEAD_LETTERS_URL"     // what SNS could not deliver; the role schedule reads it
	EnvDeadLettersARN   = "WEBPLUG_DEAD_LETTERS_ARN"     // the same, for redrive policies
	EnvFeedbackRole     = "WEBPLUG_SNS_FEEDBACK_ROLE"    // ARN of the role by which SNS writes its records
	EnvReportsFunction  = "WEBPLUG_REPORTS_FUNCTION_ARN" // that topics' log groups are handed to
	EnvLogRetention     = "WEBPLUG_LOG_RETENTION_DAYS"   // of topics' log groups
	EnvPublicURL        = "WEBPLUG_PUBLIC_URL"           // of the API, where it is known
)

// TagStage is the tag that everything of a stage has, made by the stack or at run time; its value is the stage.
const TagStage = "webplug:stage"

// Name begins the name of everything of a stage: "webplug-<stage>".
func Name(stage string) string { return "webplug-" + stage }

// TopicPrefix begins the names of a stage's topics: "webplug-<stage>-typ_…-<shard>". A stage's name has no underscore, so
// that "prod" does not take what is of "prod-eu".
func TopicPrefix(stage string) string { return Name(stage) + "-typ_" }

// LogGroupPrefix begins the names of the log groups of a stage's topics.
func LogGroupPrefix(region, account, stage string) string {
	return "sns/" + region + "/" + account + "/" + TopicPrefix(stage)
}

// Tables begins the names of the tables.
func Tables(stage string) string { return Name(stage) }

// Function is the name of a role's function.
func Function(stage string, role Role) string { return Name(stage) + "-" + string(role) }

// FunctionLogGroup is the log group of a role's function.
func FunctionLogGroup(stage string, role Role) string { return "/aws/lambda/" + Function(stage, role) }

// AlarmPrefix begins the names of the alarms: "webplug-<stage>/failure-rate".
func AlarmPrefix(stage string) string { return Name(stage) + "/" }

// SecretPrefix begins the names of the secrets: "webplug/<stage>/master-key", "…/admin-key".
func SecretPrefix(stage string) string { return "webplug/" + stage + "/" }

// Stack is the name of the CloudFormation stack.
func Stack(stage string) string { return Name(stage) }

// Bucket is the bucket that a deployment uploads to. Names of buckets are shared by all accounts of the world.
func Bucket(stage, account, region string) string {
	return Name(stage) + "-" + account + "-" + region
}

// Metrics that the functions themselves make (in CloudWatch's embedded metric format), since no service of AWS's counts them;
// the stack's alarms read them. Their one dimension is DimensionStage.
const (
	MetricNamespace = "WebPlug"
	DimensionStage  = "Stage"
	MetricDelivered = "Delivered" // deliveries that ended well
	MetricFailed    = "Failed"    // deliveries that failed for good, or of which nothing was reported
	MetricParked    = "Parked"    // streams that are set aside; said only when there are some
)

// Capabilities are what CloudFormation wants acknowledged for the stack: it has IAM roles, without names of their own, and
// a transform (AWS::LanguageExtensions), which lets a parameter decide of what is kept.
func Capabilities() []string { return []string{"CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"} }

// Outputs of the stack.
const (
	OutputAPI         = "ApiUrl"
	OutputUI          = "UiUrl"
	OutputAdminKey    = "AdminKeySecretArn"
	OutputMasterKey   = "MasterKeySecretArn"
	OutputTables      = "Tables"
	OutputVersion     = "DeployedVersion" // a parameter is called Version
	OutputAlarmsTopic = "AlarmsTopicArn"
)

// Parameters of the stack's template: the same template serves every stage.
const (
	ParamStage         = "Stage"
	ParamDefaultFormat = "DefaultFormat"
	ParamRemoval       = "RemovalPolicy" // of tables and keys: retain or delete
	ParamAlarmEmail    = "AlarmEmail"    // "" for none
	ParamCodeBucket    = "CodeBucket"
	ParamCodeKey       = "CodeKey"
	ParamVersion       = "Version"
)

var stageName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,18}[a-z0-9]$`)

// Valid says whether a stage can have this name: 2 to 20 of a-z, 0-9 and -, a letter first, no - last. Names of buckets and
// topics are made of it.
func Valid(stage string) bool { return stageName.MatchString(stage) }
