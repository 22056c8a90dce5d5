package rest_test

import (
	"strings"
	"testing"
	"time"

	"webplug/handlers/rest"
)

func TestSelfTest(t *testing.T) {
	w := newWorld(t)
	w.unheld = true // it is no part of the API that is described
	take := func(path string) answer {
		return w.send(request{key: "none", method: "POST", path: path, body: obj{"id": "msg_1"}})
	}
	const admin = adminKey
	good := rest.SelfTestPath(admin, w.clock().Add(10*time.Minute))

	t.Run("takes a webhook at a path that the admin key made", func(t *testing.T) { take(good).want(204) })
	for name, path := range map[string]string{
		"no token":             "/selftest/",
		"what is no token":     "/selftest/x",
		"another key's token":  rest.SelfTestPath("another key", w.clock().Add(10*time.Minute)),
		"one whose time is up": rest.SelfTestPath(admin, w.clock()),
		"one for longer":       rest.SelfTestPath(admin, w.clock().Add(2*time.Hour)),
		"one whose time was changed": strings.Replace(good, rest.SelfTestPath(admin, w.clock().Add(10*time.Minute))[len("/selftest/"):len("/selftest/")+10],
			"9999999999", 1),
		"one that goes on": good + "0",
	} {
		t.Run("is not there with "+name, func(t *testing.T) { take(path).refused(404) })
	}
	t.Run("is nothing to read", func(t *testing.T) {
		if a := w.send(request{key: "none", method: "GET", path: good}); a.status == 200 || a.status == 204 {
			t.Fatalf("GET answers %d", a.status)
		}
	})
}
