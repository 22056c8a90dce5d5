// Package webplug_test holds what is true of the whole module: who may import whom, and what only cmd may touch.
package webplug_test

import (
	"bytes"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// goPackage is what "go list -json" says of a package. Imports are those of its program, not of its tests.
type goPackage struct {
	ImportPath string
	Dir        string
	GoFiles    []string
	Imports    []string
}

const module = "webplug/"

// place is a package's path within the module, or "" for others.
func place(importPath string) string {
	inside, ok := strings.CutPrefix(importPath, module)
	if !ok {
		return ""
	}
	return inside
}

// packages lists the module's packages by their place.
func packages(t *testing.T) map[string]goPackage {
	t.Helper()
	list := exec.CommandContext(t.Context(), "go", "list", "-e", "-json=ImportPath,Dir,GoFiles,Imports", "./...")
	var complaint bytes.Buffer
	list.Stderr = &complaint
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v: %s", err, complaint.String())
	}
	all := map[string]goPackage{}
	for decoder := jsontext.NewDecoder(bytes.NewReader(out)); ; {
		var p goPackage
		if err := json.UnmarshalDecode(decoder, &p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if at := place(p.ImportPath); at != "" && len(p.GoFiles) > 0 {
			all[at] = p
		}
	}
	for _, must := range []string{"domain", "domain/eventlog"} {
		if _, ok := all[must]; !ok {
			t.Fatalf("go list does not know %s: %v", must, complaint.String())
		}
	}
	return all
}

// within says whether a package is the folder, or under it.
func within(at, folder string) bool { return at == folder || strings.HasPrefix(at, folder+"/") }

// technology is the package of infra that a package belongs to: "infra/dynamo" for "infra/dynamo/local"; "" if none.
func technology(at string) string {
	parts := strings.Split(at, "/")
	if len(parts) < 2 || parts[0] != "infra" {
		return ""
	}
	return "infra/" + parts[1]
}

// mayImport is the rule: eventlog ◀ domain ◀ projections ◀ handlers, infra inwards only, cmd all.
func mayImport(at, other string) bool {
	inner := []string{"domain/eventlog"}
	switch {
	case within(at, "cmd"):
		return !within(other, "infra/contract")
	case within(at, "domain/eventlog/spec"), within(at, "domain") && !within(at, "domain/eventlog"):
	case within(at, "domain/eventlog"):
		inner = nil
	case within(at, "projections"):
		inner = []string{"domain"}
	case within(at, "handlers"):
		inner = []string{"domain", "projections"}
		for _, home := range []string{"handlers/rest", "handlers/lambda"} {
			if within(at, home) && within(other, home) {
				return true
			}
		}
	case technology(at) != "":
		inner = []string{"domain", "projections", technology(at)}
	default:
		return false
	}
	if within(other, "domain/eventlog/spec") {
		return false
	}
	return slices.ContainsFunc(inner, func(folder string) bool { return within(other, folder) })
}

func TestImportsPointInwards(t *testing.T) {
	for at, p := range packages(t) {
		for _, imported := range p.Imports {
			if other := place(imported); other != "" && !mayImport(at, other) {
				t.Errorf("%s imports %s", at, other)
			}
		}
	}
}

// The test above is worth what its rule is worth.
func TestTheImportRule(t *testing.T) {
	for _, c := range []struct {
		at, other string
		want      bool
	}{
		{"domain", "domain/eventlog", true},
		{"domain/eventlog", "domain", false},
		{"domain/eventlog/spec", "domain/eventlog", true},
		{"domain/eventlog", "domain/eventlog/spec", false},
		{"domain", "domain/eventlog/spec", false},
		{"domain", "projections", false},
		{"projections", "domain", true},
		{"projections", "domain/eventlog", true},
		{"projections", "handlers/rest", false},
		{"projections", "infra/pebble", false},
		{"handlers/rest", "projections", true},
		{"handlers/rest", "infra/pebble", false},
		{"handlers/rest", "handlers/lambda", false},
		{"handlers/rest/openapi", "handlers/rest", true},
		{"infra/pebble", "domain/eventlog", true},
		{"infra/pebble", "projections", true},
		{"infra/pebble", "handlers/rest", false},
		{"infra/pebble", "infra/sender", false},
		{"infra/pebble", "infra/contract", false},
		{"infra/dynamo", "infra/dynamo/local", true},
		{"infra/contract", "domain/eventlog", true},
		{"infra/contract", "infra/pebble", false},
		{"cmd/webplug", "infra/pebble", true},
		{"cmd/webplug", "infra/contract", false},
		{"infra/pebble", "cmd/webplug", false},
		{"domain", "cmd/webplug", false},
		{"tools", "domain", false},
	} {
		if got := mayImport(c.at, c.other); got != c.want {
			t.Errorf("%s may import %s: %v", c.at, c.other, got)
		}
	}
}

// technologies are libraries that belong to one place each, so that everything else can do without them.
var technologies = []struct {
	library string
	homes   []string
}{
	{"net/http", []string{"handlers/rest", "infra/sender", "infra/dynamo", "infra/sns", "infra/sqs", "infra/snslocal", "infra/moto", "ui", "cmd"}},
	{"github.com/labstack/", []string{"handlers/rest", "infra/snslocal", "cmd"}},
	{"github.com/cockroachdb/", []string{"infra/pebble", "infra/snslocal", "cmd"}},
	{"github.com/aws/aws-sdk-go-v2", []string{"infra/dynamo", "infra/sns", "infra/sqs", "infra/moto", "cmd"}},
	{"github.com/aws/smithy-go", []string{"infra/dynamo", "infra/sns", "infra/sqs", "cmd"}},
	{"github.com/aws/aws-lambda-go", []string{"handlers/lambda", "infra/dynamo", "infra/sqs", "cmd"}}, // the forms that a stream and a queue have
	{"github.com/aws/aws-cdk-go", []string{"infra/cdk"}},
	{"github.com/spf13/", []string{"cmd"}},
}

func TestATechnologyStaysAtHome(t *testing.T) {
	for at, p := range packages(t) {
		for _, imported := range p.Imports {
			for _, tech := range technologies {
				is := imported == tech.library || strings.HasPrefix(imported, strings.TrimSuffix(tech.library, "/")+"/")
				if is && !slices.ContainsFunc(tech.homes, func(home string) bool { return within(at, home) }) {
					t.Errorf("%s imports %s", at, imported)
				}
			}
		}
	}
}

// What domain and projections need within the module must be as free of technology as they are: a package between would
// only hide it.
func TestDomainAndProjectionsAreFreeOfTechnology(t *testing.T) {
	all := packages(t)
	seen := map[string]bool{}
	var visit func(at, through string)
	visit = func(at, through string) {
		if seen[at] {
			return
		}
		seen[at] = true
		for _, imported := range all[at].Imports {
			if other := place(imported); other != "" {
				visit(other, through+" ▶ "+other)
				continue
			}
			for _, tech := range technologies {
				if strings.HasPrefix(imported, strings.TrimSuffix(tech.library, "/")) {
					t.Errorf("%s imports %s", through, imported)
				}
			}
		}
	}
	for at := range all {
		if within(at, "domain") || within(at, "projections") {
			visit(at, at)
		}
	}
}
