package sender_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"webplug/domain"
	"webplug/infra/sender"
)

// The vector that the specification's libraries test themselves with.
func TestSignature_of_the_published_vector(t *testing.T) {
	secret, err := domain.ParseSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	if err != nil {
		t.Fatal(err)
	}
	got := sender.Signature("msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), []byte(`{"test": 2432232314}`), [][]byte{secret})
	if want := "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="; got != want {
		t.Fatalf("got  %s\nwant %s", got, want)
	}
}

func TestSignature_of_several_secrets_is_a_list_newest_first(t *testing.T) {
	newest, older := bytes.Repeat([]byte("n"), 24), bytes.Repeat([]byte("o"), 64)
	at, body := time.Unix(1614265330, 999_999_999), []byte("{}")
	one := func(secrets ...[]byte) string { return sender.Signature("msg_1", at, body, secrets) }
	if got, want := one(newest, older), one(newest)+" "+one(older); got != want {
		t.Fatalf("got  %s\nwant %s", got, want)
	}
	if got := one(); got != "" {
		t.Fatalf("without a secret: %q", got)
	}
}

// judged is a webhook as it came over the wire, and whether a holder of one secret must take it.
type judged struct {
	name    string
	secret  domain.Secret
	headers http.Header
	body    []byte
	taken   bool
}

// judgements sends webhooks to a real endpoint, and spoils some of them.
func judgements(t *testing.T) []judged {
	secret := func(c string, n int) domain.Secret {
		s, err := domain.NewSecret(bytes.Repeat([]byte(c), n))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	newest, older, strange := secret("n", 24), secret("o", 64), secret("s", 32)
	url, got := endpoint(t, answerWith(204))
	send := func(body string, at time.Time, secrets ...domain.Secret) received {
		a := webhook(url)
		a.Body, a.At, a.Secrets = []byte(body), at, nil
		for _, s := range secrets {
			a.Secrets = append(a.Secrets, s)
		}
		if r := open(t).Attempt(t.Context(), a); !r.Delivered() {
			t.Fatalf("%+v", r)
		}
		return got()[0]
	}
	now := time.Now()
	plain := send(`{"type":"card_issued","data":{"n":9007199254740993,"s":"<é€😀> "}}`, now, newest)
	both := send(`{ "type" : "card_issued" }`, now, newest, older)
	stale := send(`{}`, now.Add(-6*time.Minute), newest)
	early := send(`{}`, now.Add(6*time.Minute), newest)
	changed := func(r received, name, value string) http.Header {
		h := r.Header.Clone()
		h.Set(name, value)
		return h
	}
	return []judged{
		{"one secret", newest, plain.Header, plain.body, true},
		{"one secret, another's", strange, plain.Header, plain.body, false},
		{"overlap, the newest secret", newest, both.Header, both.body, true},
		{"overlap, the older secret", older, both.Header, both.body, true},
		{"overlap, another's", strange, both.Header, both.body, false},
		{"body changed", newest, both.Header, []byte(`{"type":"card_issued"}`), false},
		{"id changed", newest, changed(plain, "webhook-id", "msg_2"), plain.body, false},
		{"time changed", newest, changed(plain, "webhook-timestamp", "1614265330"), plain.body, false},
		{"too old", newest, stale.Header, stale.body, false},
		{"too new", newest, early.Header, early.body, false},
	}
}

func TestWebhooks_are_taken_by_the_specifications_Go_library(t *testing.T) {
	for _, j := range judgements(t) {
		t.Run(j.name, func(t *testing.T) {
			verifier, err := standardwebhooks.NewWebhook(j.secret.Reveal())
			if err != nil {
				t.Fatal(err)
			}
			if err := verifier.Verify(j.body, j.headers); (err == nil) != j.taken {
				t.Fatalf("taken: %v (%v)", !j.taken, err)
			}
		})
	}
}

func TestWebhooks_are_taken_by_the_specifications_JavaScript_library(t *testing.T) {
	type webhook struct {
		Secret  string            `json:"secret"`
		Headers map[string]string `json:"headers"`
		Body    string            `json:"body"`
	}
	all := judgements(t)
	input := make([]webhook, len(all))
	for i, j := range all {
		input[i] = webhook{j.secret.Reveal(), map[string]string{}, base64.StdEncoding.EncodeToString(j.body)}
		for name := range j.headers {
			input[i].Headers[name] = j.headers.Get(name)
		}
	}
	text, err := json.Marshal(input)
	if err != nil {
		t.Fatal(err)
	}
	run := exec.CommandContext(t.Context(), "node", filepath.Join(verifier(t), "verify.js"))
	run.Stdin, run.Stderr = bytes.NewReader(text), os.Stderr
	output, err := run.Output()
	if err != nil {
		t.Fatalf("run the JavaScript library: %v", err)
	}
	var verdicts []string
	if err := json.Unmarshal(output, &verdicts); err != nil || len(verdicts) != len(all) {
		t.Fatalf("%v: %s", err, output)
	}
	for i, j := range all {
		if taken := verdicts[i] == ""; taken != j.taken {
			t.Errorf("%s: taken: %v (%s)", j.name, taken, verdicts[i])
		}
	}
}

// verifier installs testdata/verify-js into the user's cache, once for each lock file, and gives the folder.
func verifier(t *testing.T) string {
	for _, tool := range []string{"node", "npm"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Fatalf("this test runs the JavaScript library of Standard Webhooks and needs %s, which is not installed", tool)
		}
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = t.TempDir()
	}
	hash := sha256.New()
	source := filepath.Join("testdata", "verify-js")
	files := []string{".npmrc", "package.json", "package-lock.json", "verify.js"}
	for _, name := range files {
		data, err := os.ReadFile(filepath.Join(source, name))
		if err != nil {
			t.Fatal(err)
		}
		hash.Write(data)
	}
	home := filepath.Join(cache, "webplug", "verify-js-"+hex.EncodeToString(hash.Sum(nil)[:8]))
	if _, err := os.Stat(home); err == nil {
		return home
	}
	if err := os.MkdirAll(filepath.Dir(home), 0o755); err != nil {
		t.Fatal(err)
	}
	fresh, err := os.MkdirTemp(filepath.Dir(home), "installing-")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(fresh) }()
	if err := os.CopyFS(fresh, os.DirFS(source)); err != nil {
		t.Fatal(err)
	}
	install := exec.CommandContext(t.Context(), "npm", "ci")
	install.Dir = fresh
	if output, err := install.CombinedOutput(); err != nil {
		t.Fatalf("npm ci of the JavaScript library of Standard Webhooks: %v\n%s", err, output)
	}
	if err := os.Rename(fresh, home); err != nil && !errors.Is(err, os.ErrExist) {
		if _, there := os.Stat(home); there != nil { // else another test process was quicker
			t.Fatal(err)
		}
	}
	return home
}

// The lock file pins by hash and names no registry, so that any will do.
func TestVerifier_is_pinned_by_hash_alone(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("testdata", "verify-js", "package-lock.json"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(data), "resolved") || strings.Contains(string(data), "://") {
		t.Error("package-lock.json names where packages were found")
	}
	if packages, pinned := strings.Count(string(data), `"node_modules/`), strings.Count(string(data), `"integrity": "sha512-`); packages == 0 || packages != pinned {
		t.Errorf("%d packages, %d pinned", packages, pinned)
	}
}
