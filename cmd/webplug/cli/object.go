package cli

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"webplug/cmd/webplug/output"
)

// object builds a JSON object member by member. Values are taken over byte for byte, as a payload must be.
type object struct{ names, values []string }

func newObject() *object { return &object{} }

// set adds a member, in the place of one of the same name.
func (o *object) set(name string, value jsontext.Value) {
	if at := o.find(name); at >= 0 {
		o.values[at] = string(value)
		return
	}
	o.names, o.values = append(o.names, name), append(o.values, string(value))
}

// setAt is set for a dotted path: "holder.kind" is a member of the object holder.
func (o *object) setAt(path string, value jsontext.Value) {
	outer, inner, nested := strings.Cut(path, ".")
	if nested {
		within := newObject()
		if at := o.find(outer); at >= 0 {
			within = parseObject(jsontext.Value(o.values[at]))
		}
		within.setAt(inner, value)
		value = within.value()
	}
	o.set(outer, value)
}

func parseObject(v jsontext.Value) *object {
	o := newObject()
	for _, m := range output.Members(v) {
		o.set(m.Name, m.Value)
	}
	return o
}

func (o *object) find(name string) int {
	for i, n := range o.names {
		if n == name {
			return i
		}
	}
	return -1
}

func (o *object) empty() bool { return len(o.names) == 0 }

func (o *object) value() jsontext.Value {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, name := range o.names {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(text(name))
		b.WriteByte(':')
		b.WriteString(o.values[i])
	}
	b.WriteByte('}')
	return b.Bytes()
}

// array is a JSON array of values as they are.
func array(values []jsontext.Value) jsontext.Value {
	parts := make([][]byte, len(values))
	for i, v := range values {
		parts[i] = v
	}
	return append(append([]byte("["), bytes.Join(parts, []byte(","))...), ']')
}

// elements are a list's; none of what is no list.
func elements(v jsontext.Value) []jsontext.Value {
	var all []jsontext.Value
	if json.Unmarshal(v, &all) != nil {
		return nil
	}
	return all
}

// text is a JSON string. Bytes that are no text become U+FFFD.
func text(s string) jsontext.Value {
	quoted, _ := jsontext.AppendQuote(nil, strings.ToValidUTF8(s, "\uFFFD")) // of valid text it never fails
	return quoted
}

func boolean(b bool) jsontext.Value { return jsontext.Value(strconv.FormatBool(b)) }

func texts(all []string) jsontext.Value {
	values := make([]jsontext.Value, len(all))
	for i, s := range all {
		values[i] = text(s)
	}
	return array(values)
}
