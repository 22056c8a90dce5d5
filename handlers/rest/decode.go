package rest

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"mime"
	"reflect"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"webplug/domain"
)

// maxShown bounds what a refusal says of the caller's own names.
const maxShown = 100

// bounds is what a body may have at most.
type bounds struct {
	bytes int
	depth int // of objects and lists in each other
}

// single is for a payload of domain.MaxPayload and what stands around it.
var single = bounds{bytes: domain.MaxPayload + 16*1024, depth: 100}

// decode reads the body into a pointer to a struct. What is no JSON, or has a name twice, is Malformed; an unknown or
// mistyped field is Invalid. Either names the field.
func (c *call) decode(into any) error { return c.decodeWithin(single, into) }

// decodeWithin is decode with bounds of its own.
func (c *call) decodeWithin(b bounds, into any) error {
	if err := c.readBody(b); err != nil {
		return err
	}
	if len(bytes.TrimSpace(c.body)) == 0 {
		return domain.Refuse(domain.Malformed, "", "the body is empty; it must be a JSON object")
	}
	return decodeBody(c.body, b, into)
}

// decodeIfAny is decode where the body may be empty.
func (c *call) decodeIfAny(into any) error {
	if err := c.readBody(single); err != nil {
		return err
	}
	if len(bytes.TrimSpace(c.body)) == 0 {
		return nil
	}
	return decodeBody(c.body, single, into)
}

func decodeBody(body []byte, b bounds, into any) error {
	if tooDeep(body, b.depth) {
		return domain.Refuse(domain.Malformed, "", "the body is nested more than %d levels deep", b.depth)
	}
	if k := jsontext.Value(body).Kind(); k != '{' && k != 0 {
		return domain.Refuse(domain.Malformed, "", "the body must be a JSON object")
	}
	err := json.Unmarshal(body, into, json.RejectUnknownMembers(true))
	if err == nil {
		return nil
	}
	if malformed := syntaxOf(body); malformed != nil { // further on than the field that was not taken
		err = malformed
	}
	return refusalOf(err)
}

// syntaxOf is what is wrong with a text as JSON.
func syntaxOf(body []byte) error {
	dec := jsontext.NewDecoder(bytes.NewBuffer(body))
	if err := dec.SkipValue(); err != nil {
		return err
	}
	if _, err := dec.ReadToken(); !errors.Is(err, io.EOF) {
		return &jsontext.SyntacticError{Err: errors.New("something follows the object")}
	}
	return nil
}

// readBody reads the body whole, if it is JSON and not too large.
func (c *call) readBody(b bounds) error {
	r := c.Request()
	if r.ContentLength > int64(b.bytes) {
		return b.tooLarge()
	}
	var err error
	if r.ContentLength >= 0 {
		c.body = make([]byte, r.ContentLength)
		_, err = io.ReadFull(r.Body, c.body)
	} else {
		c.body, err = io.ReadAll(io.LimitReader(r.Body, int64(b.bytes)+1))
	}
	switch {
	case err != nil:
		return domain.Refuse(domain.Malformed, "", "the body could not be read to its end")
	case len(c.body) > b.bytes:
		return b.tooLarge()
	case len(c.body) > 0 && !isJSON(r.Header.Get("Content-Type")):
		return domain.Refuse(domain.NotJSON, "", "the header Content-Type must be application/json")
	}
	return nil
}

func (b bounds) tooLarge() error {
	return domain.Refuse(domain.TooLarge, "", "the body has more than %d bytes", b.bytes)
}

func isJSON(contentType string) bool {
	if contentType == "application/json" {
		return true
	}
	media, params, err := mime.ParseMediaType(contentType)
	charset := params["charset"]
	return err == nil && media == "application/json" && (charset == "" || strings.EqualFold(charset, "utf-8"))
}

// tooDeep says whether brackets lie deeper than a limit. Few bodies have that many at all, and counting is cheap.
func tooDeep(body []byte, limit int) bool {
	if bytes.Count(body, []byte{'{'})+bytes.Count(body, []byte{'['}) <= limit {
		return false
	}
	depth, inString := 0, false
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '{' || c == '[':
			if depth++; depth > limit {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}

// refusalOf tells the caller what the decoder did not take.
func refusalOf(err error) error {
	var semantic *json.SemanticError
	var syntax *jsontext.SyntacticError
	switch {
	case errors.As(err, &syntax):
		field, reason := fieldOf(syntax.JSONPointer), syntaxReason(syntax)
		if field == "" {
			reason = "the body " + reason
		}
		return domain.Refuse(domain.Malformed, field, "%s", reason)
	case errors.As(err, &semantic):
		return domain.Refuse(domain.Invalid, fieldOf(semantic.JSONPointer), "%s", semanticReason(semantic))
	}
	return domain.Refuse(domain.Malformed, "", "the body is not the JSON that is expected here")
}

func syntaxReason(e *jsontext.SyntacticError) string {
	switch {
	case errors.Is(e.Err, jsontext.ErrDuplicateName):
		return "is there twice"
	case errors.Is(e.Err, io.ErrUnexpectedEOF), errors.Is(e.Err, io.EOF):
		return "ends early: it is not whole JSON"
	case strings.Contains(e.Err.Error(), "UTF-8"):
		return "is not valid UTF-8"
	}
	return "is not JSON: " + shorten(e.Err.Error())
}

func semanticReason(e *json.SemanticError) string {
	if errors.Is(e.Err, json.ErrUnknownName) {
		return "is not a field here"
	}
	want := e.GoType
	for want != nil && want.Kind() == reflect.Pointer {
		want = want.Elem()
	}
	if want == nil {
		return "has the wrong type"
	}
	switch want.Kind() {
	case reflect.String:
		return "must be a string"
	case reflect.Bool:
		return "must be true or false"
	case reflect.Int, reflect.Int64, reflect.Uint64, reflect.Float64:
		return "must be a number"
	case reflect.Slice:
		return "must be a list"
	case reflect.Struct, reflect.Map:
		return "must be an object"
	default:
		return "has the wrong type"
	}
}

// fieldOf writes a JSON Pointer as the API names fields: "holder.kind", "scopes.0".
func fieldOf(p jsontext.Pointer) string {
	var names []string
	for name := range p.Tokens() {
		if name == "" {
			name = `""` // a name, not none
		}
		names = append(names, name)
	}
	return shorten(strings.Join(names, "."))
}

func shorten(s string) string {
	if len(s) <= maxShown {
		return strings.ToValidUTF8(s, "\uFFFD")
	}
	return strings.ToValidUTF8(s[:maxShown], "") + "…"
}

// optional is a field of a PATCH: absent, null, or a value.
type optional[T any] struct {
	given, null bool
	value       T
}

// UnmarshalJSONFrom is called only where the field is given.
func (o *optional[T]) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	o.given = true
	if dec.PeekKind() == 'n' {
		o.null = true
		return dec.SkipValue()
	}
	return json.UnmarshalDecode(dec, &o.value)
}

// orZero is the value to set, null standing for the zero value, or nil if the field is absent.
func (o optional[T]) orZero() *T {
	if !o.given {
		return nil
	}
	return &o.value
}

// required is orZero where null is refused.
func (o optional[T]) required(field string) (*T, error) {
	if o.null {
		return nil, domain.Refuse(domain.Invalid, field, "must not be null")
	}
	return o.orZero(), nil
}

// or is a member's value, or another where it is absent or null.
func or[T any](given *T, otherwise T) T {
	if given == nil {
		return otherwise
	}
	return *given
}

// texts is an object's members as texts: null is none.
func texts(field string, members map[string]*string) (map[string]string, error) {
	if members == nil {
		return nil, nil
	}
	out := make(map[string]string, len(members))
	for _, name := range slices.Sorted(maps.Keys(members)) { // the same complaint each time
		if members[name] == nil {
			return nil, domain.Refuse(domain.Invalid, shorten(field+"."+name), "must be a string")
		}
		out[name] = *members[name]
	}
	return out, nil
}
