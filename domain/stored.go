package domain

import (
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"webplug/domain/eventlog"
)

// The two events that every delivered webhook has write their stored JSON themselves (eventlog.Appender). It is member
// for member what the JSON library makes of the struct; a fuzz test compares.

// AppendJSON appends the event as it is stored.
func (e *MessageAccepted) AppendJSON(b []byte) ([]byte, error) {
	m := members{b: append(b, '{')}
	m.always("event_type_id").text(e.EventTypeID)
	m.always("event_type").text(e.EventName)
	m.unless(e.UserID == "", "user_id").text(e.UserID)
	m.unless(len(e.Targets) == 0, "targets").texts(e.Targets)
	if m.unless(len(e.Skipped) == 0, "skipped").open() {
		m.b = append(m.b, '[')
		for i := range e.Skipped {
			m.separate(i)
			e.Skipped[i].appendTo(&m)
		}
		m.b = append(m.b, ']')
	}
	m.unless(e.More == "", "more").text(e.More)
	m.unless(!e.Test, "test").truth(e.Test)
	m.unless(e.Request == "", "request").text(e.Request)
	return append(m.b, '}'), m.err
}

func (s *Skip) appendTo(m *members) {
	m.b, m.some = append(m.b, '{'), false
	m.unless(s.EndpointID == "", "endpoint_id").text(s.EndpointID)
	m.always("reason").text(string(s.Reason))
	m.unless(s.Since.IsZero(), "since").time(s.Since)
	m.unless(s.By == "", "by").text(s.By)
	m.b, m.some = append(m.b, '}'), true
}

// AppendJSON appends the event as it is stored.
func (e *DeliverySucceeded) AppendJSON(b []byte) ([]byte, error) {
	m := members{b: append(b, '{')}
	m.unless(e.AttemptID == "", "attempt_id").text(e.AttemptID)
	m.unless(e.Attempt == 0, "attempt").number(e.Attempt)
	m.always("plan").version(e.Plan)
	m.unless(e.EndpointVersion == 0, "endpoint_version").version(e.EndpointVersion)
	m.unless(e.URL == "", "url").text(e.URL)
	m.unless(e.StatusCode == 0, "status_code").number(e.StatusCode)
	m.unless(e.Cause == "", "cause").text(string(e.Cause))
	m.unless(e.DurationMS == 0, "duration_ms").decimal(e.DurationMS)
	m.unless(e.RetryAfterS == 0, "retry_after_s").number(e.RetryAfterS)
	m.unless(e.At.IsZero(), "at").time(e.At)
	return append(m.b, '}'), m.err
}

// members appends a JSON object's members: first a name, by always or unless, then its value. After an unless that
// holds the value is dropped.
type members struct {
	b    []byte
	some bool // a member stands already
	skip bool // the member whose turn it is has no place
	err  error
}

func (m *members) always(name string) *members { return m.unless(false, name) }

func (m *members) unless(absent bool, name string) *members {
	if m.skip = absent; absent {
		return m
	}
	if m.some {
		m.b = append(m.b, ',')
	}
	m.some = true
	m.b = append(m.b, '"')
	m.b = append(m.b, name...)
	m.b = append(m.b, '"', ':')
	return m
}

// open says whether a value is to be appended.
func (m *members) open() bool { return !m.skip && m.err == nil }

func (m *members) separate(i int) {
	if i > 0 {
		m.b = append(m.b, ',')
	}
}

func (m *members) text(v string) {
	if m.open() {
		m.b, m.err = jsontext.AppendQuote(m.b, v)
	}
}

func (m *members) texts(list []string) {
	if !m.open() {
		return
	}
	m.b = append(m.b, '[')
	for i, v := range list {
		m.separate(i)
		m.text(v)
	}
	m.b = append(m.b, ']')
}

func (m *members) truth(v bool) {
	if m.open() {
		m.b = strconv.AppendBool(m.b, v)
	}
}

func (m *members) number(v int) {
	if m.open() {
		m.b = strconv.AppendInt(m.b, int64(v), 10)
	}
}

func (m *members) version(v eventlog.Version) {
	if m.open() {
		m.b = strconv.AppendUint(m.b, uint64(v), 10)
	}
}

// decimal appends what has neither very many digits nor very many zeros, as milliseconds have; the JSON library would
// write others with an exponent.
func (m *members) decimal(v float64) {
	if m.open() {
		m.b = strconv.AppendFloat(m.b, v, 'f', -1, 64)
	}
}

// time appends RFC 3339 with as many digits as there are; times of events are in UTC.
func (m *members) time(v time.Time) {
	if m.open() {
		m.b = append(m.b, '"')
		m.b = v.AppendFormat(m.b, time.RFC3339Nano)
		m.b = append(m.b, '"')
	}
}
