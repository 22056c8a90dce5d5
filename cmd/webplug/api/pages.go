package api

import (
	"context"
	"iter"
	"maps"
	"net/http"
	"net/url"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

// Page is one page of a list.
type Page struct {
	Data  []jsontext.Value `json:"data"`
	Next  *string          `json:"next_cursor"` // nil at the end
	Stale bool             `json:"-"`           // what was acknowledged just before may be missing
}

// MaxPage is how many rows a page has at the most.
const MaxPage = 100

// Page reads one page; the query says where it begins.
func (c *Client) Page(ctx context.Context, path string, query url.Values) (Page, error) {
	a, err := c.Do(ctx, Request{Method: http.MethodGet, Path: path, Query: query})
	if err != nil {
		return Page{}, err
	}
	p := Page{Stale: a.Stale}
	return p, a.Into(&p)
}

// Pages reads pages until a list's end, or until it gave most rows (0: no bound). A page may have no rows.
func (c *Client) Pages(ctx context.Context, path string, query url.Values, most int) iter.Seq2[Page, error] {
	return func(yield func(Page, error) bool) {
		query := maps.Clone(query)
		if query == nil {
			query = url.Values{}
		}
		for had := 0; most == 0 || had < most; {
			size := MaxPage
			if most > 0 {
				size = min(size, most-had)
			}
			query.Set("limit", strconv.Itoa(size))
			p, err := c.Page(ctx, path, query)
			if !yield(p, err) || err != nil || p.Next == nil {
				return
			}
			had += len(p.Data)
			query.Set("cursor", *p.Next)
		}
	}
}

// List reads up to most rows (0: all), and the cursor of what comes after them, nil at the end.
func (c *Client) List(ctx context.Context, path string, query url.Values, most int) (Page, error) {
	var all Page
	for p, err := range c.Pages(ctx, path, query, most) {
		if err != nil {
			return all, err
		}
		all.Data, all.Next, all.Stale = append(all.Data, p.Data...), p.Next, all.Stale || p.Stale
	}
	return all, nil
}

// Get reads one resource.
func (c *Client) Get(ctx context.Context, path string) (jsontext.Value, error) {
	a, err := c.Do(ctx, Request{Method: http.MethodGet, Path: path})
	return a.Body, err
}

// Post makes a command that may not be repeated.
func (c *Client) Post(ctx context.Context, path string, body jsontext.Value) (jsontext.Value, error) {
	a, err := c.Do(ctx, Request{Method: http.MethodPost, Path: path, Body: body})
	return a.Body, err
}

// Path joins segments to a path of the API, each escaped.
func Path(segments ...string) string {
	path := "/v1"
	for _, s := range segments {
		path += "/" + url.PathEscape(s)
	}
	return path
}
