package cli

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"webplug/ui"
)

const uiHelp = `Serves the management UI on this machine, for a WebPlug that runs elsewhere: what the pages ask of the API goes on to it. The
API key stays in this program. Sign in with the session key that it prints, which is good only here, and only while it runs.

It listens on loopback alone, and opens no browser.`

// localUI is the management UI on this machine for an API elsewhere.
type localUI struct {
	pages   http.Handler
	proxy   *httputil.ReverseProxy
	session string // what the browser signs in with
	key     string // what the API gets instead
	host    string // address and port, as browsers name them
}

func (a *app) uiCommand() *cobra.Command {
	var addr string
	c := &cobra.Command{Use: "ui", Short: "Serve the management UI on this machine, for a WebPlug elsewhere", Long: uiHelp}
	c.RunE = func(c *cobra.Command, _ []string) error {
		s, t, err := a.connected(c)
		if err != nil {
			return err
		}
		return s.serveUI(addr, t.Key)
	}
	c.Flags().StringVar(&addr, "addr", "127.0.0.1:8090", "where to listen, on loopback; port 0 takes any that is free")
	return c
}

func (s *session) serveUI(addr, key string) error {
	if err := onLoopback(addr); err != nil {
		return err
	}
	if _, err := s.Get(s.ctx, "/v1/whoami"); err != nil {
		return err // before a browser would find it out
	}
	pages, err := ui.New()
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(s.ctx, "tcp", addr)
	if err != nil {
		return &failure{code: ExitUsage, message: "listen on " + addr, cause: err, try: "webplug ui --addr 127.0.0.1:0"}
	}
	u, err := newLocalUI(s.URL(), key, listener.Addr().String(), pages)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	if err := s.greetUI(u); err != nil {
		return errors.Join(err, listener.Close())
	}
	server := &http.Server{Handler: u, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		return err
	case <-s.ctx.Done():
		return server.Close() // streams do not end by themselves
	}
}

// greetUI says where the UI is, and what to sign in with.
func (s *session) greetUI(u *localUI) error {
	if s.json {
		o := newObject()
		o.set("url", text("http://"+u.host+"/"))
		o.set("session_key", text(u.session))
		o.set("api_url", text(s.URL()))
		return s.one(o.value())
	}
	_, err := fmt.Fprintf(s.out, "UI           http://%s/\nsession key  %s\nof           %s\n", u.host, u.session, s.URL())
	return err
}

// onLoopback refuses addresses that others reach.
func onLoopback(addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return usage("--addr: %q is not an address and a port, like 127.0.0.1:8090", addr)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return usage("--addr: %q is not on loopback, and whoever reaches it could use your key", addr)
	}
	return nil
}

func newLocalUI(apiURL, key, host string, pages http.Handler) (*localUI, error) {
	target, err := url.Parse(apiURL)
	if err != nil {
		return nil, err
	}
	u := &localUI{pages: pages, session: "session_" + strings.ToLower(rand.Text()), key: key, host: host}
	u.proxy = &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Header.Del("Cookie") // of other programs on this machine
		},
		FlushInterval: -1, // events as they come
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			if !errors.Is(err, context.Canceled) {
				http.Error(w, "the API is not reached: "+err.Error(), http.StatusBadGateway)
			}
		},
	}
	return u, nil
}

// ServeHTTP answers with the UI's pages, and passes on what they ask of the API. A page of another site cannot have it asked: it
// does not know the session key, and a name that was turned to this address is not this host.
func (u *localUI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !u.isHere(r.Host) {
		http.Error(w, "this is http://"+u.host+"/", http.StatusMisdirectedRequest)
		return
	}
	if origin := r.Header.Get("Origin"); origin != "" && origin != "http://"+r.Host {
		http.Error(w, "another site asks", http.StatusForbidden)
		return
	}
	if !ofAPI(r.URL.Path) {
		u.pages.ServeHTTP(w, r)
		return
	}
	r.Header.Del("Origin")
	if given, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok && subtle.ConstantTimeCompare([]byte(given), []byte(u.session)) == 1 {
		r.Header.Set("Authorization", "Bearer "+u.key)
	}
	u.proxy.ServeHTTP(w, r)
}

// isHere says whether a browser means this server.
func (u *localUI) isHere(host string) bool {
	if host == u.host {
		return true
	}
	_, port, _ := net.SplitHostPort(u.host)
	return host == "localhost:"+port
}

func ofAPI(path string) bool {
	for _, p := range []string{"/v1/", "/healthz", "/readyz", "/openapi.json", "/docs"} {
		if path == p || strings.HasSuffix(p, "/") && strings.HasPrefix(path, p) {
			return true
		}
	}
	return false
}
