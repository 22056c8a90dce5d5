// Package ui is the management UI as the binary serves it: the pages that "make build" bundled into dist, embedded. It
// knows nothing of the API; the pages call it like any other client.
package ui

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"sync"
)

//go:embed all:dist
var dist embed.FS

//go:embed placeholder.html
var placeholder []byte

// policy lets a page load nothing but what this server has, run no script and apply no style that stands in the page
// itself, and be framed by nobody.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// Site answers the UI's paths. It is safe for concurrent use.
type Site struct {
	files map[string]*file // by path: "/assets/app-1a2b.js"
	page  *file            // what every path of the application gets
}

// file is one file, compressed at its first use.
type file struct {
	name  string
	plain []byte
	etag  string
	gzip  func() []byte // nil where it gains nothing
}

// New reads the embedded pages. Without a build it has one page, which says how to make one.
func New() (*Site, error) { return read(dist, "dist", placeholder) }

func read(from fs.FS, root string, otherwise []byte) (*Site, error) {
	s := &Site{files: map[string]*file{}}
	err := fs.WalkDir(from, root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(from, name)
		if err != nil {
			return err
		}
		at := strings.TrimPrefix(name, root)
		s.files[at] = newFile(at, content)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the UI's files: %w", err)
	}
	s.page = s.files["/index.html"]
	if s.page == nil {
		s.page = newFile("/index.html", otherwise)
	}
	return s, nil
}

func newFile(name string, content []byte) *file {
	sum := sha256.Sum256(content)
	f := &file{name: name, plain: content, etag: `"` + hex.EncodeToString(sum[:8]) + `"`}
	if path.Ext(name) != ".woff2" { // it is compressed already
		f.gzip = sync.OnceValue(func() []byte { return compress(content) })
	}
	return f
}

// compress gives the content as small as gzip can, or nil where that is not smaller.
func compress(content []byte) []byte {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil
	}
	if _, err := w.Write(content); errors.Join(err, w.Close()) != nil || out.Len() >= len(content) {
		return nil
	}
	return out.Bytes()
}

// ServeHTTP answers with the file at the path, or with the application's page: it knows by itself what the path means.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	f := s.files[r.URL.Path]
	switch {
	case strings.HasPrefix(r.URL.Path, "/assets/"):
		if f == nil {
			http.NotFound(w, r) // of an older build: the page loads itself anew
			return
		}
		h.Set("Cache-Control", "public, max-age=31536000, immutable") // its name changes with its content
	case f == nil || f == s.page:
		f = s.page
		h.Set("Cache-Control", "no-cache")
	default:
		h.Set("Cache-Control", "no-cache")
	}
	f.serve(w, r)
}

func (f *file) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", contentType(f.name))
	h.Set("ETag", f.etag)
	h.Set("Vary", "Accept-Encoding")
	if strings.Contains(r.Header.Get("If-None-Match"), f.etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body := f.plain
	if f.gzip != nil && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		if small := f.gzip(); small != nil {
			h.Set("Content-Encoding", "gzip")
			body = small
		}
	}
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(body) // who has gone cannot be told
}

// contentType does not ask the machine's own table, which may know less.
func contentType(name string) string {
	switch ext := path.Ext(name); ext {
	case ".html":
		return "text/html; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".woff2":
		return "font/woff2"
	default:
		if t := mime.TypeByExtension(ext); t != "" {
			return t
		}
		return "application/octet-stream"
	}
}
