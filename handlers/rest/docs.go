package rest

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"
)

// The page at /docs is the description, made into one HTML page at the first request's start: no script, nothing from
// other hosts.

//go:embed docs.html
var docsTemplate string

//go:embed docs.css
var docsStyle string

// docsPage is the page and the policy that lets it have its own style alone.
type docsPage struct {
	body   []byte
	policy []string
}

// renderDocs makes the page, once.
var renderDocs = sync.OnceValues(func() (docsPage, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(description, &doc); err != nil {
		return docsPage{}, fmt.Errorf("openapi.yaml: %w", err)
	}
	page := newDocs(node{doc.Content[0]})
	t, err := template.New("docs").Funcs(template.FuncMap{"prose": prose, "inline": inline}).Parse(docsTemplate)
	if err != nil {
		return docsPage{}, fmt.Errorf("docs.html: %w", err)
	}
	var out bytes.Buffer
	if err := t.Execute(&out, page); err != nil {
		return docsPage{}, fmt.Errorf("docs.html: %w", err)
	}
	sum := sha256.Sum256([]byte(docsStyle))
	policy := "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
	return docsPage{out.Bytes(), []string{policy}}, nil
})

// docs answers the description as a page for people.
func (a *API) docs(_ context.Context, c *call) error {
	page, err := renderDocs()
	if err != nil {
		return err
	}
	c.Response().Header()["Content-Security-Policy"] = page.policy
	writeBody(c.Response(), http.StatusOK, "text/html; charset=utf-8", page.body)
	return nil
}

// docs is what the template shows.
type docs struct {
	Title, About string
	Style        template.CSS
	Groups       []docsGroup
	Schemas      []docsSchema
}

type docsGroup struct {
	Name, About, Anchor string
	Operations          []docsOperation
}

type docsOperation struct {
	ID, Method, Path, Summary, About, Scope, Curl string
	Parameters                                    []docsField
	Body                                          []docsField
	BodyName                                      string
	Answers                                       []docsAnswer
}

type docsField struct {
	Name, In, Type, Link, About string
	Required                    bool
}

type docsAnswer struct{ Status, About, Type, Link string }

type docsSchema struct {
	Name, About, Type string
	Fields            []docsField
}

func newDocs(doc node) docs {
	out := docs{
		Title: doc.get("info", "title").text(), About: doc.get("info", "description").text(), Style: template.CSS(docsStyle),
	}
	for _, tag := range doc.get("tags").items() {
		name := tag.get("name").text()
		out.Groups = append(out.Groups, docsGroup{Name: name, About: tag.get("description").text(), Anchor: strings.ReplaceAll(name, " ", "-")})
	}
	r := renderer{doc}
	for _, path := range doc.get("paths").members() {
		for _, method := range path.value.members() {
			if method.name == "parameters" {
				continue
			}
			tag := method.value.get("tags").items()[0].text()
			if i := slices.IndexFunc(out.Groups, func(g docsGroup) bool { return g.Name == tag }); i >= 0 {
				out.Groups[i].Operations = append(out.Groups[i].Operations, r.operation(path, method))
			}
		}
	}
	for _, s := range doc.get("components", "schemas").members() {
		schema := docsSchema{Name: s.name, About: s.value.get("description").text(), Fields: r.fields(s.value)}
		schema.Type, _ = r.typeOf(s.value)
		out.Schemas = append(out.Schemas, schema)
	}
	return out
}

// renderer makes parts of the page of parts of the description.
type renderer struct{ doc node }

func (r renderer) operation(path, method member) docsOperation {
	op := method.value
	o := docsOperation{
		ID: op.get("operationId").text(), Method: strings.ToUpper(method.name), Path: path.name, Summary: op.get("summary").text(),
		About: op.get("description").text(), Scope: op.get("x-scope").text(),
	}
	for _, p := range append(path.value.get("parameters").items(), op.get("parameters").items()...) {
		p = r.resolve(p)
		f := docsField{
			Name: p.get("name").text(), In: p.get("in").text(), About: p.get("description").text(), Required: p.get("required").text() == "true",
		}
		f.Type, f.Link = r.typeOf(p.get("schema"))
		o.Parameters = append(o.Parameters, f)
	}
	body := op.get("requestBody", "content", "application/json", "schema")
	example := node{}
	if op.get("requestBody", "required").text() == "true" {
		example = body
	}
	if body.there() {
		_, o.BodyName = r.typeOf(body)
		o.Body = r.fields(r.resolve(body))
	}
	for _, a := range op.get("responses").members() {
		answer := r.resolve(a.value)
		shown := docsAnswer{Status: a.name, About: answer.get("description").text()}
		if a.name == "default" {
			shown.Status = "else"
		}
		for _, media := range answer.get("content").members() {
			shown.Type, shown.Link = r.typeOf(media.value.get("schema"))
			if shown.Link == "" {
				shown.Type = media.name
			}
		}
		o.Answers = append(o.Answers, shown)
	}
	o.Curl = r.curl(o, example)
	return o
}

// curl is a line to try the operation with.
func (r renderer) curl(o docsOperation, body node) string {
	var b strings.Builder
	b.WriteString("curl -sS")
	if o.Scope != "none" {
		b.WriteString(` -H "Authorization: Bearer $KEY"`)
	}
	if o.Method != http.MethodGet && !(o.Method == http.MethodPost && body.there()) {
		fmt.Fprintf(&b, " -X %s", o.Method)
	}
	if body.there() {
		fmt.Fprintf(&b, " -H \"Content-Type: application/json\" \\\n  -d '%s'", r.example(r.resolve(body), 0))
	}
	path := o.Path
	for _, p := range o.Parameters {
		if p.In == "path" {
			path = strings.ReplaceAll(path, "{"+p.Name+"}", "$"+variable(p.Name))
		}
	}
	fmt.Fprintf(&b, " \\\n  \"$URL%s\"", path)
	return b.String()
}

// variable is the shell's variable for a parameter of paths; KEY is the API key that the call is made with.
func variable(parameter string) string {
	if parameter == "key" {
		return "KEY_ID"
	}
	return strings.ToUpper(parameter)
}

// example is a value that fits a schema, with what is required alone.
func (r renderer) example(s node, depth int) string {
	s = r.resolve(s)
	if e := s.get("enum").items(); len(e) > 0 {
		return `"` + e[0].text() + `"`
	}
	switch kind, _ := r.typeOf(s); {
	case depth > 4:
		return "null"
	case s.get("properties").there():
		var members []string
		for i, p := range s.get("properties").members() {
			required := slices.ContainsFunc(s.get("required").items(), func(n node) bool { return n.text() == p.name })
			if required || i == 0 && len(s.get("required").items()) == 0 { // a change has something to change
				members = append(members, fmt.Sprintf("%q: %s", p.name, r.example(p.value, depth+1)))
			}
		}
		return "{" + strings.Join(members, ", ") + "}"
	case strings.HasPrefix(kind, "array"):
		return "[" + r.example(s.get("items"), depth+1) + "]"
	case strings.HasPrefix(kind, "integer"):
		return "1"
	case strings.HasPrefix(kind, "boolean"):
		return "true"
	case strings.Contains(kind, "object"):
		return "{}"
	case s.get("format").text() == "date-time":
		return `"2026-01-02T03:04:05Z"`
	case strings.Contains(s.get("pattern").text(), "[Hh]"):
		return `"https://example.com/hook"`
	}
	if prefix, _, ok := strings.Cut(strings.TrimPrefix(s.get("pattern").text(), "^"), "_["); ok {
		return `"` + prefix + `_…"`
	}
	return `"…"`
}

// fields are an object's members.
func (r renderer) fields(s node) []docsField {
	required := map[string]bool{}
	for _, name := range s.get("required").items() {
		required[name.text()] = true
	}
	var out []docsField
	for _, p := range s.get("properties").members() {
		f := docsField{Name: p.name, About: p.value.get("description").text(), Required: required[p.name]}
		f.Type, f.Link = r.typeOf(p.value)
		out = append(out, f)
	}
	return out
}

// typeOf says what a schema is, in a few words, and which named one it leads to.
func (r renderer) typeOf(s node) (text, link string) {
	if ref := s.get("$ref").text(); strings.HasPrefix(ref, "#/components/schemas/") {
		name := strings.TrimPrefix(ref, "#/components/schemas/")
		return name, name
	}
	if of := s.get("oneOf").items(); len(of) > 0 {
		var words []string
		for _, one := range of {
			word, to := r.typeOf(one)
			words = append(words, word)
			link = or(present(link), to)
		}
		return strings.Join(words, " or "), link
	}
	if items := s.get("items"); items.there() {
		word, to := r.typeOf(items)
		return "array of " + word, to
	}
	if data := s.get("properties", "data"); data.there() {
		return r.typeOf(data)
	}
	var words []string
	for _, w := range s.get("type").items() {
		words = append(words, w.text())
	}
	if t := s.get("type").text(); t != "" {
		words = append(words, t)
	}
	if e := s.get("enum").items(); len(e) > 0 {
		words = nil
		for _, v := range e {
			words = append(words, v.text())
		}
	}
	return strings.Join(words, " or "), ""
}

func (r renderer) resolve(n node) node {
	if ref, ok := strings.CutPrefix(n.get("$ref").text(), "#/"); ok {
		return r.resolve(r.doc.get(strings.Split(ref, "/")...))
	}
	return n
}
