package main

import (
	"bytes"
	"strings"
	"testing"
)

// What AWS lacks is told in one sentence that says what to do.
func TestServeOnDynamoDBSaysWhatIsMissing(t *testing.T) {
	for _, c := range []struct {
		name string
		env  map[string]string
		args []string
		code int
		says string
	}{
		{"an unknown store", nil, []string{"--store", "postgres"}, exitUsage, "neither pebble nor dynamodb"},
		{"a name that no table has", nil, []string{"--store", "dynamodb", "--tables", "a b"}, exitUsage, "--tables"},
		{"no region", nil, []string{"--store", "dynamodb"}, exitFailed, "AWS_REGION"},
		{"no credentials", map[string]string{"AWS_REGION": "eu-central-1"}, []string{"--store", "dynamodb"}, exitFailed, "AWS_ACCESS_KEY_ID"},
		{
			"one endpoint of two", map[string]string{"AWS_REGION": "eu-central-1", "AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:1"},
			[]string{"--store", "dynamodb"}, exitFailed, "AWS_ENDPOINT_URL_DYNAMODB_STREAMS",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, name := range []string{
				"AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL",
				"AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL_DYNAMODB_STREAMS", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_WEB_IDENTITY_TOKEN_FILE",
			} {
				t.Setenv(name, "")
			}
			t.Setenv("AWS_CONFIG_FILE", t.TempDir()+"/none")
			t.Setenv("AWS_SHARED_CREDENTIALS_FILE", t.TempDir()+"/none")
			t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
			for name, value := range c.env {
				t.Setenv(name, value)
			}
			var stderr bytes.Buffer
			args := append([]string{"serve", "--addr", "127.0.0.1:0", "--data", t.TempDir()}, c.args...)
			code := execute(t.Context(), args, strings.NewReader(""), &bytes.Buffer{}, &stderr)
			lines := strings.Split(strings.TrimSpace(stderr.String()), "\n")
			if said := strings.Join(lines, " "); code != c.code || !strings.Contains(said, c.says) {
				t.Errorf("exit code %d, and it says: %s", code, said)
			}
		})
	}
}
