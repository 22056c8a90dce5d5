package ui

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

func get(t *testing.T, s *Site, path string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

func body(t *testing.T, r *httptest.ResponseRecorder) string {
	t.Helper()
	var in io.Reader = r.Body
	if r.Header().Get("Content-Encoding") == "gzip" {
		unpacked, err := gzip.NewReader(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		in = unpacked
	}
	text, err := io.ReadAll(in)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func built(t *testing.T) *Site {
	t.Helper()
	s, err := read(fstest.MapFS{
		"dist/index.html":       {Data: []byte("<title>the application</title>")},
		"dist/assets/app-1a.js": {Data: bytes.Repeat([]byte("let a = 1;"), 100)},
		"dist/favicon.svg":      {Data: []byte("<svg/>")},
	}, "dist", []byte("not built"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestEveryPathOfTheApplicationIsItsPage(t *testing.T) {
	s := built(t)
	for _, path := range []string{"/", "/services/svc_1/messages/msg_2", "/keys"} {
		r := get(t, s, path)
		if got := body(t, r); r.Code != http.StatusOK || !strings.Contains(got, "the application") {
			t.Errorf("%s: %d %s", path, r.Code, got)
		}
		if r.Header().Get("Cache-Control") != "no-cache" {
			t.Errorf("%s may be cached: %s", path, r.Header().Get("Cache-Control"))
		}
	}
}

func TestNoScriptOrStyleInThePageRuns(t *testing.T) {
	r := get(t, built(t), "/")
	got := r.Header().Get("Content-Security-Policy")
	if strings.Contains(got, "unsafe") || !strings.Contains(got, "default-src 'none'; script-src 'self'; style-src 'self';") {
		t.Errorf("policy: %s", got)
	}
}

func TestAssetsAreKeptForEverAndCompressed(t *testing.T) {
	s := built(t)
	r := get(t, s, "/assets/app-1a.js", "Accept-Encoding", "gzip, br")
	if got := r.Header().Get("Cache-Control"); !strings.Contains(got, "immutable") {
		t.Errorf("Cache-Control: %s", got)
	}
	if r.Header().Get("Content-Encoding") != "gzip" || r.Header().Get("Content-Type") != "text/javascript; charset=utf-8" {
		t.Errorf("header: %v", r.Header())
	}
	if got := body(t, r); got != strings.Repeat("let a = 1;", 100) {
		t.Errorf("unpacked: %.40q", got)
	}
	if r := get(t, s, "/assets/app-1a.js"); r.Header().Get("Content-Encoding") != "" {
		t.Error("compressed for who did not ask for it")
	}
	again := get(t, s, "/assets/app-1a.js", "If-None-Match", r.Header().Get("ETag"))
	if again.Code != http.StatusNotModified {
		t.Errorf("unchanged: %d", again.Code)
	}
}

func TestAnAssetOfAnOlderBuildIsNoPage(t *testing.T) {
	if r := get(t, built(t), "/assets/app-00.js"); r.Code != http.StatusNotFound {
		t.Errorf("status %d", r.Code)
	}
}

func TestWithoutABuildThePageSaysHowToMakeOne(t *testing.T) {
	s, err := read(fstest.MapFS{"dist/.keep": {}}, "dist", placeholder)
	if err != nil {
		t.Fatal(err)
	}
	if got := body(t, get(t, s, "/")); !strings.Contains(got, "make build") {
		t.Errorf("page: %s", got)
	}
}

func TestTheEmbeddedFilesCanBeRead(t *testing.T) {
	s, err := New()
	if err != nil {
		t.Fatal(err)
	}
	if r := get(t, s, "/"); r.Code != http.StatusOK {
		t.Errorf("status %d", r.Code)
	}
}
