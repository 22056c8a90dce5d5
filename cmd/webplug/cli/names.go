package cli

import (
	"net/url"
	"strings"

	"webplug/cmd/webplug/output"
)

// idOf finds what bears a name now: an event type's name, a user's external id, an endpoint's URL.
func (s *session) idOf(r *resource, all, name string) (string, error) {
	page, err := s.List(s.ctx, all, query(r.lookup, name), 0)
	if err != nil {
		return "", err
	}
	var ids []string
	for _, row := range page.Data {
		if output.Plain(output.Find(row, "archived_at")) == "-" && output.Plain(output.Find(row, "status")) != "removed" {
			ids = append(ids, output.Plain(output.Find(row, "id")))
		}
	}
	switch len(ids) {
	case 0:
		return "", &failure{
			code: ExitNotFound, message: "there is no " + r.words() + " with the " + r.lookupWords() + " " + output.Line(name, 200),
			try: "webplug " + r.plural + " list",
		}
	case 1:
		return ids[0], nil
	}
	return "", usage("%s are several %s: %s", output.Line(name, 200), strings.ReplaceAll(r.plural, "-", " "), strings.Join(ids, ", "))
}

// ids replaces users' external ids and endpoints' URLs by ids, where a parameter or field is to have one.
func (s *session) ids(get func(name string) string, set func(name, id string)) error {
	for name, r := range map[string]*resource{"user_id": users(), "endpoint_id": endpoints()} {
		id, err := s.idFor(r, get(name))
		if err != nil {
			return err
		}
		if id != "" {
			set(name, id)
		}
	}
	return nil
}

// idsOf is ids for a query.
func (s *session) idsOf(q url.Values) error { return s.ids(q.Get, q.Set) }

// idsIn is ids for a body.
func (s *session) idsIn(o *object) error {
	return s.ids(func(name string) string {
		if at := o.find(name); at >= 0 {
			if given := output.Plain([]byte(o.values[at])); given != "-" {
				return given
			}
		}
		return ""
	}, func(name, id string) { o.set(name, text(id)) })
}

// userID is the id of a user who is named by it or by an external id; "" stays.
func (s *session) userID(given string) (string, error) { return s.idFor(users(), given) }

// endpointID is the id of an endpoint that is named by it or by its URL; "" stays.
func (s *session) endpointID(given string) (string, error) { return s.idFor(endpoints(), given) }

func (s *session) idFor(r *resource, given string) (string, error) {
	if given == "" || strings.HasPrefix(given, r.prefix) {
		return given, nil
	}
	_, id, err := s.resolve(r, given)
	return id, err
}
