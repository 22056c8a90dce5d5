package rest

import (
	"context"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"webplug/domain"
)

// maxURL is the longest URL of an endpoint, in bytes.
const maxURL = 2048

// checkURL refuses what is no absolute http or https URL, then what the guard of addresses refuses.
func (a *API) checkURL(ctx context.Context, field, text string) error {
	if reason := unusable(text); reason != "" {
		return domain.Refuse(domain.Invalid, field, "%s", reason)
	}
	err := a.CheckURL(ctx, text)
	var refused *domain.Error
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &refused):
		return domain.Refuse(domain.Invalid, field, "%s", refused.Message)
	}
	return domain.Refuse(domain.Invalid, field, "%s", err)
}

// unusable says why a text is no URL that webhooks can be sent to, or "".
func unusable(text string) string {
	switch {
	case text == "":
		return "is required"
	case len(text) > maxURL:
		return "has more than " + strconv.Itoa(maxURL) + " bytes"
	case !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r == 0x7f }):
		return "has space or control characters"
	}
	u, err := url.Parse(text)
	if err != nil {
		return "is not a URL"
	}
	switch {
	case u.Scheme == "":
		return "must be absolute: https://…"
	case u.Scheme != "http" && u.Scheme != "https":
		return "must begin with https:// or http://"
	case u.Opaque != "" || u.Hostname() == "":
		return "has no host"
	case u.User != nil:
		return "must not have a user name or password"
	case u.Fragment != "" || strings.HasSuffix(text, "#"):
		return "must not have a fragment"
	}
	if p := u.Port(); p != "" || strings.HasSuffix(u.Host, ":") {
		if n, err := strconv.Atoi(p); err != nil || n < 1 || n > 65535 {
			return "has no valid port"
		}
	}
	return ""
}
