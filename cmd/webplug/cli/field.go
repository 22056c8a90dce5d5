package cli

import (
	"fmt"
	"io"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/pflag"
)

// field is one of the API, and the flag of the same name in kebab-case.
type field struct {
	name     string // as the API has it; "holder.kind" is one of an object within
	flag     string // where it is not the name in kebab-case
	kind     kind
	usage    string
	on       verb
	required bool
	values   []string // the only ones, for help and completion
}

type verb int

const (
	onCreate verb = 1 << iota
	onUpdate
)

// kind is how a flag's text becomes a field's value.
type kind int

const (
	textKind  kind = iota
	listKind       // of texts: repeated, or with commas
	jsonKind       // JSON, @FILE, or - for stdin
	pairsKind      // an object of texts: NAME=VALUE, repeated
	timeKind       // RFC 3339, or how long ago
)

// flagName is "user-id" of user_id.
func (f field) flagName() string {
	if f.flag != "" {
		return f.flag
	}
	return strings.NewReplacer("_", "-", ".", "-").Replace(f.name)
}

// inputs are the flags of fields.
type inputs struct {
	fields []field
	texts  map[string]*[]string
	set    *pflag.FlagSet
}

// take declares flags for those fields that a verb has.
func take(set *pflag.FlagSet, fields []field, on verb) *inputs {
	in := &inputs{texts: map[string]*[]string{}, set: set}
	for _, f := range fields {
		if on != 0 && f.on&on == 0 {
			continue
		}
		in.fields = append(in.fields, f)
		values := new([]string)
		in.texts[f.name] = values
		usage := f.usage
		if len(f.values) > 0 {
			usage = strings.TrimSpace(usage + " (" + strings.Join(f.values, ", ") + ")")
		}
		if f.required && on == onCreate {
			usage += "; required"
		}
		set.Var(&flagValue{kind: f.kind, values: values}, f.flagName(), usage)
	}
	return in
}

// flagValue is a flag that remembers its texts.
type flagValue struct {
	kind   kind
	values *[]string
}

func (v *flagValue) String() string { return "" }

func (v *flagValue) Type() string {
	return map[kind]string{textKind: "TEXT", listKind: "LIST", jsonKind: "JSON|@FILE|-", pairsKind: "NAME=VALUE", timeKind: "TIME"}[v.kind]
}

func (v *flagValue) Set(text string) error {
	switch v.kind {
	case listKind:
		*v.values = append(*v.values, strings.Split(text, ",")...)
	case pairsKind:
		if name, _, ok := strings.Cut(text, "="); !ok || name == "" {
			return fmt.Errorf("%q is not NAME=VALUE", text)
		}
		*v.values = append(*v.values, text)
	case textKind, jsonKind, timeKind:
		*v.values = []string{text}
	}
	return nil
}

// flags are their names, as they are typed.
func (in *inputs) flags() []string {
	var all []string
	for _, f := range in.fields {
		all = append(all, "--"+f.flagName())
	}
	return all
}

// body is an object of the fields whose flags were given.
func (in *inputs) body(stdin io.Reader, required bool) (*object, error) {
	o := newObject()
	var missing []string
	for _, f := range in.fields {
		if !in.set.Changed(f.flagName()) {
			if required && f.required {
				missing = append(missing, "--"+f.flagName())
			}
			continue
		}
		if err := f.check(*in.texts[f.name]); err != nil {
			return nil, err
		}
		value, err := f.value(*in.texts[f.name], stdin)
		if err != nil {
			return nil, err
		}
		o.setAt(f.name, value)
	}
	if len(missing) > 0 {
		return nil, usage("%s must be given", strings.Join(missing, " and "))
	}
	return o, nil
}

// check refuses what is none of a field's values, where it has only some.
func (f field) check(given []string) error {
	for _, value := range given {
		if value = strings.TrimSpace(value); len(f.values) > 0 && value != "" && !slices.Contains(f.values, value) {
			return usage("--%s: %q is none of %s", f.flagName(), value, strings.Join(f.values, ", "))
		}
	}
	return nil
}

func (f field) value(given []string, stdin io.Reader) (jsontext.Value, error) {
	switch f.kind {
	case listKind:
		var all []string
		for _, s := range given {
			if s = strings.TrimSpace(s); s != "" {
				all = append(all, s)
			}
		}
		return texts(all), nil
	case pairsKind:
		o := newObject()
		for _, pair := range given {
			name, value, _ := strings.Cut(pair, "=")
			o.set(name, text(value))
		}
		return o.value(), nil
	case jsonKind:
		return readJSONArgument("--"+f.flagName(), given[0], stdin)
	case timeKind:
		at, err := f.moment(given[0])
		return text(at), err
	case textKind:
	}
	return text(given[0]), nil
}

// query has those fields whose flags were given, as parameters.
func (in *inputs) query() (url.Values, error) {
	q := url.Values{}
	for _, f := range in.fields {
		if !in.set.Changed(f.flagName()) {
			continue
		}
		if err := f.check(*in.texts[f.name]); err != nil {
			return nil, err
		}
		value := strings.Join(*in.texts[f.name], ",")
		if f.kind == timeKind {
			var err error
			if value, err = f.moment(value); err != nil {
				return nil, err
			}
		}
		q.Set(f.name, value)
	}
	return q, nil
}

// moment is a time as the API takes it.
func (f field) moment(given string) (string, error) {
	at, err := parseTime(given, time.Now())
	if err != nil {
		return "", usage("--%s: %s", f.flagName(), err.Error())
	}
	return at.UTC().Format(time.RFC3339Nano), nil
}

// readArgument is a text given as it is, as @FILE, or as - for stdin.
func readArgument(what, given string, stdin io.Reader) ([]byte, error) {
	path, isFile := strings.CutPrefix(given, "@")
	var content []byte
	var err error
	switch {
	case isFile:
		content, err = os.ReadFile(path)
	case given == "-":
		content, err = io.ReadAll(stdin)
	default:
		return []byte(given), nil
	}
	if err != nil {
		return nil, &failure{code: ExitUsage, message: what, cause: err}
	}
	return content, nil
}

// readJSONArgument is the same for JSON, which it leaves as it is.
func readJSONArgument(what, given string, stdin io.Reader) (jsontext.Value, error) {
	content, err := readArgument(what, given, stdin)
	if err != nil {
		return nil, err
	}
	v := jsontext.Value(trimSpace(content))
	if !v.IsValid() {
		if given != "-" && !strings.HasPrefix(given, "@") {
			return nil, usage("%s is no JSON: %s (a text needs quotes, as in '\"text\"'; a file is @FILE, stdin is -)", what, whyNot(v))
		}
		return nil, usage("%s is no JSON: %s", what, whyNot(v))
	}
	return v, nil
}

func trimSpace(b []byte) []byte { return []byte(strings.Trim(string(b), " \t\r\n")) }

// whyNot says what is wrong with JSON.
func whyNot(v jsontext.Value) string {
	if len(v) == 0 {
		return "it is empty"
	}
	d := jsontext.NewDecoder(strings.NewReader(string(v)))
	if _, err := d.ReadValue(); err != nil {
		return strings.TrimPrefix(err.Error(), "jsontext: ")
	}
	return "there is more behind its end"
}
