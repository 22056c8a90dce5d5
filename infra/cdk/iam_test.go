package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"webplug/infra/stage"
)

// wildcards are all that policies may say with a *, each with its reason.
var wildcards = map[string]string{
	"resource arn:aws:sns:eu-west-1:123456789012:webplug-prod-typ_*":                                       "topics are made at run time; the prefix is the stage's alone",
	"resource arn:aws:logs:eu-west-1:123456789012:log-group:sns/eu-west-1/123456789012/webplug-prod-typ_*": "so are their log groups",
	"sns:GetSubscriptionAttributes *":                                                                      "AWS knows no resource for it",
	"sns:SetSubscriptionAttributes *":                                                                      "AWS knows no resource for it",
	"sns:Unsubscribe *":                                                                                    "AWS knows no resource for it",
	"dynamodb:ListStreams *":                                                                               "AWS knows no resource for it, and Lambda asks for it before it follows a stream",
	"source arn:aws:sns:eu-west-1:123456789012:webplug-prod-typ_*":                                         "topics are made at run time",
	"source arn:aws:logs:eu-west-1:123456789012:log-group:sns/eu-west-1/123456789012/webplug-prod-typ_*:*": "one permission for the log groups of all topics",
	"source arn:aws:execute-api:eu-west-1:123456789012:id-of-HttpApi/*/*":                                  "each method and path of this one API",
}

func TestOnlyWhatHasAReasonHasAWildcard(t *testing.T) {
	r := resolver{t, read(t, released())}
	used := map[string]bool{}
	check := func(where, what string) {
		if !strings.ContainsAny(what, "*?") {
			return
		}
		if wildcards[what] == "" {
			t.Errorf("%s: %s has a wildcard without a reason", where, what)
		}
		used[what] = true
	}
	for id := range r.template.of("AWS::IAM::Role") {
		for _, s := range r.policies(id) {
			for _, a := range s.actions {
				if strings.ContainsAny(a, "*?") {
					t.Errorf("%s allows %s", id, a)
				}
			}
			for _, on := range s.resources {
				switch {
				case on == "*":
					for _, a := range s.actions {
						check(id, a+" *")
					}
				case strings.HasSuffix(on, ":*") && strings.Contains(on, ":log-group:/aws/lambda/"): // the streams of one group
				default:
					check(id, "resource "+on)
				}
			}
		}
	}
	for id, p := range r.template.of("AWS::SQS::QueuePolicy") {
		for _, s := range r.statements(p.Properties["PolicyDocument"]) {
			for _, source := range s.conditions["ArnLike"]["aws:SourceArn"] {
				check(id, "source "+source)
			}
		}
	}
	for id, p := range r.template.of("AWS::Lambda::Permission") {
		check(id, "source "+r.text(p.Properties["SourceArn"]))
	}
	for w := range wildcards {
		if !used[w] {
			t.Errorf("nothing says %s any more", w)
		}
	}
}

// A role that could be given to any service, or another role that could be given to SNS, would be a way to more rights.
func TestOnlyTheFeedbackRoleIsGivenAway(t *testing.T) {
	r := resolver{t, read(t, released())}
	feedback := r.attribute("FeedbackRole", "Arn")
	for id := range r.template.of("AWS::IAM::Role") {
		for _, s := range r.policies(id) {
			if !slices.ContainsFunc(s.actions, func(a string) bool { return strings.HasPrefix(a, "iam:") }) {
				continue
			}
			if !slices.Equal(s.actions, []string{"iam:PassRole"}) || !slices.Equal(s.resources, []string{feedback}) ||
				!slices.Equal(s.conditions["StringEquals"]["iam:PassedToService"], []string{"sns.amazonaws.com"}) {
				t.Errorf("%s: %+v", id, s)
			}
		}
	}
}

func TestWhoTakesOnARole(t *testing.T) {
	d := read(t, released())
	for id, r := range d.of("AWS::IAM::Role") {
		trust := r.Properties["AssumeRolePolicyDocument"].(map[string]any)["Statement"].([]any)
		want := "lambda.amazonaws.com"
		if id == "FeedbackRole" {
			want = "sns.amazonaws.com"
		}
		if len(trust) != 1 || trust[0].(map[string]any)["Principal"].(map[string]any)["Service"] != want {
			t.Errorf("%s is taken on by %v", id, trust)
		}
	}
}

// seen are the calls that each role was seen to make, by kinds of resources.
func seen(t *testing.T) map[stage.Role][]struct{ Action, Resource string } {
	t.Helper()
	b, err := os.ReadFile("../stage/testdata/calls.json")
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("no calls were written down")
	}
	if err != nil {
		t.Fatal(err)
	}
	var all map[stage.Role][]struct{ Action, Resource string }
	if err := json.Unmarshal(b, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// calls are the calls to AWS that one of the kind is judged as.
func (r resolver) calls(action, kind string) []call {
	r.Helper()
	topic := r.arn("sns", stage.TopicPrefix("prod")+"01JDX-0")
	one := func(resource string) []call { return []call{{action: action, resource: resource}} }
	switch kind {
	case "table/log", "table/keys", "table/views":
		return one(r.arn("dynamodb", "table/"+stage.Tables("prod")+"-"+strings.TrimPrefix(kind, "table/")))
	case "secret/master-key", "secret/admin-key":
		return one(r.arn("secretsmanager", "secret:"+stage.SecretPrefix("prod")+strings.TrimPrefix(kind, "secret/")+"-AbCdEf"))
	case "queue/attempts", "queue/work", "queue/dead-letters":
		return one(r.arn("sqs", stage.Name("prod")+"-"+strings.TrimPrefix(kind, "queue/")))
	case "topic":
		if slices.Contains([]string{"sns:GetSubscriptionAttributes", "sns:SetSubscriptionAttributes", "sns:Unsubscribe"}, action) {
			return one("*") // AWS knows no resource for them
		}
		return one(topic)
	case "log-group":
		group := "log-group:" + stage.LogGroupPrefix("eu-west-1", "123456789012", "prod") + "01JDX-0"
		return []call{{action: action, resource: r.arn("logs", group)}, {action: action, resource: r.arn("logs", group+"/Failure:log-stream:")}}
	case "role/feedback":
		return []call{{action, r.attribute("FeedbackRole", "Arn"), map[string]string{"iam:PassedToService": "sns.amazonaws.com"}}}
	}
	r.Fatalf("what is a %s?", kind)
	return nil
}

// TestEachRoleMayDoWhatItWasSeenToDo tries the policies against what the functions asked AWS for in their own tests.
func TestEachRoleMayDoWhatItWasSeenToDo(t *testing.T) {
	r := resolver{t, read(t, released())}
	all := seen(t)
	if len(all) != len(stage.Roles()) {
		t.Errorf("calls of %v were seen", slices.Collect(maps.Keys(all)))
	}
	for role, asked := range all {
		policy := r.policies(specs[role].id + "Role")
		for _, a := range asked {
			for _, c := range r.calls(a.Action, a.Resource) {
				if !allows(policy, c) {
					t.Errorf("%s may not %s on %s", role, c.action, c.resource)
				}
			}
		}
	}
}

// ofItsSource is what Lambda does with a function's role, and what CloudWatch's log needs: no call of the function's own.
var ofItsSource = []string{
	"logs:CreateLogStream", "logs:PutLogEvents", // its own log
	"dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams", // the log's stream
	"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", // its queue
}

// unseen are permissions that no test leads to, each with its reason.
var unseen = map[string]string{
	"work sns:ListSubscriptionsByTopic": "a subscription that somebody changed is looked for by its URL",
}

// A permission that nothing was seen to use is one too many.
func TestNoRoleMayDoMoreThanWasSeen(t *testing.T) {
	r := resolver{t, read(t, released())}
	for role, asked := range seen(t) {
		var needed []call
		for _, a := range asked {
			needed = append(needed, r.calls(a.Action, a.Resource)...)
		}
		for _, s := range r.policies(specs[role].id + "Role") {
			for _, action := range s.actions {
				for _, resource := range s.resources {
					isUsed := slices.ContainsFunc(needed, func(c call) bool { return c.action == action && matches(resource, c.resource) })
					if isUsed && unseen[string(role)+" "+action] != "" {
						t.Errorf("%s was seen to %s: it needs no reason", role, action)
					}
					if !isUsed && unseen[string(role)+" "+action] == "" && !slices.Contains(ofItsSource, action) && !isItsDestination(action, resource) {
						t.Errorf("%s may %s on %s, and was not seen to", role, action, resource)
					}
				}
			}
		}
	}
}

// isItsDestination is where Lambda puts what the role reports could not take.
func isItsDestination(action, resource string) bool {
	return action == "sqs:SendMessage" && strings.HasSuffix(resource, ":webplug-prod-reports-set-aside")
}

// What is of another stage, another account or the operator's own is closed to each role.
func TestRolesStayInTheirStage(t *testing.T) {
	r := resolver{t, read(t, released())}
	for _, c := range []call{
		{action: "dynamodb:PutItem", resource: r.arn("dynamodb", "table/webplug-prod-eu-log")},
		{action: "dynamodb:DeleteItem", resource: r.arn("dynamodb", "table/webplug-prod-log")}, // the log is only ever added to
		{action: "dynamodb:UpdateItem", resource: r.arn("dynamodb", "table/webplug-prod-log")},
		{action: "dynamodb:DeleteTable", resource: r.arn("dynamodb", "table/webplug-prod-log")},
		{action: "dynamodb:DeleteItem", resource: r.arn("dynamodb", "table/webplug-prod-keys")},
		{action: "secretsmanager:GetSecretValue", resource: r.arn("secretsmanager", "secret:webplug/prod-eu/master-key-AbCdEf")},
		{action: "secretsmanager:GetSecretValue", resource: r.arn("secretsmanager", "secret:other-AbCdEf")},
		{action: "secretsmanager:PutSecretValue", resource: r.ref("MasterKey")},
		{action: "sns:Publish", resource: r.arn("sns", "webplug-prod-eu-typ_1-0")},
		{action: "sns:Publish", resource: r.arn("sns", "webplug-prod-alarms")},
		{action: "sns:DeleteTopic", resource: "arn:aws:sns:eu-west-1:210987654321:webplug-prod-typ_1-0"},
		{action: "sqs:SendMessage", resource: r.arn("sqs", "webplug-prod-eu-attempts")},
		{action: "logs:PutSubscriptionFilter", resource: r.arn("logs", "log-group:sns/eu-west-1/123456789012/other")},
		{action: "logs:DeleteLogGroup", resource: r.arn("logs", "log-group:sns/eu-west-1/123456789012/webplug-prod-typ_1-0")},
		{action: "iam:PassRole", resource: r.attribute("ApiRole", "Arn"), context: map[string]string{"iam:PassedToService": "sns.amazonaws.com"}},
		{action: "iam:PassRole", resource: r.attribute("FeedbackRole", "Arn"), context: map[string]string{"iam:PassedToService": "lambda.amazonaws.com"}},
		{action: "lambda:InvokeFunction", resource: r.attribute("ApiFunction", "Arn")},
	} {
		for id := range r.template.of("AWS::IAM::Role") {
			if allows(r.policies(id), c) {
				t.Errorf("%s may %s on %s", id, c.action, c.resource)
			}
		}
	}
}

// Only the API knows the admin key; only who seals or opens knows the master key.
func TestWhoReadsWhichKey(t *testing.T) {
	r := resolver{t, read(t, released())}
	for key, readers := range map[string][]stage.Role{
		"AdminKey":  {stage.API},
		"MasterKey": {stage.Dispatch, stage.Queue, stage.Work, stage.Reports, stage.Schedule, stage.API},
	} {
		for _, role := range stage.Roles() {
			may := allows(r.policies(specs[role].id+"Role"), call{action: "secretsmanager:GetSecretValue", resource: r.ref(key)})
			if may != slices.Contains(readers, role) {
				t.Errorf("%s reads %s: %v", role, key, may)
			}
		}
	}
}

// SNS takes whatever topic sends: only those of the stage's event types may.
func TestWhichTopicsMaySend(t *testing.T) {
	r := resolver{t, read(t, released())}
	for policy, queue := range map[string]string{"AttemptsQueuePolicy": "AttemptsQueue", "DeadLettersPolicy": "DeadLetters"} {
		statements := r.statements(r.template.Resources[policy].Properties["PolicyDocument"])
		for topic, want := range map[string]bool{
			r.arn("sns", "webplug-prod-typ_01JDX-0"):                  true,
			r.arn("sns", "webplug-prod-eu-typ_01JDX-0"):               false,
			r.arn("sns", "webplug-prod-alarms"):                       false,
			"arn:aws:sns:eu-west-1:210987654321:webplug-prod-typ_1-0": false,
			"arn:aws:sns:us-east-1:123456789012:webplug-prod-typ_1-0": false,
			"arn:aws:s3:::webplug-prod-typ_1-0":                       false,
			"":                                                        false,
		} {
			c := call{action: "sqs:SendMessage", resource: r.attribute(queue, "Arn"), context: map[string]string{"aws:SourceArn": topic}}
			if allows(statements, c) != want {
				t.Errorf("%s sends to %s: %v", topic, queue, !want)
			}
		}
	}
}

// The tests above are worth what their judge is worth.
func TestTheJudgeOfPolicies(t *testing.T) {
	policy := []statement{{
		actions: []string{"sns:Publish"}, resources: []string{"arn:aws:sns:r:1:a-*"},
		conditions: map[string]map[string][]string{"StringEquals": {"k": {"v"}}},
	}}
	good := call{"sns:publish", "arn:aws:sns:r:1:a-b:c", map[string]string{"k": "v"}}
	for name, c := range map[string]struct {
		call call
		want bool
	}{
		"as it says":                 {good, true},
		"another action":             {call{"sns:Subscribe", good.resource, good.context}, false},
		"an action that begins so":   {call{"sns:PublishBatch", good.resource, good.context}, false},
		"another resource":           {call{good.action, "arn:aws:sns:r:1:b-a-", good.context}, false},
		"a resource that ends so":    {call{good.action, "x:arn:aws:sns:r:1:a-b", good.context}, false},
		"another value":              {call{good.action, good.resource, map[string]string{"k": "w"}}, false},
		"no value":                   {call{good.action, good.resource, nil}, false},
		"a dot is not any character": {call{good.action, "arn:aws:sns:r:1:aXb", good.context}, false},
	} {
		if got := allows(policy, c.call); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	unknown := []statement{{actions: []string{"a:b"}, resources: []string{"*"}, conditions: map[string]map[string][]string{"Bool": {"k": {"true"}}}}}
	if allows(unknown, call{"a:b", "c", map[string]string{"k": "true"}}) {
		t.Error("a condition that is not understood lets pass")
	}
}
