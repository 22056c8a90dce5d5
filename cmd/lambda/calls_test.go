package main

import (
	"cmp"
	"flag"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"webplug/cmd/lambda/cloud"
	"webplug/infra/stage"
)

var update = flag.Bool("update", false, "add to infra/stage/testdata/calls.json what is seen")

const callsFile = "../../infra/stage/testdata/calls.json"

// grant is an action that a policy must allow, as IAM names it.
type grant struct {
	Action   string `json:"action"`
	Resource string `json:"resource"`
}

// callsSeen collects what functions ask of AWS in all tests.
type callsSeen struct {
	mu  sync.Mutex
	all map[stage.Role]map[grant]bool
}

func newCallsSeen() *callsSeen { return &callsSeen{all: map[stage.Role]map[grant]bool{}} }

// note takes the calls of one world.
func (s *callsSeen) note(tables string, calls []cloud.Call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range calls {
		role := stage.Role(strings.ToLower(strings.TrimPrefix(c.Caller, "AKIA")))
		if s.all[role] == nil {
			s.all[role] = map[grant]bool{}
		}
		for _, g := range grants(tables, c) {
			if _, resource, ok := strings.Cut(g.Resource, "/"); !ok || !strings.HasPrefix(resource, "?") {
				s.all[role][g] = true
			}
		}
	}
}

// check compares what was seen with the file: all that was seen must be there. With -update it writes the file.
func (s *callsSeen) check() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if *update {
		if err := s.write(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return 0
	}
	file, err := readCalls()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	code := 0
	for role, seen := range s.all {
		for g := range seen {
			if !slices.Contains(file[role], g) {
				fmt.Fprintf(os.Stderr, "the role %s asked for %s on %s, which is not in %s: go test ./cmd/lambda -update\n", role, g.Action, g.Resource, callsFile)
				code = 1
			}
		}
	}
	return code
}

func readCalls() (file map[stage.Role][]grant, err error) {
	text, err := os.ReadFile(callsFile)
	if err == nil {
		err = json.Unmarshal(text, &file)
	}
	return file, err
}

// write adds what was seen. What is there and was not seen stays: no test here leads to it.
func (s *callsSeen) write() error {
	file, err := readCalls()
	if err != nil {
		return err
	}
	for _, role := range stage.Roles() {
		for g := range s.all[role] {
			if !slices.Contains(file[role], g) {
				file[role] = append(file[role], g)
			}
		}
		slices.SortFunc(file[role], func(a, b grant) int {
			return cmp.Or(cmp.Compare(a.Action, b.Action), cmp.Compare(a.Resource, b.Resource))
		})
	}
	text, err := json.Marshal(file, json.Deterministic(true), jsontext.WithIndent("\t"))
	if err != nil {
		return err
	}
	return os.WriteFile(callsFile, append(text, '\n'), 0o644)
}

// grants are the actions that a call needs. A transaction needs those of its parts; a batch of SNS's or SQS's that of one.
// https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
func grants(tables string, c cloud.Call) []grant {
	switch c.Service {
	case "dynamodb":
		return tableGrants(tables, c)
	case "secretsmanager":
		var in struct{ SecretId string }
		_ = json.Unmarshal(c.Body, &in)
		name, ok := map[string]string{masterARN: "master-key", adminARN: "admin-key"}[in.SecretId]
		if !ok {
			name = "?" // of a function that cannot start
		}
		return []grant{{"secretsmanager:" + c.Action, "secret/" + name}}
	case "sns":
		return topicGrants(c)
	case "sqs":
		var in struct{ QueueUrl string }
		_ = json.Unmarshal(c.Body, &in)
		queue := in.QueueUrl[strings.LastIndex(in.QueueUrl, "/")+1:]
		return []grant{{"sqs:" + strings.TrimSuffix(c.Action, "Batch"), "queue/" + strings.TrimPrefix(queue, "webplug-test-")}}
	case "logs":
		return []grant{{"logs:" + c.Action, "log-group"}}
	}
	return []grant{{c.Service + ":" + c.Action, "?"}}
}

func topicGrants(c cloud.Call) []grant {
	out := []grant{{"sns:" + strings.TrimSuffix(c.Action, "Batch"), "topic"}}
	form, _ := url.ParseQuery(string(c.Body))
	if c.Action == "CreateTopic" && form.Has("Tags.member.1.Key") {
		out = append(out, grant{"sns:TagResource", "topic"})
	}
	if strings.Contains(string(c.Body), "FeedbackRoleArn") {
		out = append(out, grant{"iam:PassRole", "role/feedback"})
	}
	return out
}

// tableGrants reads which tables a call is about.
func tableGrants(tables string, c cloud.Call) []grant {
	type part struct{ TableName string }
	var in struct {
		TableName     string
		RequestItems  map[string]jsontext.Value
		TransactItems []map[string]part
	}
	_ = json.Unmarshal(c.Body, &in)
	resource := func(table string) string {
		if name, ok := strings.CutPrefix(table, tables+"-"); ok {
			return "table/" + name
		}
		return "table/?" // of a function that cannot start
	}
	var out []grant
	if in.TableName != "" {
		out = append(out, grant{"dynamodb:" + c.Action, resource(in.TableName)})
	}
	for table := range in.RequestItems {
		out = append(out, grant{"dynamodb:" + c.Action, resource(table)})
	}
	for _, item := range in.TransactItems {
		for kind, p := range item {
			action := map[string]string{"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem"}[kind]
			out = append(out, grant{"dynamodb:" + action, resource(p.TableName)})
		}
	}
	return out
}
