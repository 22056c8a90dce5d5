package main

import (
	"crypto/rand"
	"slices"
	"strings"
	"testing"

	"webplug/infra/dynamo"
	"webplug/infra/moto"
)

// onDynamo puts a world's log and read models on DynamoDB Local.
func onDynamo(t *testing.T) func(*snsWorld) {
	t.Helper()
	server, err := dynamoServer()
	if err != nil {
		t.Fatal(err)
	}
	return func(w *snsWorld) {
		tables := "t" + strings.ToLower(rand.Text())[:12]
		w.tables = dynamo.New(dynamo.Options{AWS: server.Config(), LogTable: tables + "-log", KeysTable: tables + "-keys", ViewsTable: tables + "-views"})
		if err := w.tables.CreateTables(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// byQueues has deliveries made by functions and queues, too, as in an AWS account.
func byQueues(t *testing.T) func(*snsWorld) {
	t.Helper()
	at := moto.Config(moto.Start(t))
	tables := onDynamo(t)
	return func(w *snsWorld) {
		tables(w)
		w.visible = visible
		w.aws = &at
	}
}

// The format sns with --store dynamodb: the local SNS, its handshake, its retries and its reports.
func TestSNSOnDynamoDB(t *testing.T) {
	for name, home := range map[string]func(*testing.T) func(*snsWorld){"in one process": onDynamo, "by functions and queues": byQueues} {
		t.Run(name, func(t *testing.T) {
			c := newSNSWorld(t, home(t)).customer()
			c.t = t
			endpoint, sub := c.active(c.usr, hookURL)
			other, second := c.subscribe(c.usr, otherURL)
			if status := c.visit(c.handshake(otherURL, 1).SubscribeURL); status != 200 {
				t.Fatal(status)
			}
			c.awaitSubscription(second, "active")

			c.endpoints.answer(hookURL, 503, 200)
			c.endpoints.answer(otherURL, 404)
			message, answer := c.send()
			if answer["deliveries"] != 2.0 {
				t.Fatalf("%v", answer)
			}
			c.awaitDelivery(message, endpoint, "delivered")
			if d := c.awaitDelivery(message, other, "failed"); d["cause"] != "http_404" {
				t.Fatalf("%v", d)
			}
			types := c.types(message)
			slices.Sort(types)
			if !slices.Equal(types, []string{"DeliveryFailed", "DeliverySucceeded", "MessageAccepted", "MessagePublished"}) {
				t.Fatalf("%v", types)
			}
			c.call("POST", "/services/"+c.svc+"/messages/"+message+"/deliveries/"+other+"/retry", nil, 202)
			if d := c.awaitDelivery(message, other, "delivered"); d["attempts"] != 2.0 {
				t.Fatalf("%v", d)
			}
			if n := len(c.endpoints.arrived(hookURL, "Notification")); n != 2 {
				t.Fatalf("the first endpoint got it %d times", n)
			}

			// What is removed gets nothing more, and SNS has no more of it.
			c.call("DELETE", "/services/"+c.svc+"/subscriptions/"+sub, nil, 204)
			c.eventually("SNS has the other alone", func() bool { return !slices.Contains(c.subscriptionsAtSNS(), hookURL+" 0") })
			message, answer = c.send()
			if answer["deliveries"] != 1.0 {
				t.Fatalf("%v", answer)
			}
			c.awaitDelivery(message, other, "delivered")
		})
	}
}
