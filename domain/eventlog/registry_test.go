package eventlog_test

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"webplug/domain/eventlog"
)

// Deposited has been stored in three shapes. The first two live on only in golden files and in the code here that once
// wrote them.
type (
	Deposited struct { // schema 3
		Pence     int             `json:"pence"`
		FirstName string          `json:"first_name"`
		LastName  string          `json:"last_name"`
		Slip      eventlog.Sealed `json:"-"`
	}
	depositedV2 struct {
		Pence int             `json:"pence"`
		Name  string          `json:"name"`
		Slip  eventlog.Sealed `json:"-"`
	}
	depositedV1 struct {
		Pounds float64         `json:"pounds"`
		Name   string          `json:"name"`
		Slip   eventlog.Sealed `json:"-"`
	}
)

func (Deposited) EventType() string   { return "Deposited" }
func (depositedV2) EventType() string { return "Deposited" }
func (depositedV1) EventType() string { return "Deposited" }

func (d *Deposited) SealedFields() []eventlog.SealedField {
	return []eventlog.SealedField{{Name: "slip", Sealed: &d.Slip}}
}
func (d *depositedV2) SealedFields() []eventlog.SealedField {
	return []eventlog.SealedField{{Name: "slip", Sealed: &d.Slip}}
}
func (d *depositedV1) SealedFields() []eventlog.SealedField {
	return []eventlog.SealedField{{Name: "slip", Sealed: &d.Slip}}
}

// poundsToPence turns schema 1 into 2, splitName 2 into 3.
func poundsToPence(v jsontext.Value) (jsontext.Value, error) {
	var old struct {
		Pounds float64 `json:"pounds"`
		Name   string  `json:"name"`
	}
	if err := json.Unmarshal(v, &old); err != nil {
		return nil, err
	}
	return json.Marshal(depositedV2{Pence: int(old.Pounds * 100), Name: old.Name})
}

func splitName(v jsontext.Value) (jsontext.Value, error) {
	var old struct {
		Pence int    `json:"pence"`
		Name  string `json:"name"`
	}
	if err := json.Unmarshal(v, &old); err != nil {
		return nil, err
	}
	first, last, _ := strings.Cut(old.Name, " ")
	return json.Marshal(Deposited{Pence: old.Pence, FirstName: first, LastName: last})
}

// asWrittenBy makes the records of one deposit with the code of a schema version.
func asWrittenBy(t *testing.T, def eventlog.Definition, e eventlog.Event) *bench {
	b := newBench(t, def)
	b.append(t, ann, e)
	return b
}

func TestOldSchemasAreUpcast(t *testing.T) {
	slip := sealed("svc_1/secrets", "slip 7")
	v1 := asWrittenBy(t, eventlog.Define[depositedV1](), depositedV1{Pounds: 12.5, Name: "Ann Lee", Slip: slip})
	v2 := asWrittenBy(t, eventlog.Define[depositedV2](poundsToPence), depositedV2{Pence: 1250, Name: "Ann Lee", Slip: slip})
	v3 := asWrittenBy(t, eventlog.Define[Deposited](poundsToPence, splitName),
		Deposited{Pence: 1250, FirstName: "Ann", LastName: "Lee", Slip: slip})
	for version, b := range map[int]*bench{1: v1, 2: v2, 3: v3} {
		path := map[int]string{1: "testdata/deposited.v1.golden", 2: "testdata/deposited.v2.golden", 3: "testdata/deposited.v3.golden"}[version]
		writeGolden(t, path, b.store.stored(ann), b.keys.wrapped)

		today := newBench(t, eventlog.Define[Deposited](poundsToPence, splitName))
		records := readGolden(t, path, today.keys)
		if err := eventlog.Verify(records); err != nil {
			t.Fatal(err)
		}
		today.store.streams[ann] = records
		r := read(t, today.Log, ann)[0]
		if r.Schema != version {
			t.Errorf("%s has schema %d", path, r.Schema)
		}
		d := r.Event.(Deposited)
		if plain, err := today.Reveal(context.Background(), d.Slip); err != nil || string(plain) != "slip 7" {
			t.Errorf("%s: the slip is %q, %v", path, plain, err)
		}
		d.Slip = eventlog.Sealed{}
		if want := (Deposited{Pence: 1250, FirstName: "Ann", LastName: "Lee"}); !reflect.DeepEqual(d, want) {
			t.Errorf("%s is read as %+v, want %+v", path, d, want)
		}
	}
}

func TestUpcastingDoesNotTouchTheRecord(t *testing.T) {
	inPlace := func(v jsontext.Value) (jsontext.Value, error) {
		for i := range v { // what it is given is its own
			v[i] = ' '
		}
		return jsontext.Value(`{"pence":1,"name":"x"}`), nil
	}
	b := newBench(t, eventlog.Define[Deposited](inPlace, splitName))
	rec := readGolden(t, "testdata/deposited.v1.golden", b.keys)[0]
	for range 2 {
		if _, err := b.Decode(rec); err != nil {
			t.Fatal(err)
		}
		if err := eventlog.Verify([]eventlog.Record{rec}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAnUpcastThatFailsNamesTheRecord(t *testing.T) {
	refuse := func(jsontext.Value) (jsontext.Value, error) { return nil, errors.New("no pounds") }
	b := newBench(t, eventlog.Define[Deposited](refuse, splitName))
	_, err := b.Decode(readGolden(t, "testdata/deposited.v1.golden", b.keys)[0])
	if !errors.Is(err, eventlog.ErrDamaged) || !strings.Contains(err.Error(), "svc_1/acc_ann@1") || !strings.Contains(err.Error(), "no pounds") {
		t.Fatalf("%v", err)
	}
}

func TestNothingIsDecidedOnWhatIsNotKnown(t *testing.T) {
	for _, c := range []struct {
		name  string
		store func(t *testing.T, b *bench) // what a newer program wrote
	}{
		{"an unknown type", func(t *testing.T, b *bench) {
			newer := newBench(t, append(account{}.definitions(), eventlog.Define[Deposited]())...)
			newer.append(t, ann, Opened{"Ann"}, Deposited{Pence: 1})
			b.store.streams[ann] = newer.store.stored(ann)
		}},
		{"a newer schema", func(t *testing.T, b *bench) {
			newer := newBench(t, eventlog.Define[Opened](poundsToPence), eventlog.Define[Noted](), eventlog.Define[Closed]())
			newer.append(t, ann, Opened{"Ann"})
			b.store.streams[ann] = newer.store.stored(ann)
		}},
		{"a newer format", func(t *testing.T, b *bench) {
			b.append(t, ann, Opened{"Ann"})
			records := b.store.stored(ann)
			records[0].Data[0] = 9
			b.store.streams[ann] = records
			b.store.batches = nil
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			c.store(t, b)
			decided := false
			_, err := eventlog.Execute(context.Background(), b.Log, ann,
				decide(func(account) ([]eventlog.Event, error) { decided = true; return []eventlog.Event{Closed{}}, nil }), cause)
			if !errors.Is(err, eventlog.ErrUnknownEvent) {
				t.Fatalf("%v; want ErrUnknownEvent", err)
			}
			if decided || len(b.store.batches) > 0 {
				t.Fatal("it was decided all the same")
			}
		})
	}
}

func TestRegistry(t *testing.T) {
	t.Run("refuses two types of one name", func(t *testing.T) {
		mustPanic(t, func() { eventlog.NewRegistry(eventlog.Define[Opened](), eventlog.Define[Impostor]()) })
	})
	t.Run("refuses a type without a name", func(t *testing.T) {
		mustPanic(t, func() { eventlog.NewRegistry(eventlog.Define[nameless]()) })
	})
	r := eventlog.NewRegistry(eventlog.Define[Opened](), eventlog.Define[Noted](), eventlog.Define[Deposited](poundsToPence, splitName))
	t.Run("lists names and schema versions", func(t *testing.T) {
		if got := strings.Join(r.Names(), " "); got != "Deposited Noted Opened" {
			t.Fatal(got)
		}
		d, ok := r.Definition("Deposited")
		if !ok || d.Name() != "Deposited" || d.Schema() != 3 || d.Zero().EventType() != "Deposited" {
			t.Fatalf("%+v, %v", d, ok)
		}
		if _, ok := r.Definition("Withdrawn"); ok {
			t.Fatal("there is a type that nobody defined")
		}
	})
	t.Run("gives an event's sealed fields that are there", func(t *testing.T) {
		memo := sealed("k", "secret")
		if got := r.FieldsOf(Noted{Memo: memo}); !reflect.DeepEqual(got, map[string]eventlog.Sealed{"memo": memo}) {
			t.Fatalf("%+v", got)
		}
		if got := r.FieldsOf(Opened{}); len(got) != 0 {
			t.Fatalf("%+v", got)
		}
		if got := r.FieldsOf(Unlisted{}); got != nil {
			t.Fatalf("%+v", got)
		}
	})
	t.Run("encodes as stored and decodes any schema", func(t *testing.T) {
		data, sealedNames, err := r.Encode(Noted{Text: "x", Memo: sealed("k", "secret")})
		if err != nil || string(data) != `{"text":"x"}` || !reflect.DeepEqual(sealedNames, []string{"memo"}) {
			t.Fatalf("%s, %v, %v", data, sealedNames, err)
		}
		for schema, stored := range map[int]string{
			1: `{"pounds":12.5,"name":"Ann Lee"}`, 2: `{"pence":1250,"name":"Ann Lee"}`, 3: `{"pence":1250,"first_name":"Ann","last_name":"Lee"}`,
		} {
			e, err := r.Decode("Deposited", schema, jsontext.Value(stored))
			if err != nil || !reflect.DeepEqual(e, Deposited{Pence: 1250, FirstName: "Ann", LastName: "Lee"}) {
				t.Errorf("schema %d: %+v, %v", schema, e, err)
			}
		}
		for _, schema := range []int{0, -1, 4} {
			if _, err := r.Decode("Deposited", schema, jsontext.Value(`{}`)); !errors.Is(err, eventlog.ErrUnknownEvent) {
				t.Errorf("schema %d: %v", schema, err)
			}
		}
	})
	t.Run("a sealed field never goes into the JSON", func(t *testing.T) {
		if _, err := json.Marshal(struct{ Memo eventlog.Sealed }{sealed("k", "secret")}); err == nil {
			t.Fatal("it was written")
		}
	})
}

type nameless struct{}

func (nameless) EventType() string { return "" }

func mustPanic(t *testing.T, f func()) {
	t.Helper()
	defer func() {
		if recover() == nil {
			t.Fatal("it did not panic")
		}
	}()
	f()
}
