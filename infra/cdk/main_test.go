package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/assertions"
	"github.com/aws/jsii-runtime-go"
)

// All tests share one Node process, which the CDK runs in.
func TestMain(m *testing.M) {
	code := m.Run()
	jsii.Close()
	os.Exit(code)
}

// released is the template that a release brings along, synthesized once.
var released = sync.OnceValue(func() assertions.Template { return synthesized("") })

// asAsset is the template of cdk deploy.
var asAsset = sync.OnceValue(func() assertions.Template {
	dir, err := os.MkdirTemp("", "webplug-cdk-")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	zip := filepath.Join(dir, "lambda.zip")
	if err := os.WriteFile(zip, []byte("a package"), 0o600); err != nil {
		panic(err)
	}
	return synthesized(zip)
})

func synthesized(pkg string) assertions.Template {
	app := awscdk.NewApp(&awscdk.AppProps{AnalyticsReporting: jsii.Bool(false)})
	return assertions.Template_FromStack(NewStack(app, Props{Stage: "test", Package: pkg}), nil)
}

// resource is one of a template's.
type resource struct {
	Type       string
	Properties map[string]any
	Condition  string
	DependsOn  any
	// How a resource ends.
	DeletionPolicy, UpdateReplacePolicy any
}

// document is a template as it is read back.
type templateDocument struct {
	Description string
	Transform   any
	Parameters  map[string]map[string]any
	Conditions  map[string]any
	Rules       map[string]any
	Resources   map[string]resource
	Outputs     map[string]map[string]any
}

func read(t *testing.T, template assertions.Template) templateDocument {
	t.Helper()
	var d templateDocument
	if err := json.Unmarshal(compact(t, template), &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// compact is a template in few bytes.
func compact(t *testing.T, template assertions.Template) []byte {
	t.Helper()
	b, err := json.Marshal(template.ToJSON())
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// of are the resources of a type, by logical id.
func (d templateDocument) of(kind string) map[string]resource {
	all := map[string]resource{}
	for id, r := range d.Resources {
		if r.Type == kind {
			all[id] = r
		}
	}
	return all
}

// holds fails a test unless an assertion of the CDK, which panics otherwise, holds.
func holds(t *testing.T, assert func()) {
	t.Helper()
	defer func() {
		t.Helper()
		if why := recover(); why != nil {
			t.Errorf("%v", why)
		}
	}()
	assert()
}
