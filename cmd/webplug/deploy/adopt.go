package deploy

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"webplug/infra/stage"
)

// kept are the tables and keys that an earlier deployment of the stage left, by name, each with what CloudFormation
// identifies it by.
func (c *Cloud) kept(ctx context.Context) (map[string]map[string]string, error) {
	found := map[string]map[string]string{}
	tables, err := c.tables(ctx)
	if err != nil || len(tables) == 0 { // keys without a table open nothing
		return found, err
	}
	for _, t := range tables {
		found[t.Name] = map[string]string{"TableName": t.Name}
	}
	secrets, err := c.secrets(ctx)
	for _, s := range secrets {
		found[s.Name] = map[string]string{"Id": s.ARN}
	}
	return found, err
}

// adopt makes the stack of what is kept alone, by an import, after which an update makes the rest: a change set that imports
// can do nothing else.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/import-resources-new-stack.html
func (c *Cloud) adopt(ctx context.Context, p *Plan) error {
	found, err := c.kept(ctx)
	if err != nil {
		return err
	}
	body, take, err := importing(p.release.Template, c.Stage, found)
	if err != nil {
		return err
	}
	if len(take) == 0 {
		return &Error{Message: "the template describes none of the tables that an earlier deployment kept: " + strings.Join(p.Adopted, ", ")}
	}
	c.Watch.Step("taking over " + strings.Join(p.Adopted, ", "))
	if err := c.order(ctx, p, &cloudformation.CreateChangeSetInput{
		ChangeSetType: types.ChangeSetTypeImport, TemplateBody: aws.String(string(body)), ResourcesToImport: take,
	}); err != nil {
		c.forgetEmpty(context.WithoutCancel(ctx))
		return err
	}
	p.Stack.ID = c.Where.Stack()
	s, err := c.execute(ctx, p)
	if err != nil {
		return err
	}
	p.Stack, p.First, p.changeSet = s, false, ""
	return nil
}

// importing is a template of what is to be imported alone, and what each is identified by.
func importing(whole []byte, stageName string, found map[string]map[string]string) ([]byte, []types.ResourceToImport, error) {
	var t struct {
		Version    string                               `json:"AWSTemplateFormatVersion,omitempty"`
		Parameters jsontext.Value                       `json:"Parameters,omitempty"`
		Conditions jsontext.Value                       `json:"Conditions,omitempty"`
		Resources  map[string]map[string]jsontext.Value `json:"Resources"`
	}
	if err := json.Unmarshal(whole, &t); err != nil {
		return nil, nil, fmt.Errorf("read the stack's template: %w", err)
	}
	var take []types.ResourceToImport
	for _, id := range slices.Sorted(maps.Keys(t.Resources)) {
		r := t.Resources[id]
		var kind string
		var named struct {
			TableName jsontext.Value `json:"TableName"`
			Name      jsontext.Value `json:"Name"`
		}
		_, _ = json.Unmarshal(r["Type"], &kind), json.Unmarshal(r["Properties"], &named) // what has neither is none of them
		name := named.TableName
		if kind == "AWS::SecretsManager::Secret" {
			name = named.Name
		}
		identifier, ok := found[spelled(name, stageName)]
		if !ok || !slices.Contains(data, kind) {
			delete(t.Resources, id)
			continue
		}
		// An import wants them, and may not work them out.
		r["DeletionPolicy"], r["UpdateReplacePolicy"] = jsontext.Value(`"Retain"`), jsontext.Value(`"Retain"`)
		take = append(take, types.ResourceToImport{LogicalResourceId: &id, ResourceType: &kind, ResourceIdentifier: identifier})
	}
	body, err := json.Marshal(t, json.Deterministic(true))
	return body, take, err
}

// spelled works out a name in a template, made of text and the stage: as a string, Fn::Sub, Fn::Join or Ref.
func spelled(v jsontext.Value, stageName string) string {
	var plain string
	if json.Unmarshal(v, &plain) == nil {
		return plain
	}
	var f struct {
		Ref  string         `json:"Ref"`
		Sub  string         `json:"Fn::Sub"`
		Join jsontext.Value `json:"Fn::Join"`
	}
	if json.Unmarshal(v, &f) != nil {
		return ""
	}
	switch {
	case f.Ref == stage.ParamStage:
		return stageName
	case f.Sub != "":
		return strings.ReplaceAll(f.Sub, "${"+stage.ParamStage+"}", stageName)
	}
	var join []jsontext.Value
	var between string
	var parts []jsontext.Value
	if json.Unmarshal(f.Join, &join) != nil || len(join) != 2 || json.Unmarshal(join[0], &between) != nil || json.Unmarshal(join[1], &parts) != nil {
		return ""
	}
	texts := make([]string, len(parts))
	for i, part := range parts {
		texts[i] = spelled(part, stageName)
	}
	return strings.Join(texts, between)
}
