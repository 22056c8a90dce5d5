package domain

import "net/url"

// maxToken bounds a token of SNS's, in bytes; theirs have some 200.
const maxToken = 1024

// Confirmable refuses a subscription that has no handshake under way. One that is confirmed already is taken: to confirm is
// repeatable.
func (e Endpoint) Confirmable(eventType string) error {
	s, ok := e.Subscription(eventType)
	switch {
	case !ok:
		return Refuse(NotFound, "", "no such subscription")
	case e.Format != SNS:
		return Refuse(Conflict, "", "a subscription of the format %s needs no confirmation", e.Format)
	case e.Removed(), s.Removed:
		return Refuse(Conflict, "", "the subscription is removed")
	case !s.Handshake.Exists() && !s.Link.Exists():
		return Refuse(Conflict, "", "no handshake is under way (the subscription is %s); ask for a new one", s.State)
	}
	return nil
}

// ToConfirm is what a token is for: the handshake under way, or what was confirmed last.
func (s Subscription) ToConfirm() Link {
	if s.Handshake.Exists() {
		return s.Handshake
	}
	return s.Link
}

// HandshakeToken is the token that somebody gives, itself or within a SubscribeURL. That of another topic is refused.
func HandshakeToken(e Endpoint, eventType, token, subscribeURL string) (string, error) {
	field := "token"
	switch {
	case token == "" && subscribeURL == "":
		return "", Refuse(Invalid, "token", "is required, or subscribe_url")
	case token != "" && subscribeURL != "":
		return "", Refuse(Invalid, "subscribe_url", "give it or token, not both")
	case subscribeURL != "":
		field = "subscribe_url"
		u, err := url.Parse(subscribeURL)
		if err != nil || u.Query().Get("Action") != "ConfirmSubscription" || u.Query().Get("Token") == "" {
			return "", Refuse(Invalid, field, "is not the SubscribeURL of a SubscriptionConfirmation")
		}
		s, _ := e.Subscription(eventType)
		if u.Query().Get("TopicArn") != s.ToConfirm().TopicARN {
			return "", Refuse(Invalid, field, "is of another topic than this subscription's")
		}
		token = u.Query().Get("Token")
	}
	if len(token) > maxToken {
		return "", Refuse(Invalid, field, "is too long for a token")
	}
	return token, nil
}
