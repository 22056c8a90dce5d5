package snslocal

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// attributeValue is a message attribute as it is published.
type attributeValue struct {
	Type  string `json:"Type"`
	Value string `json:"Value"`
}

// filter is a filter policy over message attributes: all its keys must match, each by one of its conditions (Amazon SNS
// Developer Guide, "Filter policy constraints" and "String value matching", "Numeric value matching", "Key matching").
type filter map[string][]condition

// condition says whether values of an attribute match; none means that the message has no such attribute.
type condition func(values []any) bool

const (
	maxFilterKeys         = 5
	maxFilterCombinations = 150
)

// parseFilter reads a filter policy. Suffix, prefix, equals-ignore-case, anything-but, numeric and exists are known; cidr,
// $or and nested keys are not.
func parseFilter(text string) (filter, error) {
	var raw map[string][]jsontext.Value
	bad := func(why string) error { return invalid("Invalid parameter: FilterPolicy: " + why) }
	if err := json.Unmarshal([]byte(text), &raw); err != nil {
		return nil, bad("failed to parse JSON: each key must have a list of conditions")
	}
	if len(raw) > maxFilterKeys {
		return nil, bad("too many keys")
	}
	f, combinations := filter{}, 1
	for name, list := range raw {
		if len(list) == 0 {
			return nil, bad("empty arrays are not allowed")
		}
		combinations *= len(list)
		for _, v := range list {
			c, err := parseCondition(v)
			if err != nil {
				return nil, bad(err.Error())
			}
			f[name] = append(f[name], c)
		}
	}
	if combinations > maxFilterCombinations {
		return nil, bad("filter policy is too complex")
	}
	return f, nil
}

func parseCondition(v jsontext.Value) (condition, error) {
	switch v.Kind() {
	case '"', '0', 't', 'f', 'n':
		want, err := scalar(v)
		return anyOf(func(have any) bool { return have == want }), err
	case '{':
		var operators map[string]jsontext.Value
		if err := json.Unmarshal(v, &operators); err != nil || len(operators) != 1 {
			return nil, fmt.Errorf("only one operator is allowed in %s", v)
		}
		for name, operand := range operators {
			return parseOperator(name, operand)
		}
	default: // a list is no condition
	}
	return nil, fmt.Errorf("unrecognized condition %s", v)
}

func parseOperator(name string, operand jsontext.Value) (condition, error) {
	switch name {
	case "exists":
		want := operand.Kind() == 't'
		return func(values []any) bool { return (len(values) > 0) == want }, nil
	case "prefix", "suffix", "equals-ignore-case":
		var text string
		if err := json.Unmarshal(operand, &text); err != nil {
			return nil, fmt.Errorf("%s takes a string", name)
		}
		match := map[string]func(s, t string) bool{"prefix": strings.HasPrefix, "suffix": strings.HasSuffix, "equals-ignore-case": strings.EqualFold}[name]
		return anyOf(func(have any) bool { s, ok := have.(string); return ok && match(s, text) }), nil
	case "anything-but":
		return parseAnythingBut(operand)
	case "numeric":
		return parseNumeric(operand)
	}
	return nil, fmt.Errorf("unrecognized match type %s", name)
}

func parseAnythingBut(operand jsontext.Value) (condition, error) {
	list := []jsontext.Value{operand}
	if operand.Kind() == '[' {
		if err := json.Unmarshal(operand, &list); err != nil {
			return nil, err
		}
	}
	var not []condition
	for _, v := range list {
		c, err := parseCondition(v)
		if err != nil {
			return nil, err
		}
		not = append(not, c)
	}
	return anyOf(func(have any) bool {
		for _, c := range not {
			if c([]any{have}) {
				return false
			}
		}
		return true
	}), nil
}

func parseNumeric(operand jsontext.Value) (condition, error) {
	var parts []jsontext.Value
	if err := json.Unmarshal(operand, &parts); err != nil || len(parts) == 0 || len(parts)%2 != 0 {
		return nil, fmt.Errorf("numeric takes pairs of operator and number")
	}
	var tests []func(float64) bool
	for i := 0; i < len(parts); i += 2 {
		var op string
		var n float64
		if json.Unmarshal(parts[i], &op) != nil || json.Unmarshal(parts[i+1], &n) != nil {
			return nil, fmt.Errorf("numeric takes pairs of operator and number")
		}
		test, ok := map[string]func(float64) bool{
			"=": func(x float64) bool { return x == n }, "<": func(x float64) bool { return x < n }, "<=": func(x float64) bool { return x <= n },
			">": func(x float64) bool { return x > n }, ">=": func(x float64) bool { return x >= n },
		}[op]
		if !ok {
			return nil, fmt.Errorf("unrecognized numeric range operator %s", op)
		}
		tests = append(tests, test)
	}
	return anyOf(func(have any) bool {
		x, ok := have.(float64)
		for _, test := range tests {
			ok = ok && test(x)
		}
		return ok
	}), nil
}

func anyOf(match func(any) bool) condition {
	return func(values []any) bool {
		for _, v := range values {
			if match(v) {
				return true
			}
		}
		return false
	}
}

// scalar is a JSON value as conditions compare it: string, float64, bool or nil.
func scalar(v jsontext.Value) (any, error) {
	var out any
	err := json.Unmarshal(v, &out)
	return out, err
}

// matches says whether a message's attributes pass.
func (f filter) matches(given map[string]attributeValue) bool {
	for name, conditions := range f {
		values := valuesOf(given[name])
		matched := false
		for _, c := range conditions {
			matched = matched || c(values)
		}
		if !matched {
			return false
		}
	}
	return true
}

// valuesOf is what an attribute holds: several for a String.Array, none where it is missing or binary.
func valuesOf(a attributeValue) []any {
	switch kind, _, _ := strings.Cut(a.Type, "."); {
	case a.Type == "String.Array":
		var list []any
		if err := json.Unmarshal([]byte(a.Value), &list); err != nil {
			return []any{a.Value}
		}
		return list
	case kind == "Number":
		if n, err := strconv.ParseFloat(a.Value, 64); err == nil {
			return []any{n}
		}
	case kind == "String":
		return []any{a.Value}
	}
	return nil
}
