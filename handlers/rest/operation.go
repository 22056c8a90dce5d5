package rest

import (
	"context"
	_ "embed"
	"fmt"
	"net/http"
	"sync"

	"github.com/go-json-experiment/json"
	"go.yaml.in/yaml/v3"
)

//go:embed openapi.yaml
var description []byte

// describe turns the API's description into JSON, once: a process may make many APIs.
var describe = sync.OnceValues(func() ([]byte, error) {
	var doc map[string]any
	if err := yaml.Unmarshal(description, &doc); err != nil {
		return nil, fmt.Errorf("openapi.yaml: %w", err)
	}
	text, err := json.Marshal(doc, json.Deterministic(true))
	return append(text, '\n'), err
})

func (a *API) openapi(_ context.Context, c *call) error {
	writeBody(c.Response(), http.StatusOK, "application/json", a.description)
	return nil
}

// healthAnswer is what /healthz and /readyz say.
type healthAnswer struct {
	Status string  `json:"status"` // "ok" or "unavailable"
	Checks []Check `json:"checks"`
}

// healthz says that the process answers.
func (a *API) healthz(_ context.Context, c *call) error {
	return c.json(http.StatusOK, healthAnswer{Status: "ok"})
}

// readyz says whether it can do its work, and if not, why.
func (a *API) readyz(ctx context.Context, c *call) error {
	answer, status := healthAnswer{Status: "ok", Checks: a.Health(ctx)}, http.StatusOK
	for _, check := range answer.Checks {
		if !check.OK {
			answer.Status, status = "unavailable", http.StatusServiceUnavailable
		}
	}
	return c.json(status, answer)
}

// systemAnswer is what /v1/system says.
type systemAnswer struct {
	System
	Streams int     `json:"streams"` // live ones that are open
	Checks  []Check `json:"checks"`
}

func (a *API) system(ctx context.Context, c *call) error {
	if err := c.query().done(); err != nil {
		return err
	}
	return c.json(http.StatusOK, systemAnswer{a.System(ctx), a.Streams(), a.Health(ctx)})
}

func (a *API) metrics(_ context.Context, c *call) error {
	a.Metrics.ServeHTTP(c.Response(), c.Request())
	return nil
}
