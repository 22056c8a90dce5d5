package rest

import (
	"context"
	"net/http"

	"github.com/go-json-experiment/json"

	"webplug/domain/eventlog"
	"webplug/projections"
)

// writeJSON writes an answer. What cannot be written as JSON is a mistake of ours: it panics, before anything is sent.
func writeJSON(w http.ResponseWriter, status int, contentType string, v any) {
	body, err := json.Marshal(v, json.Deterministic(true))
	if err != nil {
		panic(err)
	}
	writeBody(w, status, contentType, append(body, '\n')) // so that a terminal's prompt stands on its own line
}

func writeBody(w http.ResponseWriter, status int, contentType string, body []byte) {
	w.Header()["Content-Type"] = []string{contentType}
	w.WriteHeader(status)
	_, _ = w.Write(body) // who has gone cannot be told
}

// json answers with a value.
func (c *call) json(status int, v any) error {
	writeJSON(c.Response(), status, "application/json", v)
	return nil
}

// did notes what a command changed, for the header WebPlug-Position and the log line.
func (c *call) did(s eventlog.Stream, v eventlog.Version) {
	c.at = position{s, v}
	c.Response().Header()[headerPosition] = []string{c.at.String()}
}

// changed answers a command that the directory has to know of: whoever has the answer finds the change in force.
func (a *API) changed(ctx context.Context, c *call, status int, v any) error {
	if !a.Directory.Settled(ctx, c.at.stream, c.at.version) {
		c.Response().Header()[headerStale] = valueTrue
	}
	if status == http.StatusNoContent {
		return c.NoContent(status)
	}
	return c.json(status, v)
}

// pageAnswer is a list's answer.
type pageAnswer[T any] struct {
	Data []T     `json:"data"`
	Next *string `json:"next_cursor"`
}

// list answers a page of rows, each shown by a function.
func list[T, R any](c *call, page projections.Page[T], show func(T) (R, error)) error {
	answer := pageAnswer[R]{Data: make([]R, 0, len(page.Data))}
	for _, row := range page.Data {
		shown, err := show(row)
		if err != nil {
			return err
		}
		answer.Data = append(answer.Data, shown)
	}
	if page.Next != "" {
		answer.Next = &page.Next
	}
	if page.Stale {
		c.Response().Header()[headerStale] = valueTrue
	}
	return c.json(http.StatusOK, answer)
}

// asItIs shows a row as the read model has it.
func asItIs[T any](row T) (T, error) { return row, nil }
