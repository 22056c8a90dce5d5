package deploy

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"webplug/infra/stage"
)

// Settings are what people choose of a stage. Nil leaves it as it is, or as the template has it.
type Settings struct {
	DefaultFormat *string // sns or standard-webhooks
	AlarmEmail    *string // "" for none
	Removal       *string // retain or delete
}

// Plan is what a deployment is going to do.
type Plan struct {
	Stack   Stack
	Repair  string   // what must be done first, as a sentence; "" if nothing
	Blind   bool     // what comes after the repair can be told only then
	First   bool     // the stack is to be made
	Adopted []string // tables and keys that an earlier deployment left, and this one takes over
	Changes []Change
	From    string // the version that is deployed; "" if none
	To      string

	release   Release
	settings  Settings
	template  template
	changeSet string
}

// Nothing says that all is as the release wants it already.
func (p *Plan) Nothing() bool { return !p.First && !p.Blind && p.changeSet == "" }

// Change is what becomes of one resource.
type Change struct {
	Action   string // Add, Modify, Remove, Import, Dynamic
	Resource string // its name in the template
	Type     string
	Physical string // its name in the account
	Replaced string // True or Conditional, where it is made anew, or may be
	If       string // the condition under which it is made
}

// data are the types of resources that hold what cannot be made again.
var data = []string{"AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable", "AWS::SecretsManager::Secret"}

// LosesData says whether the stack would no longer have the data that the resource holds.
func (c Change) LosesData() bool {
	return slices.Contains(data, c.Type) && (c.Action == string(types.ChangeActionRemove) || c.Replaced == string(types.ReplacementTrue))
}

// Plan looks what a deployment of a release has to do. Where the stack stands, that is a change set, which Apply carries out and
// Discard takes away; else nothing is written to AWS. What CloudFormation is still at is waited for first.
func (c *Cloud) Plan(ctx context.Context, r Release, s Settings) (*Plan, error) {
	described, err := r.read()
	if err != nil {
		return nil, err
	}
	found, err := c.settle(ctx)
	if err != nil {
		return nil, err
	}
	p := &Plan{Stack: found, From: found.Parameters[stage.ParamVersion], To: r.Version, release: r, settings: s, template: described}
	p.Repair = repairOf(found)
	if phaseOf(found) == stuck {
		p.Blind = true
		return p, nil
	}
	if phaseOf(found) == standing {
		return p, c.planUpdate(ctx, p)
	}
	return p, c.planFirst(ctx, p)
}

// settle waits for what CloudFormation is at, whoever began it.
func (c *Cloud) settle(ctx context.Context) (Stack, error) {
	s, err := c.LookAt(ctx)
	if err != nil || phaseOf(s) != working {
		return s, err
	}
	c.Watch.Step(fmt.Sprintf("the stack %s is at work already (%s), by an earlier run or somebody else; waiting for its end", c.Where.Stack(), s.Status))
	if s, _, err = c.follow(ctx, s.ID, "", 0); err != nil {
		return s, err
	}
	return c.LookAt(ctx) // one that is deleted now is not there
}

// repairOf says what must be done with a stack before it can be deployed.
func repairOf(s Stack) string {
	switch phaseOf(s) {
	case empty:
		return "an earlier run ended before it made anything: its empty stack is deleted, and deploying begins anew"
	case ruined:
		return fmt.Sprintf("making the stack failed (%s): what is left of it is deleted, and it is made again", s.Status)
	case undeleted:
		return "taking the stack down failed (DELETE_FAILED): that is finished first, then the stack is made again"
	case absent, working, standing: // there is nothing to repair
	case stuck:
		return "the way back from a failed update failed too (UPDATE_ROLLBACK_FAILED): CloudFormation is asked to go on with it"
	}
	return ""
}

func (c *Cloud) planFirst(ctx context.Context, p *Plan) error {
	p.First = true
	all, err := p.release.Resources()
	if err != nil {
		return err
	}
	for _, r := range all {
		p.Changes = append(p.Changes, Change{Action: string(types.ChangeActionAdd), Resource: r.Name, Type: r.Type, If: r.If})
	}
	kept, err := c.kept(ctx)
	p.Adopted = slices.Sorted(maps.Keys(kept))
	return err
}

func (c *Cloud) planUpdate(ctx context.Context, p *Plan) error {
	if err := c.ensureBucket(ctx); err != nil {
		return err
	}
	return c.propose(ctx, p, types.ChangeSetTypeUpdate)
}

// propose makes the change set, and reads what is in it.
func (c *Cloud) propose(ctx context.Context, p *Plan, kind types.ChangeSetType) error {
	if err := c.upload(ctx, p.release.templateKey(), "application/json", p.release.Template); err != nil {
		return err
	}
	return c.order(ctx, p, &cloudformation.CreateChangeSetInput{
		ChangeSetType: kind, TemplateURL: aws.String(c.objectURL(p.release.templateKey())), Capabilities: capabilities(),
	})
}

// order makes a change set of a template, with what each has, and reads it into the plan.
func (c *Cloud) order(ctx context.Context, p *Plan, in *cloudformation.CreateChangeSetInput) error {
	name := "webplug-" + c.Token()
	in.StackName, in.ChangeSetName, in.ClientToken = aws.String(c.Where.Stack()), &name, &name
	in.Parameters, in.Description = c.parameters(p), aws.String("WebPlug "+p.To)
	in.Tags = []types.Tag{{Key: aws.String(stage.TagStage), Value: &c.Stage}}
	made, err := c.CloudFormation.CreateChangeSet(ctx, in)
	if saysNothingToDo(err) {
		return nil
	}
	if err != nil {
		return c.explain(err)
	}
	p.changeSet = aws.ToString(made.Id)
	return c.readChanges(ctx, p)
}

func capabilities() (all []types.Capability) {
	for _, c := range stage.Capabilities() {
		all = append(all, types.Capability(c))
	}
	return all
}

// parameters are those that the template has, in the order of their names.
func (c *Cloud) parameters(p *Plan) []types.Parameter {
	given := map[string]*string{
		stage.ParamStage: &c.Stage, stage.ParamCodeBucket: aws.String(c.Bucket()), stage.ParamCodeKey: aws.String(p.release.packageKey()),
		stage.ParamVersion: &p.release.Version, stage.ParamDefaultFormat: p.settings.DefaultFormat,
		stage.ParamAlarmEmail: p.settings.AlarmEmail, stage.ParamRemoval: p.settings.Removal,
	}
	var all []types.Parameter
	for name := range p.template.Parameters {
		switch _, had := p.Stack.Parameters[name]; {
		case given[name] != nil:
			all = append(all, types.Parameter{ParameterKey: &name, ParameterValue: given[name]})
		case had && !p.First:
			all = append(all, types.Parameter{ParameterKey: &name, UsePreviousValue: aws.Bool(true)})
		}
	}
	slices.SortFunc(all, func(a, b types.Parameter) int { return strings.Compare(*a.ParameterKey, *b.ParameterKey) })
	return all
}

// readChanges waits until the change set is worked out. One without changes is deleted.
func (c *Cloud) readChanges(ctx context.Context, p *Plan) error {
	var changes []Change
	in := &cloudformation.DescribeChangeSetInput{ChangeSetName: &p.changeSet}
	for {
		out, err := c.CloudFormation.DescribeChangeSet(ctx, in)
		if err != nil {
			return c.explain(err)
		}
		if out.Status == types.ChangeSetStatusCreatePending || out.Status == types.ChangeSetStatusCreateInProgress {
			if err := pause(ctx, c.Poll); err != nil {
				return c.explain(err)
			}
			continue
		}
		if out.Status == types.ChangeSetStatusFailed {
			return c.refused(ctx, p, aws.ToString(out.StatusReason))
		}
		for _, change := range out.Changes {
			if change.ResourceChange != nil {
				changes = append(changes, changeOf(*change.ResourceChange))
			}
		}
		if in.NextToken = out.NextToken; in.NextToken == nil {
			break
		}
	}
	slices.SortStableFunc(changes, func(a, b Change) int {
		return cmp.Or(strings.Compare(a.Action, b.Action), strings.Compare(a.Type, b.Type), strings.Compare(a.Resource, b.Resource))
	})
	p.Changes = changes
	return nil
}

func (c *Cloud) refused(ctx context.Context, p *Plan, reason string) error {
	nothing := nothingToDo(reason)
	if err := c.Discard(ctx, p); err != nil && !nothing {
		return err
	}
	if p.changeSet = ""; nothing {
		return nil
	}
	return &Error{Message: "CloudFormation refuses the template: " + reason}
}

func saysNothingToDo(err error) bool { return err != nil && nothingToDo(err.Error()) }

// nothingToDo recognizes both of CloudFormation's sentences for it.
func nothingToDo(reason string) bool {
	return strings.Contains(reason, "didn't contain changes") || strings.Contains(reason, "No updates are to be performed")
}

func changeOf(r types.ResourceChange) Change {
	c := Change{
		Action: string(r.Action), Resource: aws.ToString(r.LogicalResourceId), Type: aws.ToString(r.ResourceType), Physical: aws.ToString(r.PhysicalResourceId),
	}
	if r.Replacement == types.ReplacementTrue || r.Replacement == types.ReplacementConditional {
		c.Replaced = string(r.Replacement)
	}
	return c
}

// Discard takes a plan's change set away.
func (c *Cloud) Discard(ctx context.Context, p *Plan) error {
	if p.changeSet == "" {
		return nil
	}
	_, err := c.CloudFormation.DeleteChangeSet(ctx, &cloudformation.DeleteChangeSetInput{ChangeSetName: &p.changeSet, StackName: aws.String(c.Where.Stack())})
	return c.explain(err)
}
