package domain_test

import (
	"errors"
	"fmt"
	"reflect"
	"testing"

	"webplug/domain"
	"webplug/domain/eventlog"
	"webplug/domain/eventlog/spec"
)

func TestAddSubscription(t *testing.T) {
	add := domain.AddSubscription{EventTypeID: "typ_1", Request: "body 1", Key: "key 1"}
	added := domain.SubscriptionAdded(add)
	t.Run("subscribes", func(t *testing.T) { endpoint(t).When(add).Then(added) })
	t.Run("of a paused endpoint subscribes", func(t *testing.T) { endpoint(t, paused).When(add).Then(added) })
	t.Run("without an Idempotency-Key subscribes", func(t *testing.T) {
		endpoint(t).When(domain.AddSubscription{EventTypeID: "typ_1"}).Then(domain.SubscriptionAdded{EventTypeID: "typ_1"})
	})
	t.Run("repeated with its Idempotency-Key adds nothing", func(t *testing.T) { endpoint(t, added).When(add).ThenNothing() })
	t.Run("repeated with its Idempotency-Key after it was removed adds nothing", func(t *testing.T) {
		endpoint(t, added, domain.SubscriptionRemoved{EventTypeID: "typ_1"}).When(add).ThenNothing()
	})
	t.Run("with another request's Idempotency-Key is refused", func(t *testing.T) {
		endpoint(t, added).When(domain.AddSubscription{EventTypeID: "typ_1", Request: "body 2", Key: "key 1"}).ThenRefused(invalid("Idempotency-Key"))
	})
	t.Run("twice is refused, with the id of the first", func(t *testing.T) {
		again := domain.AddSubscription{EventTypeID: "typ_1", Request: "body 1", Key: "key 2"}
		endpoint(t, added).When(again).ThenRefused(conflict("event_type"))
		var refused *domain.Error
		if _, err := again.Decide(endpoint(t, added).State()); !errors.As(err, &refused) || refused.ID != domain.SubscriptionID("given", "typ_1") {
			t.Fatalf("%+v", refused)
		}
	})
	t.Run("twice without a key is refused", func(t *testing.T) {
		bare := domain.AddSubscription{EventTypeID: "typ_1"}
		endpoint(t, domain.SubscriptionAdded(bare)).When(bare).ThenRefused(conflict("event_type"))
	})
	t.Run("after it was removed subscribes again", func(t *testing.T) {
		again := domain.AddSubscription{EventTypeID: "typ_1", Key: "key 2"}
		endpoint(t, added, domain.SubscriptionRemoved{EventTypeID: "typ_1"}).When(again).Then(domain.SubscriptionAdded(again))
	})
	t.Run("of an unknown endpoint is refused", func(t *testing.T) {
		spec.Given[domain.Endpoint](t).When(add).ThenRefused(invalid("endpoint"))
	})
	t.Run("of a removed endpoint is refused", func(t *testing.T) { endpoint(t, removed).When(add).ThenRefused(conflict("endpoint")) })

	var full []eventlog.Event
	for i := range domain.MaxSubscriptions {
		full = append(full, domain.SubscriptionAdded{EventTypeID: fmt.Sprintf("typ_%d", i)})
	}
	t.Run("beyond the most is refused", func(t *testing.T) {
		endpoint(t, full...).When(domain.AddSubscription{EventTypeID: "typ_more"}).ThenRefused(conflict("endpoint"))
	})
	t.Run("is possible again where one was removed", func(t *testing.T) {
		room := append(full, domain.SubscriptionRemoved{EventTypeID: "typ_7"})
		for _, typ := range []string{"typ_7", "typ_more"} {
			endpoint(t, room...).When(domain.AddSubscription{EventTypeID: typ}).Then(domain.SubscriptionAdded{EventTypeID: typ})
		}
	})
}

func TestRemoveSubscription(t *testing.T) {
	added, remove := domain.SubscriptionAdded{EventTypeID: "typ_1"}, domain.RemoveSubscription{EventTypeID: "typ_1"}
	ended := domain.SubscriptionRemoved(remove)
	t.Run("ends it", func(t *testing.T) { endpoint(t, added).When(remove).Then(ended) })
	t.Run("repeated adds nothing", func(t *testing.T) { endpoint(t, added, ended).When(remove).ThenNothing() })
	t.Run("of a removed endpoint adds nothing", func(t *testing.T) { endpoint(t, added, removed).When(remove).ThenNothing() })
	t.Run("of an unknown one is refused", func(t *testing.T) { endpoint(t).When(remove).ThenRefused(notFound) })
	t.Run("of an unknown endpoint is refused", func(t *testing.T) {
		spec.Given[domain.Endpoint](t).When(remove).ThenRefused(notFound)
	})
}

func TestSubscriptions(t *testing.T) {
	e := endpoint(t,
		domain.SubscriptionAdded{EventTypeID: "typ_b", Request: "body", Key: "key"}, // 2
		domain.SubscriptionAdded{EventTypeID: "typ_a"},                              // 3
		domain.SubscriptionRemoved{EventTypeID: "typ_b"},                            // 4
		domain.SubscriptionRemoved{EventTypeID: "typ_x"},                            // 5, of none
	).State()
	by := func(n int) domain.Stamp { return domain.Stamp{By: "key_given", At: given(n)} }
	b := domain.Subscription{
		ID: domain.SubscriptionID("given", "typ_b"), EventTypeID: "typ_b", Removed: true, Changed: by(4), CreatedAt: given(2),
		Request: "body", Key: "key", Version: 4,
	}
	a := domain.Subscription{ID: domain.SubscriptionID("given", "typ_a"), EventTypeID: "typ_a", Changed: by(3), CreatedAt: given(3), Version: 3}
	if want := []domain.Subscription{b, a}; !reflect.DeepEqual(e.Subscriptions, want) {
		t.Fatalf("%+v\nwant %+v", e.Subscriptions, want)
	}
	if got, ok := e.Subscription("typ_a"); !ok || !reflect.DeepEqual(got, a) {
		t.Fatalf("%+v, %v", got, ok)
	}
	if got, ok := e.Subscription("typ_x"); ok {
		t.Fatalf("%+v", got)
	}
	t.Run("added again is the same one, in the same place", func(t *testing.T) {
		again := endpoint(t, domain.SubscriptionAdded{EventTypeID: "typ_b"}, domain.SubscriptionAdded{EventTypeID: "typ_a"},
			domain.SubscriptionRemoved{EventTypeID: "typ_b"}, domain.SubscriptionAdded{EventTypeID: "typ_b", Key: "key 2"}).State()
		got := again.Subscriptions[0]
		if len(again.Subscriptions) != 2 || got.ID != b.ID || got.Removed || got.Changed != by(5) || got.Key != "key 2" || got.Version != 5 {
			t.Fatalf("%+v", again.Subscriptions)
		}
	})
}
