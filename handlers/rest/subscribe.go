package rest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"webplug/domain"
	"webplug/domain/eventlog"
	"webplug/projections"
)

// subscribing is a request to subscribe an endpoint to an event type.
type subscribing struct {
	creation
	body struct {
		UserID    string         `json:"user_id"`
		EventType string         `json:"event_type"`
		Endpoint  string         `json:"endpoint"` // an id, or a URL of the user
		Format    *domain.Format `json:"format"`
	}
	typeID string
	url    string // where Endpoint is one
}

// subscribe adds a subscription to an endpoint that is named, or found by its URL, or made for it in the same write.
func (a *API) subscribe(ctx context.Context, c *call) error {
	var s subscribing
	if err := c.decode(&s.body); err != nil {
		return err
	}
	if err := c.ownUser(s.body.UserID); err != nil {
		return err
	}
	var err error
	// The id is of the endpoint that may have to be made; it shares no key with POST …/endpoints.
	if s.creation, err = a.creation(c, domain.PrefixEndpoint, c.service.ID+" subscription"); err != nil {
		return err
	}
	endpoint, err := a.firstSubscription(ctx, c, &s)
	if err == nil && endpoint.Version == 0 {
		endpoint, err = a.addSubscription(ctx, c, &s)
	}
	if err != nil {
		return err
	}
	row, err := s.row(endpoint.State)
	if err != nil {
		return err
	}
	c.did(endpoint.Stream, endpoint.Version)
	return a.changed(ctx, c, http.StatusCreated, subscriptionAnswer{SubscriptionRow: row, EventType: s.body.EventType})
}

// row is the subscription of the endpoint's that the request made.
func (s subscribing) row(e domain.Endpoint) (projections.SubscriptionRow, error) {
	for _, row := range projections.NewEndpointRow(e).Subscriptions {
		if row.EventTypeID == s.typeID {
			return row, nil
		}
	}
	return projections.SubscriptionRow{}, fmt.Errorf("endpoint %s has no subscription to %s", e.ID, s.typeID)
}

func (a *API) addSubscription(ctx context.Context, c *call, s *subscribing) (eventlog.Loaded[domain.Endpoint], error) {
	none := eventlog.Loaded[domain.Endpoint]{}
	if err := c.service.AcceptsCommands(); err != nil {
		return none, err
	}
	if err := a.acceptsUser(ctx, c, s.body.UserID); err != nil {
		return none, err
	}
	kind, err := a.eventTypeNamed(ctx, c.service.ID, "event_type", s.body.EventType)
	if err != nil {
		return none, err
	}
	s.typeID = kind.ID
	switch {
	case s.body.Endpoint == "":
		return none, domain.Refuse(domain.Invalid, "endpoint", "is required")
	case domain.ValidID(domain.PrefixEndpoint, s.body.Endpoint):
		return a.addTo(ctx, c, s, s.body.Endpoint)
	case strings.HasPrefix(s.body.Endpoint, domain.PrefixEndpoint):
		return none, domain.Refuse(domain.Invalid, "endpoint", "no such endpoint")
	}
	return a.addToURL(ctx, c, s)
}

// addToURL finds the user's endpoint of a URL, or makes it. Whoever takes or frees the URL meanwhile makes it look anew.
func (a *API) addToURL(ctx context.Context, c *call, s *subscribing) (eventlog.Loaded[domain.Endpoint], error) {
	none := eventlog.Loaded[domain.Endpoint]{}
	url, format, err := a.destination(ctx, c, "endpoint", s.body.UserID, s.body.Endpoint, s.body.Format)
	if err != nil {
		return none, err
	}
	s.url = url
	for range maxMoves {
		name, err := eventlog.Load[domain.Name](ctx, a.Log, domain.EndpointURL(c.service.ID, s.body.UserID, url, format))
		if err != nil {
			return none, err
		}
		var endpoint eventlog.Loaded[domain.Endpoint]
		if holder := name.State.Holder; holder != "" {
			endpoint, err = a.addTo(ctx, c, s, holder)
		} else {
			endpoint, err = a.addWithEndpoint(ctx, c, s, format)
		}
		urlTaken := errors.Is(err, &domain.Error{Kind: domain.Conflict, Field: "url"})
		if !urlTaken && !errors.Is(err, errMoved) {
			return endpoint, err
		}
	}
	return none, errMoved
}

// addTo subscribes an endpoint that exists.
func (a *API) addTo(ctx context.Context, c *call, s *subscribing, id string) (eventlog.Loaded[domain.Endpoint], error) {
	return a.appendSubscription(ctx, c, s, false, id, &addToEndpoint{*s, a.subscription(c, s)})
}

// addWithEndpoint makes an endpoint that is subscribed from the start.
func (a *API) addWithEndpoint(
	ctx context.Context, c *call, s *subscribing, format domain.Format,
) (eventlog.Loaded[domain.Endpoint], error) {
	secret, err := a.newSecret(c.service.ID)
	if err != nil {
		return eventlog.Loaded[domain.Endpoint]{}, err
	}
	cmd := &addWithEndpoint{
		domain.AddEndpoint{UserID: s.body.UserID, URL: s.url, Format: format, Secret: secret, Request: s.request},
		a.subscription(c, s), s.id,
	}
	return a.appendSubscription(ctx, c, s, s.fresh(), s.id, cmd)
}

func (a *API) subscription(c *call, s *subscribing) domain.AddSubscription {
	cmd := domain.AddSubscription{EventTypeID: s.typeID, Request: s.request}
	if s.key != "" {
		cmd.Key = domain.SubscriptionKey(c.service.ID, s.key)
	}
	return cmd
}

// appendSubscription appends it together with the claim on its Idempotency-Key, by which a repeat finds it whatever
// becomes of the endpoint's URL.
func (a *API) appendSubscription(
	ctx context.Context, c *call, s *subscribing, fresh bool, id string, cmd eventlog.Command[domain.Endpoint],
) (eventlog.Loaded[domain.Endpoint], error) {
	claims := func(e domain.Endpoint) []claim {
		claims := endpointClaims(e)
		if sub, ok := e.Subscription(s.typeID); ok && s.key != "" && sub.Key == domain.SubscriptionKey(c.service.ID, s.key) {
			claims = append(claims, claim{s.keyStream(c.service.ID), sub.ID, headerIdempotencyKey, headerIdempotencyKey})
		}
		return claims
	}
	endpoint, made, err := execute(ctx, a, c, fresh, domain.EndpointStream(c.service.ID, id), cmd, claims)
	keyTaken := errors.Is(err, &domain.Error{Kind: domain.Conflict, Field: headerIdempotencyKey})
	if (err == nil && !made) || keyTaken { // another request with the same key was quicker
		return a.firstSubscription(ctx, c, s)
	}
	return endpoint, err
}

// addToEndpoint subscribes an endpoint of the user's that is the one asked for.
type addToEndpoint struct {
	asked subscribing
	add   domain.AddSubscription
}

// Decide refuses another user's endpoint as it refuses an unknown one.
func (cmd *addToEndpoint) Decide(e domain.Endpoint) ([]eventlog.Event, error) {
	switch asked := cmd.asked; {
	case asked.url != "" && (e.Removed() || e.URL != asked.url):
		return nil, errMoved
	case e.Exists() && e.UserID != asked.body.UserID:
		return nil, domain.Refuse(domain.Invalid, "endpoint", "no such endpoint of this user")
	case e.Exists() && or(asked.body.Format, e.Format) != e.Format:
		return nil, domain.Refuse(domain.Invalid, "format", "the endpoint has the format %s", e.Format)
	}
	return cmd.add.Decide(e)
}

// addWithEndpoint makes an endpoint and its first subscription.
type addWithEndpoint struct {
	endpoint     domain.AddEndpoint
	subscription domain.AddSubscription
	id           string
}

// Decide lets the subscription be decided on the endpoint as it will be.
func (cmd *addWithEndpoint) Decide(e domain.Endpoint) ([]eventlog.Event, error) {
	events, err := cmd.endpoint.Decide(e)
	if err != nil || len(events) == 0 {
		return nil, err
	}
	made := eventlog.Recorded{Stream: eventlog.Stream{Root: cmd.id}, Version: 1, Event: events[0]}
	more, err := cmd.subscription.Decide(e.Evolve(made))
	return append(events, more...), err
}
