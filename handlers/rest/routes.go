package rest

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"
)

// route is one method of one path.
type route struct {
	method, path string
	access       access
	handle       handler
}

// routes is the whole API. A path with :svc is about a service that must exist and that the key may see.
func (a *API) routes() []route {
	const svc = "/v1/services/:svc"
	const (
		get, post, patch, del = http.MethodGet, http.MethodPost, http.MethodPatch, http.MethodDelete
	)
	return []route{
		{post, "/v1/services", manageAll, a.createService},
		{get, "/v1/services", read, a.listServices},
		{get, svc, read, a.getService},
		{patch, svc, manage, a.updateService},
		{del, svc, manage, a.archiveService},

		{post, svc + "/users", manage, a.registerUser},
		{get, svc + "/users", read, a.listUsers},
		{get, svc + "/users/:usr", read, a.getUser},
		{patch, svc + "/users/:usr", manage, a.updateUser},
		{del, svc + "/users/:usr", manage, a.archiveUser},

		{post, svc + "/event-types", manage, a.createEventType},
		{get, svc + "/event-types", read, a.listEventTypes},
		{get, svc + "/event-types/:typ", read, a.getEventType},
		{patch, svc + "/event-types/:typ", manage, a.updateEventType},
		{del, svc + "/event-types/:typ", manage, a.archiveEventType},

		{post, svc + "/endpoints", manage, a.addEndpoint},
		{get, svc + "/endpoints", read, a.listEndpoints},
		{get, svc + "/endpoints/:ep", read, a.getEndpoint},
		{patch, svc + "/endpoints/:ep", manage, a.updateEndpoint},
		{del, svc + "/endpoints/:ep", manage, a.removeEndpoint},
		{post, svc + "/endpoints/:ep/pause", manage, a.pauseEndpoint},
		{post, svc + "/endpoints/:ep/resume", manage, a.resumeEndpoint},
		{post, svc + "/endpoints/:ep/test", manage, a.testEndpoint},
		{post, svc + "/endpoints/:ep/recover", manage, a.recoverEndpoint},
		{get, svc + "/endpoints/:ep/secret", secrets, a.readSecret},
		{post, svc + "/endpoints/:ep/secret/rotate", manage, a.rotateSecret},

		{post, svc + "/subscriptions", manage, a.subscribe},
		{get, svc + "/subscriptions", read, a.listSubscriptions},
		{get, svc + "/subscriptions/:sub", read, a.getSubscription},
		{del, svc + "/subscriptions/:sub", manage, a.unsubscribe},
		{post, svc + "/subscriptions/:sub/confirm", manage, a.confirmSubscription},
		{post, svc + "/subscriptions/:sub/handshake", manage, a.requestHandshake},

		{post, svc + "/messages", publish, a.publish},
		{post, svc + "/messages/batch", publish, a.publishBatch},
		{get, svc + "/messages", read, a.listMessages},
		{get, svc + "/messages/:msg", read, a.getMessage},
		{get, svc + "/messages/:msg/history", read, a.messageHistory},
		{get, svc + "/messages/:msg/deliveries", read, a.listDeliveries},
		{post, svc + "/messages/:msg/deliveries/:ep/retry", manage, a.retryDelivery},
		{post, svc + "/messages/:msg/deliveries/:ep/discard", manage, a.discardDelivery},
		{get, svc + "/dead-letters", read, a.listDeadLetters},
		{get, svc + "/dead-letters/groups", read, a.listDeadLetterGroups},
		{post, svc + "/dead-letters/retry", manage, a.retryDeadLetters},
		{post, svc + "/dead-letters/discard", manage, a.discardDeadLetters},
		{get, svc + "/jobs", read, a.listJobs},
		{get, svc + "/jobs/:job", read, a.getJob},
		{post, svc + "/jobs/:job/cancel", manage, a.cancelJob},
		{get, svc + "/history", read, a.serviceHistory},
		{get, svc + "/live", read, a.live},
		{get, svc + "/stats", read, a.stats},

		{get, "/v1/whoami", anyKey, a.whoami},
		{post, "/v1/keys", admin, a.createKey},
		{get, "/v1/keys", admin, a.listKeys},
		{get, "/v1/keys/:key", admin, a.getKey},
		{del, "/v1/keys/:key", admin, a.revokeKey},
		{get, "/v1/history", admin, a.history},
		{post, "/v1/rebuild", admin, a.rebuild},
		{post, "/v1/audit/verify", admin, a.verifyLog},
		{get, "/v1/jobs", admin, a.listJobs},
		{get, "/v1/jobs/:job", admin, a.getJob},
		{post, "/v1/jobs/:job/cancel", admin, a.cancelJob},
		{get, "/v1/system", admin, a.system},
		{get, "/v1/stuck", admin, a.listStuck},
		{post, "/v1/stuck/:id/retry", admin, a.retryStuck},

		{get, "/healthz", public, a.healthz},
		{get, "/readyz", public, a.readyz},
		{get, "/metrics", public, a.metrics},
		{get, "/openapi.json", public, a.openapi},
		{get, "/docs", public, a.docs},
	}
}

// serveRoutes makes the API answer its routes.
func (a *API) serveRoutes() {
	for _, r := range a.routes() {
		a.echo.Add(r.method, r.path, a.serve(r.access, strings.Contains(r.path, ":svc"), r.handle))
	}
	a.echo.POST(selfTestPath+":token", a.selfTest)
	if a.Pages != nil {
		for _, path := range pages {
			a.echo.GET(path, echo.WrapHandler(a.Pages))
		}
	}
}
