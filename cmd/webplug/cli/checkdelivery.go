package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"webplug/cmd/webplug/api"
	"webplug/cmd/webplug/deploy"
	"webplug/cmd/webplug/output"
	"webplug/handlers/rest"
)

const (
	checkService  = "webplug-selftest"
	checkType     = "selftest"
	checkPatience = 3 * time.Minute // a first topic, cold functions
	checkLasts    = 10 * time.Minute
	checkLook     = time.Second
)

// checkDelivery sends a webhook through the whole of a deployment, to a receiver that its own API is, and waits until it is
// delivered. It makes a service for it, and archives that again whatever comes.
func (s *session) checkDelivery(w deploy.Watch, key string) error {
	w.Step("sending a webhook through " + s.URL())
	ctx, cancel := context.WithTimeout(s.ctx, checkPatience)
	defer cancel()
	began := time.Now()
	service, err := s.checkingService(ctx)
	if err == nil {
		err = s.sendThrough(ctx, service, s.URL()+rest.SelfTestPath(key, time.Now().Add(checkLasts)))
	}
	if service != "" { // also where a person has had enough
		cleaning, done := context.WithTimeout(context.WithoutCancel(s.ctx), s.timeout)
		defer done()
		_, wrong := s.Do(cleaning, api.Request{Method: "DELETE", Path: api.Path("services", service)})
		if wrong != nil && err == nil {
			err = fmt.Errorf("archive the service %s of the check: %w", checkService, wrong)
		}
	}
	switch {
	case s.ctx.Err() != nil:
		return failed("stopped before the webhook was delivered; the stack is deployed, and the same command again checks it")
	case errors.Is(err, context.DeadlineExceeded):
		return &failure{message: "the stack is deployed, but no webhook came through it within " + output.Duration(checkPatience), cause: err, try: "webplug status"}
	case err != nil:
		return &failure{message: "the stack is deployed, but the webhook that was to go through it did not", cause: err, try: "webplug status"}
	}
	w.Step("delivered after " + seconds(time.Since(began)))
	return nil
}

// checkingService makes the check's service; one that a killed run left is archived first.
func (s *session) checkingService(ctx context.Context) (string, error) {
	for {
		id, err := s.make(ctx, api.Path("services"), "name", checkService)
		var p *api.Problem
		if !errors.As(err, &p) || p.Status != 409 || p.ID == "" {
			return id, err
		}
		if _, err := s.Do(ctx, api.Request{Method: "DELETE", Path: api.Path("services", p.ID)}); err != nil {
			return "", err
		}
	}
}

// sendThrough publishes to one endpoint and waits for the outcome.
func (s *session) sendThrough(ctx context.Context, service, url string) error {
	in := func(segments ...string) string {
		return api.Path(append([]string{"services", service}, segments...)...)
	}
	user, err := s.make(ctx, in("users"), "name", checkService)
	if err != nil {
		return err
	}
	if _, err := s.make(ctx, in("event-types"), "name", checkType); err != nil {
		return err
	}
	endpoint := newObject()
	endpoint.set("user_id", text(user))
	endpoint.set("url", text(url))
	endpoint.set("format", text("standard-webhooks")) // that of SNS would need a handshake first
	endpoint.set("event_types", texts([]string{checkType}))
	if _, err := s.Do(ctx, api.Request{Method: "POST", Path: in("endpoints"), Body: endpoint.value(), IdempotencyKey: newID()}); err != nil {
		return err
	}
	message := newObject()
	message.set("event_type", text(checkType))
	message.set("user_id", text(user))
	message.set("payload", text("is it there?"))
	for {
		sent, err := s.Do(ctx, api.Request{Method: "POST", Path: in("messages"), Body: message.value(), IdempotencyKey: newID()})
		if err != nil {
			return err
		}
		if output.Plain(output.Find(sent.Body, "deliveries")) == "1" {
			return s.awaitDelivery(ctx, in("messages", idOf(sent.Body), "deliveries"))
		}
		if err := api.Wait(ctx, checkLook); err != nil { // the endpoint's route is not there yet
			return err
		}
	}
}

func (s *session) awaitDelivery(ctx context.Context, path string) error {
	last := ""
	for {
		page, err := s.Page(ctx, path, nil)
		if err != nil {
			return err
		}
		for _, d := range page.Data {
			status, cause := output.Plain(output.Find(d, "status")), output.Plain(output.Find(d, "cause"))
			switch last = status + " (" + cause + ")"; status {
			case "delivered":
				return nil
			case "pending", "retrying":
			default:
				return failed("its delivery is %s", last)
			}
		}
		if err := api.Wait(ctx, checkLook); err != nil {
			return fmt.Errorf("its delivery is %s: %w", first(last, "not there"), err)
		}
	}
}

// make creates a thing that has a name alone, and answers its id.
func (s *session) make(ctx context.Context, path, member, value string) (string, error) {
	body := newObject()
	body.set(member, text(value))
	a, err := s.Do(ctx, api.Request{Method: "POST", Path: path, Body: body.value(), IdempotencyKey: newID()})
	return idOf(a.Body), err
}
