package cli

import (
	"net/http"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"webplug/cmd/webplug/api"
	"webplug/domain"
)

// message is what is needed of one to make the webhook that endpoints get.
type message struct {
	ID        string         `json:"id"`
	EventType string         `json:"event_type"`
	UserID    string         `json:"user_id"`
	CreatedAt time.Time      `json:"created_at"`
	Payload   jsontext.Value `json:"payload"`
}

// webhook is the body that WebPlug sends.
func (m message) webhook() []byte { return domain.Webhook(m.ID, m.EventType, m.CreatedAt, m.Payload) }

// message reads one.
func (s *session) message(id string) (message, error) {
	var m message
	path, err := s.messagePath(id)
	if err != nil {
		return m, err
	}
	v, err := s.Get(s.ctx, path)
	if err != nil {
		return m, err
	}
	return m, (api.Answer{Status: http.StatusOK, Body: v}).Into(&m)
}
