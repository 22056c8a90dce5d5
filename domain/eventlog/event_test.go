package eventlog_test

import (
	"errors"
	"strings"
	"testing"

	"webplug/domain/eventlog"
)

func TestStreamNames(t *testing.T) {
	longest := strings.Repeat("a", eventlog.MaxSegment)
	for _, c := range []struct {
		name string
		want eventlog.Stream
	}{
		{"svc_1/msg_2", eventlog.Stream{Service: "svc_1", Root: "msg_2"}},
		{"svc_1/msg_2/ep_3", eventlog.Stream{Service: "svc_1", Root: "msg_2", Leaf: "ep_3"}},
		{"svc_1/msg_2~1/ep_3", eventlog.Stream{Service: "svc_1", Root: "msg_2~1", Leaf: "ep_3"}},
		{"_/name_X", eventlog.Stream{Service: eventlog.Above, Root: "name_X"}},
		{"a.b-c/d:e", eventlog.Stream{Service: "a.b-c", Root: "d:e"}},
		{longest + "/" + longest + "/" + longest, eventlog.Stream{Service: longest, Root: longest, Leaf: longest}},
	} {
		got, err := eventlog.ParseStream(c.name)
		if err != nil || got != c.want {
			t.Errorf("ParseStream(%q) = %+v, %v; want %+v", c.name, got, err, c.want)
		}
		if got.String() != c.name || !got.Valid() {
			t.Errorf("%q is read as %q, valid %v", c.name, got.String(), got.Valid())
		}
	}
}

func TestWhatIsNoStreamName(t *testing.T) {
	for _, name := range []string{
		"", "/", "svc_1", "svc_1/", "/msg_2", "svc_1//ep_3", "svc_1/msg_2/", "svc_1/msg_2/ep_3/x", "/svc_1/msg_2",
		"svc 1/msg_2", "svc_1/msg\x00", "svc_1/mság", "svc_1/msg\xff", "svc_1/msg#2", "svc_1/msg@2", "svc_1/msg%2f", "svc_1\\msg_2",
		"svc_1/" + strings.Repeat("a", eventlog.MaxSegment+1),
	} {
		if got, err := eventlog.ParseStream(name); !errors.Is(err, eventlog.ErrBadStream) {
			t.Errorf("ParseStream(%q) = %+v, %v; want ErrBadStream", name, got, err)
		}
	}
	for _, s := range []eventlog.Stream{
		{}, {Service: "svc_1"}, {Root: "msg_2"}, {Service: "svc_1", Leaf: "ep_3"}, {Service: "svc/1", Root: "msg_2"},
		{Service: "svc_1", Root: "msg_2", Leaf: "a/b"}, {Service: "svc_1", Root: "msg@2"},
	} {
		if s.Valid() {
			t.Errorf("%+v is called valid", s)
		}
	}
}

func FuzzParseStream(f *testing.F) {
	for _, seed := range []string{"svc_1/msg_2", "svc_1/msg_2/ep_3", "_/a", "//", "a/b/c/d", "é/b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		s, err := eventlog.ParseStream(name)
		if err != nil {
			return
		}
		if !s.Valid() || s.String() != name {
			t.Fatalf("%q is read as %+v, valid %v, named %q", name, s, s.Valid(), s.String())
		}
	})
}
