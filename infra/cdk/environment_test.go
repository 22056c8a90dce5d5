package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"webplug/infra/stage"
)

// TestFunctionsStartWithTheirEnvironment starts the functions' program as Lambda does, with each function's environment. It
// names every variable that it misses; with all of them it comes as far as its first call to AWS, of which there is none here.
// It builds the program, which takes its time.
func TestFunctionsStartWithTheirEnvironment(t *testing.T) {
	program := filepath.Join(t.TempDir(), "bootstrap")
	build := exec.CommandContext(t.Context(), "go", "build", "-tags", "lambda.norpc", "-o", program, "./cmd/lambda")
	build.Dir = "../.."
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	r := resolver{t, read(t, released())}
	for _, role := range stage.Roles() {
		t.Run(string(role), func(t *testing.T) {
			var env []string
			variables := r.template.Resources[specs[role].id+"Function"].Properties["Environment"].(properties)["Variables"].(properties)
			for name, value := range variables {
				env = append(env, name+"="+r.text(value))
			}
			if why := refusal(t, program, env); !strings.Contains(why, "127.0.0.1:1") {
				t.Errorf("it does not come as far as AWS: %s", why)
			}
			if len(env) < 4 {
				return
			}
			for i, one := range env { // each is needed, or has a reason
				name, _, _ := strings.Cut(one, "=")
				if optional[name] {
					continue
				}
				if why := refusal(t, program, append(append([]string{}, env[:i]...), env[i+1:]...)); !strings.Contains(why, name) {
					t.Errorf("it does not miss %s: %s", name, why)
				}
			}
		})
	}
}

// optional are variables that a function can do without.
var optional = map[string]bool{stage.EnvPublicURL: true}

// refusal is why the program does not start.
func refusal(t *testing.T, program string, env []string) string {
	t.Helper()
	told := make(chan string, 1)
	lambda := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		why, _ := io.ReadAll(r.Body)
		select {
		case told <- fmt.Sprintf("%s: %s", r.URL.Path, why):
		default:
		}
		w.WriteHeader(http.StatusAccepted)
	}))
	defer lambda.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	run := exec.CommandContext(ctx, program)
	run.Env = append([]string{
		"AWS_LAMBDA_RUNTIME_API=" + strings.TrimPrefix(lambda.URL, "http://"), "AWS_REGION=eu-west-1", "AWS_ACCESS_KEY_ID=id", "AWS_SECRET_ACCESS_KEY=secret",
		"AWS_ENDPOINT_URL=http://127.0.0.1:1", "AWS_MAX_ATTEMPTS=1",
	}, env...)
	out, err := run.CombinedOutput()
	if err == nil {
		t.Fatalf("it ends without an error: %s", out)
	}
	select {
	case why := <-told:
		return why
	default:
		return string(out)
	}
}
