package rest

import (
	"context"
	"strings"
)

// Routes lists the API's routes as "GET /v1/services/:svc". The receiver of self-tests is none that clients use.
func (a *API) Routes() []string {
	var out []string
	for _, r := range a.echo.Routes() {
		if strings.HasPrefix(r.Path, selfTestPath) {
			continue
		}
		out = append(out, r.Method+" "+r.Path)
	}
	return out
}

// Scopes tells what each route asks of its caller, and how the description says so in words.
func (a *API) Scopes() map[string][2]string {
	out := map[string][2]string{}
	for _, r := range a.routes() {
		var told [2]string
		switch r.access {
		case public:
			told = [2]string{"none", "Scope: none; it needs no key."}
		case anyKey:
			told = [2]string{"any", "Scope: any; what the key in use may see and do."}
		case admin:
			told = [2]string{"admin", "Scope: none; the admin key alone."}
		case manageAll:
			told = [2]string{"manage", "Scope: manage, by a key that is not limited to a service."}
		default:
			scope := string(r.access.scope())
			told = [2]string{scope, "Scope: " + scope + "."}
		}
		out[r.method+" "+r.path] = told
	}
	return out
}

// Break makes a route that panics.
func (a *API) Break(path string, with any) {
	a.echo.GET(path, a.serve(read, false, func(_ context.Context, _ *call) error { panic(with) }))
}
