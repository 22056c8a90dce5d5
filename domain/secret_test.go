package domain_test

import (
	"bytes"
	stdjson "encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"webplug/domain"
)

func TestSecret(t *testing.T) {
	raw := bytes.Repeat([]byte{0xfb, 0xef, 1}, 11)[:32]
	secret, err := domain.NewSecret(raw)
	if err != nil {
		t.Fatal(err)
	}

	t.Run("is read back from what it reveals", func(t *testing.T) {
		again, err := domain.ParseSecret(secret.Reveal())
		if err != nil || !bytes.Equal(again, raw) {
			t.Fatalf("got %x, %v; want %x", []byte(again), err, raw)
		}
	})

	t.Run("keeps its own copy", func(t *testing.T) {
		random := bytes.Clone(raw)
		own, _ := domain.NewSecret(random)
		clear(random)
		if !bytes.Equal(own, raw) {
			t.Fatal("changed with the slice it was made of")
		}
	})

	t.Run("is never shown", func(t *testing.T) {
		var logs bytes.Buffer
		for _, h := range []slog.Handler{slog.NewTextHandler(&logs, nil), slog.NewJSONHandler(&logs, nil)} {
			slog.New(h).Info("m", "secret", secret, "in", struct{ S domain.Secret }{secret}, "all", []domain.Secret{secret})
		}
		std, err := stdjson.Marshal(map[string]any{"s": secret, "p": &secret})
		if err != nil {
			t.Fatal(err)
		}
		v2, err := json.Marshal(struct {
			S domain.Secret
			L []domain.Secret
		}{secret, []domain.Secret{secret}})
		if err != nil {
			t.Fatal(err)
		}
		shown := []string{secret.String(), logs.String(), string(std), string(v2), fmt.Errorf("with %w", errors.New(fmt.Sprint(secret))).Error()}
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%c", "%08b"} {
			shown = append(shown,
				fmt.Sprintf(verb, secret), fmt.Sprintf(verb, &secret),
				fmt.Sprintf(verb, struct{ S domain.Secret }{secret}), fmt.Sprintf(verb, []domain.Secret{secret}))
		}
		value := strings.TrimPrefix(secret.Reveal(), "whsec_")
		for _, s := range shown {
			for _, leak := range []string{value, fmt.Sprintf("%x", raw), fmt.Sprintf("%X", raw), "251 239", "0xfb, 0xef", "11111011", string(raw)} {
				if strings.Contains(s, leak) {
					t.Errorf("%q shows %q", s, leak)
				}
			}
		}
		for _, s := range []string{secret.String(), fmt.Sprint(secret), string(std), string(v2), logs.String()} {
			if !strings.Contains(s, "whsec_…") {
				t.Errorf("%q does not say that there is a secret", s)
			}
		}
	})
}

func TestParseSecret(t *testing.T) {
	of := func(n int) string {
		s, err := domain.NewSecret(bytes.Repeat([]byte("k"), max(n, domain.MinSecretBytes)))
		if err != nil {
			t.Fatal(err)
		}
		return s.Reveal()
	}
	for _, ok := range []string{"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", of(24), of(25), of(26), of(64)} {
		if _, err := domain.ParseSecret(ok); err != nil {
			t.Errorf("%s: %v", ok, err)
		}
	}
	bad := map[string]string{
		"empty":               "",
		"no prefix":           "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
		"the private key's":   "whsk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
		"prefix alone":        "whsec_",
		"23 bytes":            "whsec_" + strings.Repeat("YWFh", 7) + "YWE=",
		"65 bytes":            "whsec_" + strings.Repeat("YWFh", 21) + "YWE=",
		"no padding":          strings.TrimRight(of(25), "="),
		"not canonical":       "whsec_" + strings.Repeat("YWFh", 8) + "YWF=",
		"of the URL alphabet": "whsec_" + strings.Repeat("__--", 8),
		"a line break":        "whsec_MfKQ9r8GKYqrTwjUPD8I\nLPZIo2LaLaSw",
		"a space":             "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw ",
	}
	for name, s := range bad {
		t.Run(name, func(t *testing.T) {
			got, err := domain.ParseSecret(s)
			if !errors.Is(err, domain.ErrBadSecret) {
				t.Fatalf("got %v, %v", got.Reveal(), err)
			}
			if value := strings.TrimPrefix(s, "whsec_"); len(value) > 8 && strings.Contains(err.Error(), value[:8]) {
				t.Errorf("the error shows the value: %v", err)
			}
		})
	}
}
