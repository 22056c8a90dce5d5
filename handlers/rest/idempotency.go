package rest

import (
	"bytes"
	"context"
	"fmt"

	"github.com/go-json-experiment/json/jsontext"

	"webplug/domain"
	"webplug/domain/eventlog"
)

const headerIdempotencyKey = "Idempotency-Key"

// creation is what a creating request is to make: a thing with a new id, or with the one that its Idempotency-Key gives.
type creation struct {
	id      string
	key     string // the Idempotency-Key, or ""
	request string // fingerprint of the request, where there is a key
	payload []byte // of a message: it is compared with what is sealed, since a fingerprint would let it be guessed
}

// fresh says whether the id was made of randomness just now.
func (n creation) fresh() bool { return n.key == "" }

// creation reads the header Idempotency-Key. The body has been decoded. Further parts tell apart requests that differ in
// more than their body.
func (a *API) creation(c *call, prefix, scope string, parts ...string) (creation, error) {
	key, err := c.idempotencyKey()
	switch {
	case err != nil:
		return creation{}, err
	case key == "":
		return creation{id: prefix + a.NewID()}, nil
	}
	return derived(prefix, scope, c.own(key), c.body, parts...)
}

// idempotencyKey is the request's Idempotency-Key, "" if it has none.
func (c *call) idempotencyKey() (string, error) {
	switch values, given := c.Request().Header[headerIdempotencyKey]; {
	case !given:
		return "", nil
	case len(values) > 1:
		return "", domain.Refuse(domain.Invalid, headerIdempotencyKey, "is there twice")
	default:
		return values[0], domain.CheckIdempotencyKey(headerIdempotencyKey, values[0])
	}
}

// own is an Idempotency-Key as the caller's: a customer must not be able to take one that the operator is about to use.
func (c *call) own(key string) string {
	if user := c.caller.user(); user != "" {
		return user + " " + key
	}
	return key
}

// derived is the creation that a key gives, of a request with a body.
func derived(prefix, scope, key string, body []byte, parts ...string) (creation, error) {
	text, err := canonical(body)
	if err != nil {
		return creation{}, err
	}
	return creation{id: domain.DerivedID(prefix, scope, key), key: key, request: domain.Fingerprint(append(parts, text)...)}, nil
}

// canonical is a body without what means nothing in JSON: space, and the order of an object's members. Numbers stay as
// they are written, since large ones differ beyond what a float64 can tell.
func canonical(body []byte) (string, error) {
	if len(bytes.TrimSpace(body)) == 0 {
		return "", nil
	}
	v := jsontext.Value(body).Clone()
	err := v.Format(jsontext.ReorderRawObjects(true), jsontext.PreserveRawStrings(false),
		jsontext.CanonicalizeRawInts(false), jsontext.CanonicalizeRawFloats(false))
	if err != nil {
		return "", refusalOf(err)
	}
	return string(v), nil
}

// create makes an aggregate once. A repeat of the request, also one that comes at the same time, gets what the first one
// made, as it was then. build gives the command; it is not called for a repeat, so that what was changed since (an
// archived parent, a new name) does not refuse it.
func create[S eventlog.State[S]](
	ctx context.Context, a *API, c *call, n creation, s eventlog.Stream,
	requestOf func(S) string, claims func(S) []claim, build func() (eventlog.Command[S], error),
) (eventlog.Loaded[S], error) {
	if !n.fresh() {
		if first, err := firstAnswer(ctx, a, n, s, requestOf); err != nil || first.Version > 0 {
			return first, err
		}
	}
	cmd, err := build()
	if err != nil {
		return eventlog.Loaded[S]{}, err
	}
	after, made, err := execute(ctx, a, c, n.fresh(), s, cmd, claims)
	if err != nil || made {
		return after, err
	}
	return firstAnswer(ctx, a, n, s, requestOf)
}

// firstAnswer is an aggregate as its first command left it, or version 0 if it does not exist. Another request with the
// same key is refused.
func firstAnswer[S eventlog.State[S]](
	ctx context.Context, a *API, n creation, s eventlog.Stream, requestOf func(S) string,
) (eventlog.Loaded[S], error) {
	first := eventlog.Loaded[S]{Stream: s}
	var cause eventlog.Recorded
	for r, err := range a.Log.Read(ctx, s, 0) {
		if err != nil {
			return first, fmt.Errorf("read %s: %w", s, err)
		}
		if first.Version > 0 && !sameCommand(cause, r) {
			break
		}
		cause, first.State, first.Version = r, first.State.Evolve(r), r.Version
	}
	if first.Version > 0 && requestOf(first.State) != n.request {
		return first, reused()
	}
	return first, nil
}

// sameCommand says whether two events were made by one command.
func sameCommand(a, b eventlog.Recorded) bool {
	return a.CorrelationID == b.CorrelationID && a.CausationID == b.CausationID
}

func reused() error {
	return domain.Refuse(domain.Invalid, headerIdempotencyKey, "was used before with another request")
}
