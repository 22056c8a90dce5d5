package domain_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"iter"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"webplug/domain"
	"webplug/domain/eventlog"
)

// update writes golden files that do not exist yet. One that exists was stored somewhere: it is never written again.
var update = flag.Bool("update", false, "write the golden files that are missing")

// golden is how an event was stored with one schema version: its JSON, and the names of its sealed fields.
type golden struct {
	Data   jsontext.Value `json:"data"`
	Sealed []string       `json:"sealed"`
}

const goldenFolder = "testdata/events"

func goldenPath(name string, schema int, minimal bool) string {
	suffix := ""
	if minimal {
		suffix = ".minimal"
	}
	return filepath.Join(goldenFolder, fmt.Sprintf("%s.v%d%s.json", name, schema, suffix))
}

func readGolden(t *testing.T, path string) golden {
	t.Helper()
	var g golden
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, &g, json.RejectUnknownMembers(true))
	}
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func writeGolden(t *testing.T, path string, g golden) {
	t.Helper()
	if !*update {
		return
	}
	names, err := json.Marshal(g.Sealed)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, os.ErrExist) {
		return
	}
	if err == nil {
		_, err = fmt.Fprintf(f, "{\n\"data\": %s,\n\"sealed\": %s\n}\n", g.Data, names)
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
}

// The stored JSON of an event is for ever: what is in testdata/events stays readable, and today's events are written as
// the newest files say. A changed event needs a further schema version with an upcast, and a further file.
func TestStoredEventsAreForEver(t *testing.T) {
	registry := domain.Events()
	expected := map[string]bool{}
	for _, s := range samples() {
		name := s.full.EventType()
		def, ok := registry.Definition(name)
		if !ok {
			t.Fatalf("%s is not in the registry", name)
		}
		for minimal, event := range map[bool]eventlog.Event{false: s.full, true: s.minimal} {
			for schema := 1; schema <= def.Schema(); schema++ {
				path := goldenPath(name, schema, minimal)
				expected[path] = true
				t.Run(filepath.Base(path), func(t *testing.T) {
					if schema < def.Schema() {
						decodes(t, registry, name, schema, readGolden(t, path))
						return
					}
					data, sealed, err := registry.Encode(event)
					if err != nil {
						t.Fatal(err)
					}
					writeGolden(t, path, golden{data, sealed})
					g := readGolden(t, path)
					if string(data) != string(g.Data) || !slices.Equal(sealed, g.Sealed) {
						t.Fatalf("today it is stored as\n%s sealed %v\nthe file has\n%s sealed %v", data, sealed, g.Data, g.Sealed)
					}
					if got := decodes(t, registry, name, schema, g); !reflect.DeepEqual(got, withoutSealed(event)) {
						t.Fatalf("read back as\n%+v\nwant\n%+v", got, withoutSealed(event))
					}
				})
			}
		}
	}
	t.Run("of every type there is a file, and no other file", func(t *testing.T) {
		for _, name := range registry.Names() {
			if !expected[goldenPath(name, 1, false)] {
				t.Errorf("%s has no sample", name)
			}
		}
		files, err := filepath.Glob(goldenFolder + "/*")
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if !expected[f] {
				t.Errorf("%s belongs to no event type: was one renamed or taken away?", f)
			}
		}
	})
}

func decodes(t *testing.T, registry *eventlog.Registry, name string, schema int, g golden) eventlog.Event {
	t.Helper()
	e, err := registry.Decode(name, schema, g.Data)
	if err != nil {
		t.Fatal(err)
	}
	if e.EventType() != name {
		t.Fatalf("it is a %s", e.EventType())
	}
	return e
}

// withoutSealed is an event as it is read without its boxes.
func withoutSealed(e eventlog.Event) eventlog.Event {
	v := reflect.New(reflect.TypeOf(e)).Elem()
	v.Set(reflect.ValueOf(e))
	var clear func(reflect.Value)
	clear = func(v reflect.Value) {
		if v.Type() == reflect.TypeFor[eventlog.Sealed]() {
			v.SetZero()
		} else if v.Kind() == reflect.Struct && v.Type() != reflect.TypeFor[time.Time]() {
			for i := range v.NumField() {
				clear(v.Field(i))
			}
		}
	}
	clear(v)
	return v.Interface().(eventlog.Event)
}

func TestASampleHasEveryField(t *testing.T) {
	for _, s := range samples() {
		if s.full.EventType() != s.minimal.EventType() {
			t.Errorf("%s and %s are one sample", s.full.EventType(), s.minimal.EventType())
		}
		var filled func(path string, v reflect.Value)
		filled = func(path string, v reflect.Value) {
			if v.IsZero() {
				t.Errorf("%s is empty in the full sample", path)
			}
			switch {
			case v.Kind() == reflect.Struct && v.Type() != reflect.TypeFor[time.Time]() && v.Type() != reflect.TypeFor[eventlog.Sealed]():
				for i := range v.NumField() {
					filled(path+"."+v.Type().Field(i).Name, v.Field(i))
				}
			case v.Kind() == reflect.Slice && v.Type() != reflect.TypeFor[jsontext.Value]():
				for i := range v.Len() {
					filled(fmt.Sprintf("%s[%d]", path, i), v.Index(i))
				}
			}
		}
		if v := reflect.ValueOf(s.full); v.NumField() > 0 {
			filled(s.full.EventType(), v)
		}
	}
}

// kept is the store of one stream's records.
type kept struct{ records []eventlog.Record }

func (k *kept) Append(_ context.Context, b eventlog.Batch) error {
	for _, w := range b.Writes {
		k.records = append(k.records, w.Records...)
	}
	return nil
}

func (k *kept) Read(context.Context, eventlog.Stream, eventlog.Version) iter.Seq2[eventlog.Record, error] {
	return func(yield func(eventlog.Record, error) bool) {
		for _, r := range k.records {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func (k *kept) Trail(ctx context.Context, _, _ string) iter.Seq2[eventlog.Record, error] {
	return k.Read(ctx, eventlog.Stream{}, 0)
}

// keyring keeps wrapped data keys.
type keyring map[string][]byte

func (k keyring) LoadKey(_ context.Context, name string) ([]byte, error) {
	if w, ok := k[name]; ok {
		return w, nil
	}
	return nil, eventlog.ErrNoKey
}

func (k keyring) CreateKey(_ context.Context, name string, wrapped []byte) ([]byte, error) {
	k[name] = wrapped
	return wrapped, nil
}

type anyState struct{}

func (s anyState) Evolve(eventlog.Recorded) anyState { return s }

type these []eventlog.Event

func (c these) Decide(anyState) ([]eventlog.Event, error) { return c, nil }

// A consumer that is handed a record by the process that made it sees what one after a restart reads from the store.
func TestRememberedAndReadAreTheSame(t *testing.T) {
	ctx, store, n := context.Background(), &kept{}, 0
	sealer, err := eventlog.NewSealer(keyring{}, make([]byte, eventlog.MasterKeySize), nil)
	if err != nil {
		t.Fatal(err)
	}
	log := eventlog.New(store, domain.Events(), sealer, func() time.Time { return sampleTime.Add(123) },
		func() string { n++; return fmt.Sprintf("01KE%022d", n) })
	var events these
	for _, s := range samples() {
		events = append(events, s.full, s.minimal)
	}
	cause := eventlog.Cause{Actor: "key_1", CorrelationID: "req_1", CausationID: "01KE", After: sampleTime.Add(time.Hour + 1)}
	if _, err := eventlog.Execute(ctx, log, eventlog.Stream{Service: "svc_1", Root: "all"}, events, cause); err != nil {
		t.Fatal(err)
	}
	if err := eventlog.Verify(store.records); err != nil {
		t.Fatal(err)
	}
	for _, rec := range store.records {
		remembered, err := log.Decode(rec)
		if err != nil {
			t.Fatal(err)
		}
		read, err := log.Decode(rec.Forget())
		if err != nil {
			t.Fatal(err)
		}
		for name, f := range log.Registry().FieldsOf(remembered.Event) {
			stored := log.Registry().FieldsOf(read.Event)[name]
			content, err := log.Reveal(ctx, stored)
			if err != nil || string(content) != string(f.Plain) || stored.Key != f.Key {
				t.Errorf("%s of %s is read as %q under %s, %v", name, read.Event.EventType(), content, stored.Key, err)
			}
		}
		if len(log.Registry().FieldsOf(remembered.Event)) != len(log.Registry().FieldsOf(read.Event)) {
			t.Errorf("%s: other fields are sealed", read.Event.EventType())
		}
		remembered.Event, read.Event = withoutSealed(remembered.Event), withoutSealed(read.Event)
		if !reflect.DeepEqual(remembered, read) {
			t.Errorf("remembered\n%+v\nread\n%+v", remembered, read)
		}
	}
}

// An event type that is not in the registry could be appended by nobody and read by nobody.
func TestEveryEventTypeIsInTheRegistry(t *testing.T) {
	registered := map[string]string{} // Go type ▶ stored name
	registry := domain.Events()
	for _, name := range registry.Names() {
		def, _ := registry.Definition(name)
		registered[reflect.TypeOf(def.Zero()).Name()] = name
	}
	pkg := declared(t, ".")
	found := 0
	for _, name := range pkg.Scope().Names() {
		named, ok := pkg.Scope().Lookup(name).(*types.TypeName)
		if !ok || !types.Implements(types.NewPointer(named.Type()), anEvent()) {
			continue
		}
		found++
		if registered[name] == "" {
			t.Errorf("%s is an event, and not in Events()", name)
		}
		if !types.Implements(named.Type(), anEvent()) {
			t.Errorf("%s has a pointer receiver; events are values", name)
		}
	}
	if found != len(registered) {
		t.Errorf("%d types are events, %d are registered", found, len(registered))
	}
}

// declared is a folder's package as its own source declares it; what it imports is not looked at.
func declared(t *testing.T, folder string) *types.Package {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	fset := token.NewFileSet()
	var files []*ast.File
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	config := types.Config{Importer: nothing{}, Error: func(error) {}} // imports fail, and with them what uses them
	pkg, _ := config.Check("domain", fset, files, nil)
	return pkg
}

type nothing struct{}

func (nothing) Import(path string) (*types.Package, error) {
	return nil, fmt.Errorf("%s is not looked at", path)
}

// anEvent is eventlog.Event.
func anEvent() *types.Interface {
	text := types.NewTuple(types.NewVar(token.NoPos, nil, "", types.Typ[types.String]))
	method := types.NewFunc(token.NoPos, nil, "EventType", types.NewSignatureType(nil, nil, nil, nil, text, false))
	return types.NewInterfaceType([]*types.Func{method}, nil).Complete()
}
