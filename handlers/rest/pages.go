package rest

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"
)

// pages are the paths of the management UI and of its files. They are no part of the API.
var pages = []string{"/", "/services", "/services/*", "/keys", "/system", "/assets/*", "/favicon.svg", "/theme.js"}

// lost answers who followed a link to nowhere with the management UI, which says so and leads on; programs and what asks
// for something of the API get a problem. It says whether it answered.
func (a *API) lost(c echo.Context, p Problem) bool {
	r := c.Request()
	if a.Pages == nil || p.Status != http.StatusNotFound || c.Path() != "" || r.Method != http.MethodGet ||
		strings.HasPrefix(r.URL.Path, "/v1/") || r.URL.Path == "/v1" || !strings.Contains(r.Header.Get("Accept"), "text/html") {
		return false
	}
	a.Pages.ServeHTTP(&notFound{ResponseWriter: c.Response()}, r)
	return true
}

// notFound answers what a handler answers, as something that is not there.
type notFound struct{ http.ResponseWriter }

func (w *notFound) WriteHeader(status int) {
	if status == http.StatusOK {
		status = http.StatusNotFound
	}
	w.ResponseWriter.WriteHeader(status)
}
