package snslocal_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/go-json-experiment/json"
)

// A library that others wrote takes what is signed here, by either version, and nothing that was changed.
func TestSignaturesAreTakenByAnIndependentLibrary(t *testing.T) {
	w := start(t, nil)
	var envelopes []map[string]any
	var taken []bool
	add := func(e map[string]any, want bool) { envelopes, taken = append(envelopes, e), append(taken, want) }
	for n, version := range []string{"1", "2"} {
		made, err := w.sns.CreateTopic(t.Context(), &sns.CreateTopicInput{Name: aws.String("v" + version), Attributes: map[string]string{"SignatureVersion": version}})
		if err != nil {
			t.Fatal(err)
		}
		w.confirmed(*made.TopicArn, nil)
		add(w.got("SubscriptionConfirmation", n+1).envelope(t), true)
		in := &sns.PublishInput{TopicArn: made.TopicArn, Message: aws.String("{\"text\":\"<b>&ü\u2028\\n</b>\"}"), Subject: aws.String("a subject")}
		if _, err := w.sns.Publish(t.Context(), in); err != nil {
			t.Fatal(err)
		}
		e := w.got("Notification", n+1).envelope(t)
		add(e, true)
		changed := map[string]any{}
		for k, v := range e {
			changed[k] = v
		}
		changed["Message"] = "another"
		add(changed, false)
	}
	input, err := json.Marshal(envelopes)
	if err != nil {
		t.Fatal(err)
	}
	authority := filepath.Join(t.TempDir(), "authority.pem")
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: w.public.Certificate().Raw})
	if err := os.WriteFile(authority, certificate, 0o600); err != nil {
		t.Fatal(err)
	}
	run := exec.CommandContext(t.Context(), "node", filepath.Join(verifier(t), "verify.js"))
	run.Stdin, run.Stderr, run.Env = bytes.NewReader(input), os.Stderr, append(os.Environ(), "NODE_EXTRA_CA_CERTS="+authority)
	output, err := run.Output()
	if err != nil {
		t.Fatalf("run the JavaScript library: %v", err)
	}
	var verdicts []string
	if err := json.Unmarshal(output, &verdicts); err != nil || len(verdicts) != len(taken) {
		t.Fatalf("%v: %s", err, output)
	}
	for i, verdict := range verdicts {
		if (verdict == "") != taken[i] {
			t.Errorf("%v: %q", envelopes[i], verdict)
		}
	}
}

// verifier installs testdata/verify-js into the user's cache, once for each lock file, and gives the folder.
func verifier(t *testing.T) string {
	for _, tool := range []string{"node", "npm"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Fatalf("this test runs a JavaScript library that checks SNS's signatures and needs %s, which is not installed", tool)
		}
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = t.TempDir()
	}
	source, hash := filepath.Join("testdata", "verify-js"), sha256.New()
	for _, name := range []string{".npmrc", "package.json", "package-lock.json", "verify.js"} {
		data, err := os.ReadFile(filepath.Join(source, name))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(data), "resolved\"") {
			t.Fatalf("%s names where packages were found", name)
		}
		hash.Write(data)
	}
	home := filepath.Join(cache, "webplug", "verify-sns-"+hex.EncodeToString(hash.Sum(nil)[:8]))
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
		t.Fatalf("npm ci of the JavaScript library: %v\n%s", err, output)
	}
	if err := os.Rename(fresh, home); err != nil && !errors.Is(err, os.ErrExist) {
		if _, there := os.Stat(home); there != nil { // else another test process was quicker
			t.Fatal(err)
		}
	}
	return home
}
