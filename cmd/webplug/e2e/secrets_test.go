package e2e

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"
)

func TestASecretIsShownToTheScopeSecretsAndRecorded(t *testing.T) {
	t.Parallel()
	s := newService(t)
	e := s.endpoint(s.user().ID, "https://example.com/hook")
	other := s.endpoint(e.UserID, "https://example.com/other")
	at := "/endpoints/" + e.ID + "/secret"
	keeper, reader := newKey(s.client, s.id, "secrets"), newKey(s.client, s.id, "read", "manage", "publish")
	s.changesNothing(func() { s.by(reader.Key).get(at).refused(403, "forbidden", "") })

	shown := s.by(keeper.Key).get(at).is(200)
	secret := of[struct {
		Secret string `json:"secret"`
	}](shown).Secret
	raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil || !strings.HasPrefix(secret, "whsec_") || len(raw) < 24 || len(raw) > 64 {
		t.Errorf("a secret of %d bytes (%v)", len(raw), err)
	}
	if shown.header.Get("Cache-Control") != "no-store" {
		t.Errorf("shown with Cache-Control: %s", shown.header.Get("Cache-Control"))
	}
	if s.secret(e.ID) != secret || s.secret(other.ID) == secret {
		t.Error("it is another each time, or the same for all")
	}
	reads := s.history(where("type", "SecretRead", "stream", s.id+"/"+e.ID))
	if len(reads) != 2 || reads[0].Actor != keeper.ID || reads[1].Actor != "admin" {
		t.Errorf("recorded: %+v", reads)
	}
	if want := reads[0].Stream + "@1"; shown.position() != want {
		t.Errorf("position %s, want %s", shown.position(), want)
	}
	s.get("/endpoints/ep_00000000000000000000000000/secret").refused(404, "not-found", "")
}

func TestAfterARotationBothSecretsSignForADay(t *testing.T) {
	ofStandardWebhooks(t, "secret that signs")
	t.Parallel()
	s := newService(t)
	s.eventType("card_issued")
	r := receive(t, nil)
	e := s.endpoint(s.user().ID, r.url(), "card_issued")
	before := s.secret(e.ID)
	rotated := s.post("/endpoints/"+e.ID+"/secret/rotate", nil).is(200)
	if strings.Contains(string(rotated.body), "whsec_") {
		t.Error("the new secret is shown without its scope")
	}
	until := of[endpointRow](rotated).PreviousSecretUntil
	if until == nil || time.Until(*until) < 23*time.Hour || time.Until(*until) > 24*time.Hour {
		t.Errorf("the former secret signs until %v", until)
	}
	after := s.secret(e.ID)
	if after == before {
		t.Fatal("it is the same secret")
	}
	s.publish("card_issued", "")
	h := r.await(1)[0]
	if n := len(strings.Fields(h.header.Get("webhook-signature"))); n != 2 {
		t.Errorf("%d signatures: %s", n, h.header.Get("webhook-signature"))
	}
	for name, secret := range map[string]string{"former": before, "new": after} {
		if err := h.signedBy(secret); err != nil {
			t.Errorf("the %s secret: %v", name, err)
		}
	}
	t.Run("each rotation is one of its own, within reason", func(t *testing.T) {
		for range 8 {
			s.post("/endpoints/"+e.ID+"/secret/rotate", members{}).is(200)
		}
		s.changesNothing(func() {
			s.post("/endpoints/"+e.ID+"/secret/rotate", nil).refused(409, "conflict", "")
		})
		if n := len(s.history(where("type", "SecretRotated"))); n != 9 {
			t.Errorf("%d rotations", n)
		}
	})
}
