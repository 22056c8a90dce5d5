package rest

import "context"

// Routes lists the routes as "GET /v1/services/:svc".
func (a *API) Routes() []string {
	var out []string
	for _, r := range a.echo.Routes() {
		out = append(out, r.Method+" "+r.Path)
	}
	return out
}

// Break makes a route that panics.
func (a *API) Break(path string, with any) {
	a.echo.GET(path, a.serve(read, false, func(_ context.Context, _ *call) error { panic(with) }))
}
