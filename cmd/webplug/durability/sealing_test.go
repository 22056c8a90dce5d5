package durability

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
)

// What this test makes up and must not find again.
const (
	payloadText = "zq7Payload-of-Ada's-card-4242"
	answerText  = "zq7Answer-with-a-stack-trace"
	refusedText = "zq7Payload-that-does-not-fit"
	requestText = "zq7Idempotency-Key"
	apiKeyText  = "zq7AdminKeyFromTheEnvironment"
)

// TestSealing reads all files and logs as one would who has stolen them, and looks for what is secret, in the spellings
// that text is usually stored in.
func TestSealing(t *testing.T) {
	t.Parallel()
	// Logs tell the most at this level. Files are looked through before tables are made of them: in those, compression
	// could hide what is not sealed.
	s := serve(t, t.TempDir(), settings{args: []string{"--log-level", "debug"}})
	secrets := liveABit(t, s)
	secrets["the admin key"] = []byte(s.key)
	secrets["the master key's text"] = []byte(read(t, filepath.Join(s.dir, "master.key")))
	secrets["the master key"] = decoded(t, string(secrets["the master key's text"]))
	secrets["a payload"], secrets["an answer"], secrets["a refused payload"] = []byte(payloadText), []byte(answerText), []byte(refusedText)
	secrets["an Idempotency-Key"] = []byte(requestText)
	metrics := s.must(t, http.StatusOK, http.MethodGet, "/metrics", nil, nil)

	look := func(when string, running *server) {
		t.Helper()
		places := files(t, running.dir)
		places["stdout"], places["stderr"] = []byte(running.out.String()), []byte(running.logs.String())
		places["/metrics"] = metrics.body
		if !found(places, []byte(eventName)) || !found(places, []byte("webplug is ready")) {
			t.Errorf("%s: not even what is open to all is found", when)
		}
		for name, secret := range secrets {
			for spelling, text := range spellings(secret) {
				for place, content := range places {
					if bytes.Contains(content, text) {
						t.Errorf("%s: %s is in %s, %s", when, name, place, spelling)
					}
				}
			}
		}
	}
	look("while it runs", s)
	s.end()
	look("at its end", s)
	s = s.again(settings{env: []string{"WEBPLUG_API_KEY=" + apiKeyText}, args: []string{"--log-level", "debug", "--rebuild"}})
	secrets["the admin key from the environment"] = []byte(apiKeyText)
	s.end()
	look("after another start", s)
}

// liveABit makes everything that is secret pass through the system, and gives what it was told.
func liveABit(t *testing.T, s *server) map[string][]byte {
	t.Helper()
	secrets := map[string][]byte{}
	of := s.tenant(t, "bank")
	taking, failing := newSink(t), newSink(t)
	failing.text = answerText
	failing.answering(always(http.StatusInternalServerError))
	keep := func(name, endpoint string) {
		var shown struct {
			Secret string `json:"secret"`
		}
		s.must(t, http.StatusOK, http.MethodGet, of.path+"/endpoints/"+endpoint+"/secret", nil, &shown)
		secrets[name+"'s text"] = []byte(shown.Secret)
		secrets[name] = decoded(t, strings.TrimPrefix(shown.Secret, "whsec_"))
	}
	first, second := s.endpoint(t, of, taking.URL), s.endpoint(t, of, failing.URL)
	keep("a secret", first)
	keep("another secret", second)
	s.must(t, http.StatusOK, http.MethodPost, of.path+"/endpoints/"+first+"/secret/rotate", nil, nil)
	keep("a secret after its rotation", first)

	var key struct {
		Key string `json:"key"`
	}
	s.must(t, http.StatusCreated, http.MethodPost, "/v1/keys", fields{"name": "shop", "scopes": []string{"publish"}}, &key)
	secrets["an API key"] = []byte(key.Key[strings.LastIndex(key.Key, "_")+1:])

	s.create(t, of.path+"/event-types", fields{"name": "strict", "schema": fields{"type": "object", "required": []string{"n"}}})
	for range 20 {
		s.publish(t, of, fields{"text": payloadText})
		s.publish(t, of, fields{"text": strings.Repeat(payloadText+" ", 50)}) // worth compressing
	}
	id := s.publish(t, of, fields{"text": payloadText})
	publisher := s.api
	publisher.key = key.Key
	if got, err := publisher.call(t.Context(), http.MethodPost, of.path+"/messages", message(fields{"text": payloadText}), "Idempotency-Key", requestText); err != nil || got.status != http.StatusAccepted {
		t.Fatalf("%d %s (%v)", got.status, got.body, err)
	}
	for _, body := range []any{fields{"event_type": "strict", "payload": fields{"text": refusedText}}, fields{"event_type": eventName, refusedText: 1}} {
		if got, err := s.call(t.Context(), http.MethodPost, of.path+"/messages", body); err != nil || got.status != http.StatusUnprocessableEntity {
			t.Fatalf("%d %s (%v)", got.status, got.body, err)
		}
	}
	eventually(t, "an attempt is made and fails", func() bool {
		return s.delivery(t, of, id, first).Status == "delivered" && s.delivery(t, of, id, second).Status == "retrying"
	})
	if got := s.must(t, http.StatusOK, http.MethodGet, of.path+"/messages/"+id+"/history", nil, nil); !bytes.Contains(got.body, []byte(payloadText)) || !bytes.Contains(got.body, []byte(answerText)) {
		t.Errorf("who may read does not see payload and answer: %s", got.body)
	}
	return secrets
}

func decoded(t *testing.T, text string) []byte {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// spellings are the texts by which something is found, however it is written: as it is, as JSON, in hexadecimal, and in
// base64 wherever it begins in what was encoded.
func spellings(secret []byte) map[string][]byte {
	out := map[string][]byte{"as it is": secret}
	out["in hexadecimal"] = []byte(hex.EncodeToString(secret))
	out["in upper case hexadecimal"] = bytes.ToUpper(out["in hexadecimal"])
	if quoted, err := json.Marshal(string(secret)); err == nil {
		out["as JSON"] = quoted[1 : len(quoted)-1]
	}
	for shift := range 3 {
		// Bytes before and behind it change the characters at its edges, so these are left out.
		padded := append(make([]byte, shift), secret...)
		whole := len(padded) / 3 * 4
		for name, encoding := range map[string]*base64.Encoding{"base64": base64.RawStdEncoding, "URL base64": base64.RawURLEncoding} {
			text := encoding.EncodeToString(padded)[:whole]
			out["in "+name+" at "+string(rune('0'+shift))] = []byte(text[min(shift, 1)*4:])
		}
	}
	return out
}

func found(places map[string][]byte, text []byte) bool {
	for _, content := range places {
		if bytes.Contains(content, text) {
			return true
		}
	}
	return false
}

// files reads all files of a data folder but for the two that hold a key.
func files(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == "master.key" || d.Name() == "admin.key" {
			return err
		}
		out[path], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestSpellings shows that what TestSealing looks for would be found.
func TestSpellings(t *testing.T) {
	secret := []byte("\"Ada's\" secret, with an odd length.")
	for before := range 4 {
		for after := range 4 {
			whole := append(append(bytes.Repeat([]byte{0xfe}, before), secret...), bytes.Repeat([]byte{0xff}, after)...)
			quoted, err := json.Marshal(strings.ToValidUTF8(string(whole), "~"))
			if err != nil {
				t.Fatal(err)
			}
			for _, stored := range []string{
				string(whole), hex.EncodeToString(whole), strings.ToUpper(hex.EncodeToString(whole)), string(quoted),
				base64.StdEncoding.EncodeToString(whole), base64.RawURLEncoding.EncodeToString(whole),
			} {
				hit := false
				for _, text := range spellings(secret) {
					hit = hit || strings.Contains(stored, string(text))
				}
				if !hit {
					t.Errorf("%d bytes before and %d behind: nothing is found in %q", before, after, stored)
				}
			}
		}
	}
}
