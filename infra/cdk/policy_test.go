package main

import (
	"regexp"
	"slices"
	"strings"
)

// statement is one of a policy, with its places filled in.
type statement struct {
	sid                string
	actions, resources []string
	conditions         map[string]map[string][]string // operator ▶ key ▶ values
}

// policies are the statements of a role.
func (r resolver) policies(id string) []statement {
	r.Helper()
	var all []statement
	role, ok := r.template.Resources[id]
	if !ok {
		r.Fatalf("there is no role %s", id)
	}
	for _, p := range role.Properties["Policies"].([]any) {
		all = append(all, r.statements(p.(map[string]any)["PolicyDocument"])...)
	}
	return all
}

// statements reads a policy. All of them must allow: what is denied, or said by NotAction and the like, would be misread.
func (r resolver) statements(policy any) []statement {
	r.Helper()
	var all []statement
	for _, v := range list(policy.(map[string]any)["Statement"]) {
		m := v.(map[string]any)
		for key := range m {
			if !slices.Contains([]string{"Sid", "Effect", "Action", "Resource", "Condition", "Principal"}, key) {
				r.Fatalf("a statement has %s", key)
			}
		}
		if m["Effect"] != "Allow" {
			r.Fatalf("a statement does not allow: %v", m)
		}
		s := statement{conditions: map[string]map[string][]string{}}
		s.sid, _ = m["Sid"].(string)
		for _, a := range list(m["Action"]) {
			s.actions = append(s.actions, r.text(a))
		}
		for _, a := range list(m["Resource"]) {
			s.resources = append(s.resources, r.text(a))
		}
		conditions, _ := m["Condition"].(map[string]any)
		for operator, keys := range conditions {
			s.conditions[operator] = map[string][]string{}
			for key, values := range keys.(map[string]any) {
				for _, value := range list(values) {
					s.conditions[operator][key] = append(s.conditions[operator][key], r.text(value))
				}
			}
		}
		all = append(all, s)
	}
	return all
}

// list is a value that may stand alone.
func list(v any) []any {
	if many, ok := v.([]any); ok {
		return many
	}
	return []any{v}
}

// call is a request to AWS, as IAM judges it.
type call struct {
	action, resource string
	context          map[string]string // condition keys of the request
}

// allows says whether a policy lets a call pass.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics.html
func allows(policy []statement, c call) bool {
	return slices.ContainsFunc(policy, func(s statement) bool {
		return slices.ContainsFunc(s.actions, func(a string) bool { return matches(strings.ToLower(a), strings.ToLower(c.action)) }) &&
			slices.ContainsFunc(s.resources, func(r string) bool { return matches(r, c.resource) }) && s.applies(c)
	})
}

// applies says whether a call meets all conditions; of one of their operators that is not known here it does not.
func (s statement) applies(c call) bool {
	for operator, keys := range s.conditions {
		for key, values := range keys {
			given, there := c.context[key]
			equal := slices.Contains(values, given)
			like := slices.ContainsFunc(values, func(v string) bool { return matches(v, given) })
			if met := map[string]bool{
				"StringEquals": there && equal, "StringEqualsIfExists": !there || equal, "ArnLike": there && like,
			}[operator]; !met {
				return false
			}
		}
	}
	return true
}

// matches compares with a pattern in which * is anything and ? any one character.
func matches(pattern, text string) bool {
	p := regexp.QuoteMeta(pattern)
	p = strings.ReplaceAll(strings.ReplaceAll(p, `\*`, ".*"), `\?`, ".")
	return regexp.MustCompile("^(?s:" + p + ")$").MatchString(text)
}
