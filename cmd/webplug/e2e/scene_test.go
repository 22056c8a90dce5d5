package e2e

import (
	"slices"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// The API's rows, as far as tests look at them.
type (
	serviceRow struct {
		ID            string     `json:"id"`
		Name          string     `json:"name"`
		DefaultFormat string     `json:"default_format"`
		CreatedAt     time.Time  `json:"created_at"`
		UpdatedAt     time.Time  `json:"updated_at"`
		ArchivedAt    *time.Time `json:"archived_at"`
		Version       int        `json:"version"`
	}
	userRow struct {
		ID         string            `json:"id"`
		ServiceID  string            `json:"service_id"`
		Name       string            `json:"name"`
		ExternalID *string           `json:"external_id"`
		Metadata   map[string]string `json:"metadata"`
		ArchivedAt *time.Time        `json:"archived_at"`
		Version    int               `json:"version"`
	}
	eventTypeRow struct {
		ID          string         `json:"id"`
		Name        string         `json:"name"`
		Description string         `json:"description"`
		Schema      jsontext.Value `json:"schema"`
		Example     jsontext.Value `json:"example"`
		ArchivedAt  *time.Time     `json:"archived_at"`
		Version     int            `json:"version"`
	}
	stamp struct {
		By string    `json:"by"`
		At time.Time `json:"at"`
	}
	endpointRow struct {
		ID                  string            `json:"id"`
		UserID              string            `json:"user_id"`
		URL                 string            `json:"url"`
		Format              string            `json:"format"`
		Description         string            `json:"description"`
		Status              string            `json:"status"`
		Reason              *string           `json:"reason"`
		StatusChanged       stamp             `json:"status_changed"`
		PreviousSecretUntil *time.Time        `json:"previous_secret_until"`
		RemovedAt           *time.Time        `json:"removed_at"`
		ArchivedAt          *time.Time        `json:"archived_at"`
		Version             int               `json:"version"`
		Subscriptions       []subscriptionRow `json:"subscriptions"`
	}
	subscriptionRow struct {
		ID            string     `json:"id"`
		EndpointID    string     `json:"endpoint_id"`
		UserID        string     `json:"user_id"`
		EventTypeID   string     `json:"event_type_id"`
		EventType     string     `json:"event_type"`
		Status        string     `json:"status"`
		StatusChanged stamp      `json:"status_changed"`
		RemovedAt     *time.Time `json:"removed_at"`
		ArchivedAt    *time.Time `json:"archived_at"`
		Version       int        `json:"version"`
	}
	skip struct {
		EndpointID string    `json:"endpoint_id"`
		Reason     string    `json:"reason"`
		Since      time.Time `json:"since"`
		By         string    `json:"by"`
	}
	acceptedRow struct {
		ID         string `json:"id"`
		Deliveries int    `json:"deliveries"`
		Skipped    []skip `json:"skipped"`
		More       bool   `json:"more"`
	}
	messageRow struct {
		ID          string         `json:"id"`
		EventTypeID *string        `json:"event_type_id"`
		EventType   string         `json:"event_type"`
		UserID      *string        `json:"user_id"`
		Status      string         `json:"status"`
		Deliveries  map[string]int `json:"deliveries"`
		More        bool           `json:"more"`
		Test        bool           `json:"test"`
		CreatedAt   time.Time      `json:"created_at"`
		By          string         `json:"by"`
		Payload     jsontext.Value `json:"payload"` // of one message, not of lists
	}
	deliveryRow struct {
		MessageID      string     `json:"message_id"`
		EndpointID     string     `json:"endpoint_id"`
		EventType      string     `json:"event_type"`
		UserID         *string    `json:"user_id"`
		Status         string     `json:"status"`
		Attempts       int        `json:"attempts"`
		LastStatusCode *int       `json:"last_status_code"`
		LastAttemptAt  *time.Time `json:"last_attempt_at"`
		Cause          *string    `json:"cause"`
		NextAttemptAt  *time.Time `json:"next_attempt_at"`
		AcceptedAt     time.Time  `json:"accepted_at"`
		EndedAt        *time.Time `json:"ended_at"`
		Reason         *string    `json:"reason"`
		Since          *time.Time `json:"since"`
		By             *string    `json:"by"`
	}
	keyRow struct {
		ID        string   `json:"id"`
		Name      string   `json:"name"`
		Scopes    []string `json:"scopes"`
		ServiceID *string  `json:"service_id"`
		UserID    *string  `json:"user_id"`
		LastUsed  *struct {
			At   time.Time `json:"at"`
			From string    `json:"from"`
			Call string    `json:"call"`
		} `json:"last_used"`
		Holder    *members   `json:"holder"`
		RevokedAt *time.Time `json:"revoked_at"`
		Key       string     `json:"key"`
	}
)

// service is a service of a test's own, and the admin below it.
type service struct {
	client
	id string
}

// newService creates a service on the shared server.
func newService(t testing.TB) service {
	t.Helper()
	return serviceOf(admin(t))
}

func serviceOf(c client) service {
	c.t.Helper()
	s := of[serviceRow](c.post("/services", members{"name": newToken("service")}).is(201))
	c.base += "/services/" + s.ID
	return service{c, s.ID}
}

// by is the service as the holder of another key sees it.
func (s service) by(key string) service { s.key = key; return s }

func (s service) user(more ...members) userRow {
	s.t.Helper()
	return of[userRow](s.post("/users", merged(members{"name": "Ada"}, more...)).is(201))
}

func (s service) eventType(name string, more ...members) eventTypeRow {
	s.t.Helper()
	return of[eventTypeRow](s.post("/event-types", merged(members{"name": name}, more...)).is(201))
}

// endpoint adds an endpoint that is subscribed to event types.
func (s service) endpoint(user, url string, eventTypes ...string) endpointRow {
	s.t.Helper()
	body := members{"user_id": user, "url": url}
	if len(eventTypes) > 0 {
		body["event_types"] = eventTypes
	}
	e := of[endpointRow](s.post("/endpoints", body).is(201))
	s.confirmed(e)
	return e
}

// publish publishes a message whose payload has the canary. user "" is all users.
func (s service) publish(eventType, user string, o ...option) acceptedRow {
	s.t.Helper()
	return of[acceptedRow](s.post("/messages", message(eventType, user), o...).is(202))
}

func message(eventType, user string) members {
	m := members{"event_type": eventType, "payload": members{"card": canary}}
	if user != "" {
		m["user_id"] = user
	}
	return m
}

// secret reads an endpoint's signing secret.
func (s service) secret(endpoint string) string {
	s.t.Helper()
	return of[struct {
		Secret string `json:"secret"`
	}](s.get("/endpoints/" + endpoint + "/secret").is(200)).Secret
}

// newKey makes an API key, for all services if service is "".
func newKey(c client, service string, scopes ...string) keyRow {
	c.t.Helper()
	c.base = "/v1"
	body := members{"name": "the key of a test", "scopes": scopes}
	if service != "" {
		body["service_id"] = service
	}
	return of[keyRow](c.post("/keys", body).is(201))
}

// newUserKey makes an API key for one user of a service.
func newUserKey(s service, user string, scopes ...string) keyRow {
	s.t.Helper()
	c := s.client
	c.base = "/v1"
	return of[keyRow](c.post("/keys", members{"name": "a customer's", "scopes": scopes, "service_id": s.id, "user_id": user}).is(201))
}

// deliveries are a message's, ordered by endpoint.
func (s service) deliveries(message string, o ...option) []deliveryRow {
	s.t.Helper()
	return first[deliveryRow](s.client, "/messages/"+message+"/deliveries", o...)
}

// delivery is a message's to one endpoint.
func (s service) delivery(message, endpoint string) deliveryRow {
	s.t.Helper()
	rows := s.deliveries(message, where("endpoint_id", endpoint))
	if len(rows) != 1 {
		s.t.Fatalf("the message %s has %d deliveries to %s", message, len(rows), endpoint)
	}
	return rows[0]
}

// awaitDelivery waits until a delivery has a status.
func (s service) awaitDelivery(message, endpoint, status string) deliveryRow {
	s.t.Helper()
	var d deliveryRow
	eventually(s.t, "a delivery is "+status, func() bool {
		d = s.delivery(message, endpoint)
		return d.Status == status
	})
	return d
}

// historyOf is every event of a message.
func (s service) historyOf(message string) []event {
	s.t.Helper()
	return first[event](s.client, "/messages/"+message+"/history")
}

// history is every event of the service.
func (s service) history(o ...option) []event {
	s.t.Helper()
	return all[event](s.client, "/history", append(o, where("limit", "100"))...)
}

// changesNothing demands that a function leaves the service's history as it is, but for outcomes of what was sent before.
func (s service) changesNothing(do func()) {
	s.t.Helper()
	commanded := func() []event {
		return slices.DeleteFunc(s.history(), func(e event) bool { return e.Actor == "dispatch" || e.Actor == "sns" || e.Actor == "reconcile" })
	}
	before := commanded()
	do()
	if after := commanded(); len(after) != len(before) {
		s.t.Errorf("this wrote %v", types(after[len(before):]))
	}
}

func merged(m members, more ...members) members {
	for _, other := range more {
		for k, v := range other {
			m[k] = v
		}
	}
	return m
}

// value is what a pointer points to, the zero value for nil.
func value[T any](p *T) T {
	var v T
	if p != nil {
		v = *p
	}
	return v
}
