package envelope

import (
	"context"
	"encoding/base64"
	"strings"
)

// Doubt finds out why no signature matches an envelope: what of it, changed back, was signed. "" if it does not find it.
func (k *Keys) Doubt(ctx context.Context, e Envelope) string {
	key, err := k.key(ctx, e.SigningCertURL)
	if err != nil {
		return ""
	}
	signature, err := base64.StdEncoding.DecodeString(e.Signature)
	if err != nil {
		return ""
	}
	for _, c := range changes(e) {
		if matches(key, c.was.SignatureVersion, c.was.signed(), signature) {
			return c.how
		}
	}
	return ""
}

// change is an envelope as it may have been before something changed it.
type change struct {
	how string
	was Envelope
}

func changes(e Envelope) []change {
	with := func(how string, mend func(e *Envelope)) change {
		was := e
		mend(&was)
		return change{how, was}
	}
	all := []change{
		with("SignatureVersion was changed from "+other(e.SignatureVersion), func(e *Envelope) { e.SignatureVersion = other(e.SignatureVersion) }),
		with("Subject was added", func(e *Envelope) { e.Subject = "" }),
		with("a line break was added at the end of Message", func(e *Envelope) { e.Message = strings.TrimRight(e.Message, "\r\n") }),
		with("a line break at the end of Message was taken away", func(e *Envelope) { e.Message += "\n" }),
		with("line breaks in Message were changed to CR LF", func(e *Envelope) { e.Message = strings.ReplaceAll(e.Message, "\r\n", "\n") }),
	}
	for _, kind := range []string{Notification, "SubscriptionConfirmation", "UnsubscribeConfirmation"} {
		all = append(all, with("Type was changed from "+kind, func(e *Envelope) { e.Type = kind }))
	}
	return all
}

func other(version string) string {
	if version == "1" {
		return "2"
	}
	return "1"
}

// Signs says whether an envelope's signature is right for another Message.
func (k *Keys) Signs(ctx context.Context, e Envelope, message string) bool {
	e.Message = message
	return k.Verify(ctx, e) == nil
}
