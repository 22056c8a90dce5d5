package cli_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"webplug/infra/moto"
)

// A process that is killed while CloudFormation works has left a stack behind, and nothing else that the next one could go on
// from: it does, and comes to the same end.
func TestKilledWhileItDeploysAndDestroys(t *testing.T) {
	behind, err := url.Parse(moto.StartWithOutputs(t))
	if err != nil {
		t.Fatal(err)
	}
	_, err = secretsmanager.NewFromConfig(moto.Config(behind.String())).CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{
		Name: aws.String("webplug/kill/admin-key"), SecretString: &installed.key,
	})
	if err != nil {
		t.Fatal(err)
	}
	var victim atomic.Pointer[os.Process]
	var deadly atomic.Pointer[string] // the action at which the process is killed, once AWS has done it
	forward := httputil.NewSingleHostReverseProxy(behind)
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		answer := httptest.NewRecorder()
		forward.ServeHTTP(answer, r)
		if action := deadly.Load(); action != nil && strings.Contains(string(body), "Action="+*action) {
			_ = victim.Load().Kill() // it may be gone
		}
		for name, values := range answer.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(answer.Code)
		_, _ = w.Write(answer.Body.Bytes())
	}))
	defer front.Close()

	dir := t.TempDir()
	template, err := os.ReadFile("../deploy/testdata/small.json")
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{"small.json": strings.Replace(string(template), "http://127.0.0.1:1", installed.url, 1), "code.zip": "PK"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run := func(killAt string, args ...string) (string, error) {
		c := exec.Command(installed.binary, append(args, "--stage", "kill", "--region", "eu-central-1", "--poll", "50ms")...)
		c.Dir = dir
		c.Env = append(plainEnvironment(), "AWS_ENDPOINT_URL="+front.URL, "AWS_ACCESS_KEY_ID=ada", "AWS_SECRET_ACCESS_KEY=secret", "AWS_CA_BUNDLE=",
			"AWS_CONFIG_FILE=/nowhere", "AWS_SHARED_CREDENTIALS_FILE=/nowhere", "HOME="+dir, "XDG_CONFIG_HOME="+dir)
		var out bytes.Buffer
		c.Stdout, c.Stderr = &out, &out
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		victim.Store(c.Process)
		if deadly.Store(nil); killAt != "" {
			deadly.Store(&killAt)
		}
		err := c.Wait()
		return out.String(), err
	}
	for _, step := range []struct {
		args   []string
		killAt []string
	}{
		{[]string{"deploy", "--template", "small.json", "--package", "code.zip", "--yes"}, []string{"CreateChangeSet", "ExecuteChangeSet"}},
		{[]string{"destroy", "--confirm", "kill", "--delete-data"}, []string{"DeleteStack", "ListTopics"}},
	} {
		for _, action := range step.killAt {
			if out, err := run(action, step.args...); err == nil {
				t.Fatalf("%v was not killed at %s:\n%s", step.args, action, out)
			}
		}
		if out, err := run("", step.args...); err != nil {
			t.Fatalf("%v after all that: %v\n%s", step.args, err, out)
		}
	}
	if out, err := run("", "status"); err == nil {
		t.Fatalf("there is still something:\n%s", out)
	}
}
