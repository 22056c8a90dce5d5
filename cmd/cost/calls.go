package main

import (
	"context"
	"encoding/base64"
	"fmt"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/go-json-experiment/json"

	"webplug/domain"
	"webplug/infra/stage"
)

// call makes a request to the API as an HTTP API hands it on, and reads its answer.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
func (w *world) call(ctx context.Context, key, method, path, body string, status int, into any) error {
	e := events.APIGatewayV2HTTPRequest{
		Version: "2.0", RouteKey: "$default", RawPath: path, Body: body,
		Headers: map[string]string{
			"accept": "*/*", "authorization": "Bearer " + key, "content-type": "application/json", "content-length": fmt.Sprint(len(body)),
			"host": "r3pmxmplak.execute-api.us-east-1.amazonaws.com", "user-agent": "webplug-js/1", "x-amzn-trace-id": "Root=1-5f84c7a9-0e5b1e1e1e1e1e1e1e1e1e1e",
			"x-forwarded-for": "203.0.113.7", "x-forwarded-port": "443", "x-forwarded-proto": "https",
		},
		RequestContext: events.APIGatewayV2HTTPRequestContext{
			RouteKey: "$default", AccountID: "000000000000", Stage: "$default", RequestID: "JKJaXmPLvHcESHA=", APIID: "r3pmxmplak",
			DomainName: "r3pmxmplak.execute-api.us-east-1.amazonaws.com", DomainPrefix: "r3pmxmplak",
			Time: "24/Nov/2026:16:00:00 +0000", TimeEpoch: time.Now().UnixMilli(),
			HTTP: events.APIGatewayV2HTTPRequestContextHTTPDescription{Method: method, Path: path, Protocol: "HTTP/1.1", SourceIP: "203.0.113.7", UserAgent: "webplug-js/1"},
		},
	}
	var answer struct {
		StatusCode      int               `json:"statusCode"`
		Headers         map[string]string `json:"headers"`
		Body            string            `json:"body"`
		IsBase64Encoded bool              `json:"isBase64Encoded"`
	}
	if err := w.functions[stage.API].invoke(ctx, e, &answer); err != nil {
		return err
	}
	text := []byte(answer.Body)
	if answer.IsBase64Encoded {
		var err error
		if text, err = base64.StdEncoding.DecodeString(answer.Body); err != nil {
			return err
		}
	}
	if answer.StatusCode != status {
		return fmt.Errorf("%s %s: %d, not %d: %s", method, path, answer.StatusCode, status, text)
	}
	size := len(text) + transportBytes
	for name, value := range answer.Headers {
		size += len(name) + len(value) + 4
	}
	w.meter.note(func(u *usage) {
		u.apiCalls++
		u.apiBytes += int64(size)
	})
	if into == nil {
		return nil
	}
	return json.Unmarshal(text, into)
}

// made is what a creating call answers, as far as it is looked at.
type made struct {
	ID            string `json:"id"`
	Key           string `json:"key"`
	Subscriptions []made `json:"subscriptions"`
}

// command makes a call while the stream is followed: an answer may wait for a row.
func (w *world) command(ctx context.Context, path string, body map[string]any, status int) (m made, err error) {
	text, err := json.Marshal(body)
	if err != nil {
		return m, err
	}
	done := make(chan error, 1)
	go func() { done <- w.call(ctx, adminKey, "POST", path, string(text), status, &m) }()
	for {
		select {
		case err := <-done:
			return m, err
		case <-time.After(2 * time.Millisecond):
			if err := w.feed(ctx, batchRecords); err != nil {
				return m, err
			}
		}
	}
}

// eventType is the one that is published.
const eventType = "card_debited"

func (w *world) path(rest string) string { return "/v1/services/" + w.service + rest }

// setUp makes a service with users, an endpoint each, and an event type that all have subscribed to.
func (w *world) setUp(ctx context.Context, users int) error {
	service, err := w.command(ctx, "/v1/services", map[string]any{"name": "Bank"}, 201)
	if err != nil {
		return err
	}
	w.service = service.ID
	key, err := w.command(ctx, "/v1/keys", map[string]any{"name": "publisher", "scopes": []string{"publish"}, "service_id": service.ID}, 201)
	if err != nil {
		return err
	}
	w.key = key.Key
	if _, err := w.command(ctx, w.path("/event-types"), map[string]any{"name": eventType}, 201); err != nil {
		return err
	}
	subscriptions := map[string]string{} // ▶ path of the endpoint
	for i := range users {
		user, err := w.command(ctx, w.path("/users"), map[string]any{"name": fmt.Sprint("User ", i)}, 201)
		if err != nil {
			return err
		}
		w.users = append(w.users, user.ID)
		at := fmt.Sprintf("/hooks/%d", i)
		endpoint, err := w.command(ctx, w.path("/endpoints"), map[string]any{
			"user_id": user.ID, "url": w.endpoints.server.URL + at, "event_types": []string{eventType},
		}, 201)
		if err != nil {
			return err
		}
		subscriptions[endpoint.Subscriptions[0].ID] = at
	}
	if err := w.settle(ctx); err != nil || w.format != domain.SNS {
		return err
	}
	return w.confirm(ctx, subscriptions)
}

// confirm hands back the tokens of SNS's handshakes.
func (w *world) confirm(ctx context.Context, subscriptions map[string]string) error {
	for id, at := range subscriptions {
		if err := w.until(ctx, "a handshake", func() bool { return w.endpoints.token(at) != "" }); err != nil {
			return err
		}
		_, err := w.command(ctx, w.path("/subscriptions/"+id+"/confirm"), map[string]any{"token": w.endpoints.token(at)}, 200)
		if err != nil {
			return err
		}
	}
	return w.settle(ctx)
}
