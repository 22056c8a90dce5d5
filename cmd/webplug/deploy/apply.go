package deploy

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// Repair does what a plan says must be done first. Afterwards a blind plan must be made anew.
func (c *Cloud) Repair(ctx context.Context, p *Plan) error {
	if p.Repair == "" {
		return nil
	}
	c.Watch.Step(p.Repair)
	if !p.Blind {
		_, err := c.deleteStack(ctx, p.Stack)
		return err
	}
	before, err := c.newestEvent(ctx, p.Stack.ID)
	if err != nil {
		return err
	}
	_, err = c.CloudFormation.ContinueUpdateRollback(ctx, &cloudformation.ContinueUpdateRollbackInput{
		StackName: &p.Stack.ID, ClientRequestToken: aws.String("webplug-" + c.Token()),
	})
	if err != nil {
		return c.explain(err)
	}
	s, events, err := c.follow(ctx, p.Stack.ID, before, 0)
	if err != nil {
		return err
	}
	if phaseOf(s) == standing {
		return nil
	}
	return failure("the way back from the failed update fails again", s, events,
		"mend what it names, then deploy again; or leave that resource out with aws cloudformation continue-update-rollback --stack-name "+
			c.Where.Stack()+" --resources-to-skip NAME --region "+c.Region)
}

// Apply carries out a plan that needs no repair any more, and answers how the stack is then.
func (c *Cloud) Apply(ctx context.Context, p *Plan) (Stack, error) {
	if p.Nothing() {
		return p.Stack, nil
	}
	if err := c.bring(ctx, p); err != nil {
		return p.Stack, err
	}
	if err := c.make(ctx, p); err != nil {
		return p.Stack, err
	}
	if p.Nothing() { // what was taken over is all that there is
		return p.Stack, nil
	}
	for _, change := range p.Changes {
		if change.LosesData() {
			return p.Stack, &Error{Message: fmt.Sprintf("this would take the data of %s (%s) away: nothing was changed", change.Physical, change.Type)}
		}
	}
	return c.execute(ctx, p)
}

// bring uploads what the stack is made of.
func (c *Cloud) bring(ctx context.Context, p *Plan) error {
	if err := c.ensureBucket(ctx); err != nil {
		return err
	}
	c.Watch.Step(fmt.Sprintf("uploading code (%.1f MB) to %s", float64(len(p.release.Package))/1e6, c.Bucket()))
	return c.upload(ctx, p.release.packageKey(), "application/zip", p.release.Package)
}

// make prepares the change set of a stack that is not there yet, after it has taken over what an earlier one kept.
func (c *Cloud) make(ctx context.Context, p *Plan) error {
	switch {
	case !p.First:
		return nil
	case len(p.Adopted) == 0:
		return c.proposeFirst(ctx, p)
	}
	if err := c.adopt(ctx, p); err != nil {
		return err
	}
	return c.propose(ctx, p, types.ChangeSetTypeUpdate)
}

// proposeFirst makes the change set that makes the stack.
func (c *Cloud) proposeFirst(ctx context.Context, p *Plan) error {
	err := c.propose(ctx, p, types.ChangeSetTypeCreate)
	if err == nil && p.changeSet == "" {
		return &Error{Message: "CloudFormation finds nothing to make in the stack's template"}
	}
	if err != nil {
		c.forgetEmpty(context.WithoutCancel(ctx))
	}
	p.Stack.ID = c.Where.Stack() // its ID comes with the first look
	return err
}

// forgetEmpty deletes a stack that was announced for a change set which CloudFormation refused. What is in the way of it is
// in the way of the next run too, which says so.
func (c *Cloud) forgetEmpty(ctx context.Context) {
	if s, err := c.LookAt(ctx); err == nil && phaseOf(s) == empty {
		_, _ = c.CloudFormation.DeleteStack(ctx, &cloudformation.DeleteStackInput{StackName: &s.ID})
	}
}

func (c *Cloud) execute(ctx context.Context, p *Plan) (Stack, error) {
	before, err := c.newestEvent(ctx, p.Stack.ID)
	if err != nil {
		return p.Stack, err
	}
	c.Watch.Step(fmt.Sprintf("deploying the stack %s", c.Where.Stack()))
	_, err = c.CloudFormation.ExecuteChangeSet(ctx, &cloudformation.ExecuteChangeSetInput{
		ChangeSetName: &p.changeSet, StackName: aws.String(c.Where.Stack()), ClientRequestToken: aws.String("webplug-" + c.Token()),
	})
	if err != nil {
		return p.Stack, c.explain(err)
	}
	s, events, err := c.follow(ctx, p.Stack.ID, before, len(p.Changes))
	if err != nil {
		return s, err
	}
	if !succeeded(s.Status) {
		doing := "updating the stack failed, and it is as it was before"
		if p.First {
			doing = "making the stack failed"
		} else if phaseOf(s) != standing {
			doing = "updating the stack failed, and so did the way back"
		}
		return s, failure(doing, s, events, "mend it, then the same command again: it goes on from here")
	}
	return s, nil
}

// failure is a run of CloudFormation that went wrong: the first failing resource, and its reason.
func failure(doing string, s Stack, events []Event, try string) error {
	e, ok := FirstFailure(events)
	if !ok {
		return &Error{Message: fmt.Sprintf("%s (%s): %s", doing, s.Status, s.Reason), Try: try}
	}
	if hint := hintFor(e.Reason); hint != "" {
		try = hint + "; then the same command again"
	}
	return &Error{Message: fmt.Sprintf("%s (%s): first %s (%s): %s", doing, s.Status, e.Resource, e.Type, e.Reason), Try: try, Failed: &e}
}

// deleteStack deletes a stack that CloudFormation is not at work on, and waits. What keep names stays in the account.
func (c *Cloud) deleteStack(ctx context.Context, s Stack, keep ...string) ([]Event, error) {
	before, err := c.newestEvent(ctx, s.ID)
	if err != nil {
		return nil, err
	}
	_, err = c.CloudFormation.DeleteStack(ctx, &cloudformation.DeleteStackInput{
		StackName: &s.ID, ClientRequestToken: aws.String("webplug-" + c.Token()), RetainResources: keep,
	})
	if err != nil {
		return nil, c.explain(err)
	}
	end, events, err := c.follow(ctx, s.ID, before, 0)
	if err != nil {
		return events, err
	}
	if end.Exists() {
		return events, failure("taking the stack down failed", end, events, "mend what it names, then webplug destroy --stage "+c.Stage+" again")
	}
	return events, nil
}
