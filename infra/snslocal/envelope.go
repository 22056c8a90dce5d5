package snslocal

import (
	"net/url"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// The types of what an endpoint is sent.
const (
	typeNotification = "Notification"
	typeConfirmation = "SubscriptionConfirmation"
)

// message is what was published, or a handshake, as it is kept until all of its jobs are done.
type message struct {
	ID         string                    `json:"id"`
	Type       string                    `json:"type"`
	TopicARN   string                    `json:"topic_arn"`
	At         time.Time                 `json:"at"`
	Subject    string                    `json:"subject,omitzero"`
	Text       string                    `json:"text,omitzero"`
	Attributes map[string]attributeValue `json:"attributes,omitempty"`
	Token      string                    `json:"token,omitzero"`
}

// timestamp is how envelopes write times: to the millisecond, in UTC.
func timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// envelope is what an endpoint gets (Amazon SNS Developer Guide, "Parsing Amazon SNS message formats"), in its order.
type envelope struct {
	Type              string                    `json:"Type"`
	MessageID         string                    `json:"MessageId"`
	Token             string                    `json:"Token,omitzero"`
	TopicARN          string                    `json:"TopicArn"`
	Subject           string                    `json:"Subject,omitzero"`
	Message           string                    `json:"Message"`
	SubscribeURL      string                    `json:"SubscribeURL,omitzero"`
	Timestamp         string                    `json:"Timestamp"`
	SignatureVersion  string                    `json:"SignatureVersion"`
	Signature         string                    `json:"Signature"`
	SigningCertURL    string                    `json:"SigningCertURL"`
	UnsubscribeURL    string                    `json:"UnsubscribeURL,omitzero"`
	MessageAttributes map[string]attributeValue `json:"MessageAttributes,omitempty"`
}

// signed is the text that the signature is over: names and values in byte order of the names, each on a line of its own.
// MessageAttributes are not in it.
func (e envelope) signed() string {
	var b strings.Builder
	add := func(name, value string) { b.WriteString(name + "\n" + value + "\n") }
	add("Message", e.Message)
	add("MessageId", e.MessageID)
	if e.Type == typeNotification {
		if e.Subject != "" {
			add("Subject", e.Subject)
		}
	} else {
		add("SubscribeURL", e.SubscribeURL)
	}
	add("Timestamp", e.Timestamp)
	if e.Type != typeNotification {
		add("Token", e.Token)
	}
	add("TopicArn", e.TopicARN)
	add("Type", e.Type)
	return b.String()
}

// seal makes a message's envelope for a subscription.
func (s *Server) seal(m *message, sub *subscription, version string) ([]byte, error) {
	base := s.options.PublicURL
	e := envelope{
		Type: m.Type, MessageID: m.ID, TopicARN: m.TopicARN, Subject: m.Subject, Message: m.Text, Timestamp: timestamp(m.At),
		SignatureVersion: version, SigningCertURL: base + "/" + s.signer.name(), MessageAttributes: m.Attributes,
	}
	if m.Type == typeConfirmation {
		e.Token = m.Token
		e.Message = "You have chosen to subscribe to the topic " + m.TopicARN +
			".\nTo confirm the subscription, visit the SubscribeURL included in this message."
		e.SubscribeURL = base + "/?Action=ConfirmSubscription&TopicArn=" + url.QueryEscape(m.TopicARN) + "&Token=" + m.Token
	} else {
		e.UnsubscribeURL = base + "/?Action=Unsubscribe&SubscriptionArn=" + url.QueryEscape(sub.ARN)
	}
	var err error
	if e.Signature, err = s.signer.sign(version, e.signed()); err != nil {
		return nil, err
	}
	return json.Marshal(e, json.Deterministic(true), jsontext.WithIndent("  "))
}

// signatureVersion is a topic's; SNS's own default is 1.
func (t *topic) signatureVersion() string {
	if t != nil && t.Attributes["SignatureVersion"] == "2" {
		return "2"
	}
	return "1"
}
