package deploy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"

	"webplug/infra/release"
)

// Release is what a deployment brings: a stack's template and the code of its functions.
type Release struct {
	Template []byte // CloudFormation's, as JSON
	Package  []byte // a zip archive with "bootstrap"
	Version  string
}

// Resource is one that a template describes.
type Resource struct {
	Name string
	Type string
	If   string // the condition under which it is made; "" for always
}

// template is what a deployment needs to know of one.
type template struct {
	Resources  map[string]templateResource `json:"Resources"`
	Parameters map[string]any              `json:"Parameters"`
}

type templateResource struct {
	Type      string `json:"Type"`
	Condition string `json:"Condition"`
}

// templateLimit is CloudFormation's for a template in a bucket, in bytes.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
const templateLimit = 1 << 20

func (r Release) read() (template, error) {
	var t template
	if err := json.Unmarshal(r.Template, &t); err != nil {
		return t, fmt.Errorf("read the stack's template: %w", err)
	}
	if len(t.Resources) == 0 {
		return t, &Error{Message: "the stack's template describes no resources: make release builds the real one"}
	}
	if len(r.Template) > templateLimit {
		return t, &Error{Message: fmt.Sprintf("the stack's template has %d bytes, and CloudFormation takes %d", len(r.Template), templateLimit)}
	}
	return t, nil
}

// Resources lists what a template describes, by type and name.
func (r Release) Resources() ([]Resource, error) {
	t, err := r.read()
	if err != nil {
		return nil, err
	}
	all := make([]Resource, 0, len(t.Resources))
	for name, described := range t.Resources {
		all = append(all, Resource{Name: name, Type: described.Type, If: described.Condition})
	}
	slices.SortFunc(all, func(a, b Resource) int {
		return cmp.Or(strings.Compare(a.Type, b.Type), strings.Compare(a.Name, b.Name))
	})
	return all, nil
}

// Keys of the bucket's objects are made of their content, so that nothing is uploaded twice and nothing is ever replaced.
func (r Release) packageKey() string  { return release.Key("code", r.Package, ".zip") }
func (r Release) templateKey() string { return release.Key("template", r.Template, ".json") }
