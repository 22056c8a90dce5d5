package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/rogpeppe/go-internal/testscript"

	"webplug/infra/moto"
)

// TestAWSScripts runs the scripts in testdata/aws against moto, whose stack names this package's own server as its API: small.json
// is the small template that deploy's tests have, with that URL.
func TestAWSScripts(t *testing.T) {
	url := moto.StartWithOutputs(t)
	template, err := os.ReadFile("../deploy/testdata/small.json")
	if err != nil {
		t.Fatal(err)
	}
	small := strings.Replace(string(template), "http://127.0.0.1:1", installed.url, 1)
	testscript.Run(t, testscript.Params{
		Dir: "testdata/aws", RequireExplicitExec: true, RequireUniqueNames: true,
		Setup: func(env *testscript.Env) error {
			if err := setUp(env); err != nil {
				return err
			}
			for name, value := range map[string]string{
				"AWS_ENDPOINT_URL": url, "AWS_ACCESS_KEY_ID": "ada", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_EC2_METADATA_DISABLED": "true",
				"AWS_CONFIG_FILE": "/nowhere", "AWS_SHARED_CREDENTIALS_FILE": "/nowhere", "AWS_CA_BUNDLE": "", "AWS_REGION": "eu-central-1",
				"WEBPLUG_URL": "", "WEBPLUG_API_KEY": "", "WEBPLUG_SERVICE": "",
			} {
				env.Setenv(name, value)
			}
			for file, content := range map[string]string{"small.json": small, "code.zip": "PK", "changed.json": strings.Replace(small, "-attempts", "-tries", 1)} {
				if err := os.WriteFile(filepath.Join(env.WorkDir, file), []byte(content), 0o600); err != nil {
					return err
				}
			}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "take": take, "json": isJSON,
			"secret": func(ts *testscript.TestScript, _ bool, args []string) { // secret NAME VALUE
				client := secretsmanager.NewFromConfig(moto.Config(url))
				_, err := client.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: &args[0], SecretString: &args[1]})
				ts.Check(err)
			},
			"topic": func(ts *testscript.TestScript, _ bool, args []string) { // topic NAME
				_, err := sns.NewFromConfig(moto.Config(url)).CreateTopic(t.Context(), &sns.CreateTopicInput{Name: &args[0]})
				ts.Check(err)
			},
		},
	})
}
