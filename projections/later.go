package projections

import (
	"context"
	"time"

	"webplug/domain/eventlog"
)

// Wake asks for planned attempts of one message. It says what and when, never the webhook, so that it may wait for hours and
// be repeated: whoever takes it reads the log, and leaves out a target whose plan has moved on.
type Wake struct {
	Service string `json:"service"`
	Message string `json:"message"`
	// To is whose attempts: 1 to MaxWake.
	To []WakeTo `json:"to"`
	// At is when they are planned for, not before; zero is at once.
	At time.Time `json:"at,omitzero"`
}

// WakeTo is one delivery of a Wake, and the plan that asks for its attempt (domain.Delivery.Plan).
type WakeTo struct {
	Endpoint string           `json:"endpoint"`
	Plan     eventlog.Version `json:"plan,omitzero"`
}

// MaxWake bounds the targets of one Wake: they are one invocation's work.
const MaxWake = 25

// Later has planned attempts made elsewhere, at their time, by whoever takes the wakes (Attempts). A wake may come more than
// once, in any order, and earlier than its At: then it is handed on again. Nil says that all are kept; with an error some
// may be. A wake that is lost is found by its due row, or by the journal. The contract is infra/contract.Later.
type Later interface {
	Later(context.Context, ...Wake) error
}

// WakesOf makes wakes of planned attempts: one for each message and time, as many as MaxWake asks for.
func WakesOf(planned ...Due) []Wake {
	type key struct {
		service, message string
		at               time.Time
	}
	var order []key
	to := map[key][]WakeTo{}
	for _, d := range planned {
		k := key{d.Service, d.Message, d.At.UTC()}
		if _, there := to[k]; !there {
			order = append(order, k)
		}
		to[k] = append(to[k], WakeTo{d.Endpoint, d.Plan})
	}
	var out []Wake
	for _, k := range order {
		out = append(out, split(Wake{Service: k.service, Message: k.message, To: to[k], At: k.at})...)
	}
	return out
}

// split makes wakes of at most MaxWake targets of one.
func split(w Wake) (out []Wake) {
	for len(w.To) > MaxWake {
		part := w
		part.To, w.To = w.To[:MaxWake:MaxWake], w.To[MaxWake:]
		out = append(out, part)
	}
	return append(out, w)
}
