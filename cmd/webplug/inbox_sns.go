package main

import (
	"context"

	"github.com/go-json-experiment/json"

	"webplug/cmd/webplug/envelope"
)

// openSNS takes the webhook out of its envelope. What asks to confirm a subscription is confirmed, if its signature is good.
func (in *inbox) openSNS(ctx context.Context, a *arrival, body []byte) (webhook []byte) {
	var e envelope.Envelope
	if err := json.Unmarshal(body, &e); err != nil {
		a.Signature, a.Reason = signatureInvalid, "the body is no envelope of SNS's"
		return body
	}
	a.ID, a.Signature = e.MessageID, signatureValid
	if err := in.sns.Verify(ctx, e); err != nil {
		a.Signature, a.Reason = signatureInvalid, err.Error()
	}
	if e.Type != "SubscriptionConfirmation" {
		var inner struct {
			ID string `json:"id"`
		}
		if json.Unmarshal([]byte(e.Message), &inner) == nil && inner.ID != "" {
			a.ID = inner.ID
		}
		return []byte(e.Message)
	}
	a.Type = e.Type
	switch {
	case a.Signature != signatureValid:
	case in.unconfirmed:
		a.Note = "not confirmed, as told; token " + e.Token
	default:
		err := envelope.Trusted(e.SubscribeURL)
		if err == nil {
			_, err = in.sns.Get(ctx, e.SubscribeURL)
		}
		a.Note = "confirmed"
		if err != nil {
			a.Note = "not confirmed: " + err.Error()
		}
	}
	return body
}
