package deploy_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"webplug/cmd/webplug/deploy"
	"webplug/infra/stage"
)

func TestDeploy(t *testing.T) {
	a := newAccount(t)
	c, watch := a.open("prod", nil)
	first := small(t, "1.0")

	if c.Account != "123456789012" || c.Region != "eu-central-1" || !strings.HasPrefix(c.Caller, "arn:aws:") {
		t.Fatalf("it is %+v", c.Where)
	}

	t.Run("a first plan lists what will be made, and writes nothing", func(t *testing.T) {
		plan, err := c.Plan(t.Context(), first, deploy.Settings{})
		if err != nil || !plan.First || plan.Nothing() || len(plan.Changes) != 5 || plan.Changes[0].Action != "Add" {
			t.Fatalf("the plan is %+v, %v", plan, err)
		}
		if err := c.Discard(t.Context(), plan); err != nil {
			t.Fatal(err)
		}
		if i, err := c.Inventory(t.Context()); err != nil || !i.Empty() {
			t.Fatalf("after a plan there is %+v, %v", i, err)
		}
	})

	t.Run("the first time, everything is made", func(t *testing.T) {
		plan, s, err := deployed(t.Context(), c, first, deploy.Settings{})
		if err != nil || !deployedWell(s) || plan.From != "" || plan.To != "1.0" {
			t.Fatalf("the stack is %+v, %v", s, err)
		}
		if s.Outputs[stage.OutputVersion] != "1.0" || s.Outputs[stage.OutputAlarmsTopic] == "" {
			t.Errorf("its outputs are %v", s.Outputs)
		}
		if len(watch.events) == 0 || !watch.last.Ended {
			t.Errorf("it told of %v", watch.events)
		}
		blocked, encrypted, tag, keys := a.bucket(c)
		if !blocked || !encrypted || tag != "prod" || len(keys) != 2 {
			t.Errorf("the bucket: blocked %v, encrypted %v, tag %q, %v", blocked, encrypted, tag, keys)
		}
	})

	t.Run("the same again changes nothing", func(t *testing.T) {
		plan, s, err := deployed(t.Context(), c, first, deploy.Settings{})
		if err != nil || !plan.Nothing() || !deployedWell(s) {
			t.Fatalf("the changes are %+v, the stack %+v, %v", plan.Changes, s, err)
		}
	})

	second := small(t, "1.1", `"webplug-${Stage}-attempts"`, `"webplug-${Stage}-tries"`)
	t.Run("a plan of an update is a change set, which is taken away again", func(t *testing.T) {
		for range 2 {
			plan, err := c.Plan(t.Context(), second, deploy.Settings{})
			if err != nil || plan.First || plan.From != "1.0" || plan.To != "1.1" {
				t.Fatalf("the plan is %+v, %v", plan, err)
			}
			if !slices.ContainsFunc(plan.Changes, func(ch deploy.Change) bool { return ch.Action == "Modify" && ch.Resource == "Attempts" }) {
				t.Fatalf("the changes are %+v", plan.Changes)
			}
			if err := c.Discard(t.Context(), plan); err != nil {
				t.Fatal(err)
			}
		}
	})

	t.Run("an update changes what differs, and keeps what was chosen before", func(t *testing.T) {
		email := "ops@example.com"
		if _, s, err := deployed(t.Context(), c, second, deploy.Settings{AlarmEmail: &email}); err != nil || !deployedWell(s) {
			t.Fatalf("the stack is %+v, %v", s, err)
		}
		_, s, err := deployed(t.Context(), c, small(t, "1.2"), deploy.Settings{})
		if err != nil || s.Parameters[stage.ParamAlarmEmail] != email || s.Parameters[stage.ParamVersion] != "1.2" {
			t.Fatalf("the stack is %+v, %v", s, err)
		}
	})

	t.Run("a table is never taken away by an update", func(t *testing.T) {
		without := small(t, "1.3", `"Log": {`, `"Other": {`)
		_, _, err := deployed(t.Context(), c, without, deploy.Settings{})
		if err == nil || !strings.Contains(err.Error(), "would take the data") {
			t.Fatalf("it says %v", err)
		}
		if !a.protected(c) {
			t.Error("the table is not protected any more")
		}
	})
}

// brokenQueue puts a queue first that SQS refuses: moto makes one resource after the other, and takes none back.
var brokenQueue = []string{`"Resources": {`, `"Resources": { "Broken": { "Type": "AWS::SQS::Queue", "Properties": { "MaximumMessageSize": 999999999 } },`}

func TestAFailingResource(t *testing.T) {
	a := newAccount(t)
	c, watch := a.open("broken", nil)
	if _, _, err := deployed(t.Context(), c, small(t, "1.0", brokenQueue...), deploy.Settings{}); err == nil || strings.ContainsAny(err.Error(), "\n") {
		t.Fatalf("it says %v", err)
	}
	s, err := c.LookAt(t.Context())
	if err != nil || s.Status != types.StackStatusReviewInProgress { // where moto leaves it; AWS rolls back: see resume_test.go
		t.Fatalf("the stack is %+v, %v", s, err)
	}
	if _, s, err = deployed(t.Context(), c, small(t, "1.0"), deploy.Settings{}); err != nil || !deployedWell(s) {
		t.Fatalf("after it was mended: %+v, %v", s, err)
	}
	if !watch.said("begins anew") {
		t.Errorf("it said %q", watch.steps)
	}
}

func TestDestroy(t *testing.T) {
	a := newAccount(t)
	c, _ := a.open("prod", nil)
	if _, _, err := deployed(t.Context(), c, small(t, "1.0"), deploy.Settings{}); err != nil {
		t.Fatal(err)
	}
	a.running(c)
	neighbour, _ := a.open("prod-eu", nil)
	if _, _, err := deployed(t.Context(), neighbour, small(t, "1.0"), deploy.Settings{}); err != nil {
		t.Fatal(err)
	}
	a.running(neighbour)
	before, err := neighbour.Inventory(t.Context())
	if err != nil || len(before.Topics) != 1 || len(before.LogGroups) != 3 || len(before.Secrets) != 2 || len(before.Tables) != 1 {
		t.Fatalf("the neighbour is %+v, %v", before, err)
	}

	t.Run("takes away the stack and what was made at run time, and keeps data and keys", func(t *testing.T) {
		removed, err := c.Destroy(t.Context(), false)
		if want := (deploy.Removed{Stack: true, Topics: 1, LogGroups: 3, Bucket: true}); err != nil || removed != want {
			t.Fatalf("removed %+v, %v; want %+v", removed, err, want)
		}
		i, err := c.Inventory(t.Context())
		if err != nil || i.Stack.Exists() || len(i.Topics)+len(i.LogGroups) > 0 || i.Bucket || len(i.Tables) != 1 || len(i.Secrets) != 2 {
			t.Fatalf("left is %+v, %v", i, err)
		}
		left := c.Left(i)
		if len(left) != 3 || left[0].Kind != "table" || left[1].Kind != "secret" || !strings.HasSuffix(left[0].Command, "--delete-data") {
			t.Fatalf("it says %+v", left)
		}
		if !a.protected(c) {
			t.Error("the table is not protected any more")
		}
	})
	t.Run("again does nothing", func(t *testing.T) {
		if removed, err := c.Destroy(t.Context(), false); err != nil || removed != (deploy.Removed{}) {
			t.Fatalf("removed %+v, %v", removed, err)
		}
	})
	t.Run("finds topics and log groups also when stack and tables are gone", func(t *testing.T) {
		a.topic(stage.TopicPrefix(c.Stage)+"01XYZ-1", c.Stage)
		a.logGroup(stage.LogGroupPrefix(c.Region, c.Account, c.Stage) + "01XYZ-1")
		if removed, err := c.Destroy(t.Context(), true); err != nil || removed != (deploy.Removed{Topics: 1, LogGroups: 1, Tables: 1, Secrets: 2}) {
			t.Fatalf("removed %+v, %v", removed, err)
		}
		if i, err := c.Inventory(t.Context()); err != nil || !i.Empty() {
			t.Fatalf("left is %+v, %v", i, err)
		}
	})
	t.Run("leaves a stage alone whose name begins with this one's", func(t *testing.T) {
		if after, err := neighbour.Inventory(t.Context()); err != nil || len(after.Topics) != 1 || len(after.LogGroups) != 3 || !after.Bucket || !after.Stack.Exists() {
			t.Fatalf("the neighbour is %+v, %v", after, err)
		}
	})
	t.Run("with its data, at once", func(t *testing.T) {
		if removed, err := neighbour.Destroy(t.Context(), true); err != nil || !removed.Stack || removed.Tables != 1 || removed.Secrets != 2 {
			t.Fatalf("removed %+v, %v", removed, err)
		}
		if i, err := neighbour.Inventory(t.Context()); err != nil || !i.Empty() {
			t.Fatalf("left is %+v, %v", i, err)
		}
	})
}

// deployedWell says whether a stack stands. Moto's has been updated once more: see moto.StartWithOutputs.
func deployedWell(s deploy.Stack) bool {
	return s.Status == types.StackStatusCreateComplete || s.Status == types.StackStatusUpdateComplete
}

// plain is HTTP without keep-alive, so that tests leave no connections.
var plain http.RoundTripper = &http.Transport{DisableKeepAlives: true}
