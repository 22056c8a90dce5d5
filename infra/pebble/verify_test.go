package pebble

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/oklog/ulid/v2"

	"webplug/domain"
	"webplug/domain/eventlog"
)

// What is changed in the database itself, so that no checksum of a file is wrong, the hash chains tell.
func TestVerifyFindsWhatWasChangedInTheDatabase(t *testing.T) {
	const victim = "usr_00000000000000000000000002"
	stream := domain.UserStream("svc_00000000000000000000000001", victim)
	key := func(v eventlog.Version) []byte { return appendRecordKey(nil, stream, v) }
	value := func(t *testing.T, s *Store, v eventlog.Version) []byte {
		t.Helper()
		got, closer, err := s.db.Get(key(v))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = closer.Close() }()
		return bytes.Clone(got)
	}
	set := func(t *testing.T, s *Store, v eventlog.Version, to []byte) {
		t.Helper()
		if err := s.db.Set(key(v), to, nil); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		harm func(t *testing.T, s *Store)
		want []string
	}{
		"nothing": {func(*testing.T, *Store) {}, nil},
		"a flipped byte": {func(t *testing.T, s *Store) {
			b := value(t, s, 3)
			b[len(b)-1] ^= 1
			set(t, s, 3, b)
		}, []string{"3 changed"}},
		"a missing version": {func(t *testing.T, s *Store) {
			if err := s.db.Delete(key(2), nil); err != nil {
				t.Fatal(err)
			}
		}, []string{"2 missing"}},
		"swapped records": {func(t *testing.T, s *Store) {
			two, three := value(t, s, 2), value(t, s, 3)
			set(t, s, 2, three)
			set(t, s, 3, two)
		}, []string{"2 changed", "3 changed", "4 changed"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, Options{Dir: "data", FS: vfs.NewMem()})
			sealer, err := eventlog.NewSealer(s, make([]byte, eventlog.MasterKeySize), rand.Reader)
			if err != nil {
				t.Fatal(err)
			}
			log := eventlog.New(s, domain.Events(), sealer, time.Now, func() string { return ulid.Make().String() })
			for i := range 5 {
				for _, user := range []string{victim, "usr_00000000000000000000000001", "usr_00000000000000000000000003"} {
					name := fmt.Sprintf("name %d", i)
					var cmd eventlog.Command[domain.User] = domain.UpdateUser{Name: &name}
					if i == 0 {
						cmd = domain.RegisterUser{Name: name}
					}
					if _, err := eventlog.Execute(t.Context(), log, domain.UserStream(stream.Service, user), cmd, eventlog.Cause{Actor: "admin"}); err != nil {
						t.Fatal(err)
					}
				}
			}
			c.harm(t, s)
			var found []string
			events, streams := 0, 0
			for after, done := eventlog.Checkpoint(""), false; !done; {
				part, err := log.Verify(t.Context(), s, after, 1)
				if err != nil {
					t.Fatal(err)
				}
				for _, d := range part.Damage {
					if d.Stream != stream {
						t.Errorf("%s is damaged", d.Stream)
					}
					found = append(found, fmt.Sprint(d.Version, " ", d.Reason))
				}
				events, streams, after, done = events+part.Events, streams+part.Streams, part.Next, part.Done
			}
			if !slices.Equal(found, c.want) || streams != 3 || events < 14 {
				t.Fatalf("%v of %d events in %d streams, want %v", found, events, streams, c.want)
			}
		})
	}
}
