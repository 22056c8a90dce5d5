package projections

import (
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// factBytes is room for the JSON of an ordinary fact.
const factBytes = 256

// appendFacts writes a page as the JSON library would: by hand, since every event has a fact.
func appendFacts(b []byte, facts []Fact) (_ []byte, err error) {
	b = append(b, '[')
	for i := range facts {
		if i > 0 {
			b = append(b, ',')
		}
		if b, err = facts[i].appendJSON(b); err != nil {
			return nil, err
		}
	}
	return append(b, ']'), nil
}

func (f *Fact) appendJSON(b []byte) ([]byte, error) {
	var err error
	text := func(name, v string) {
		if err == nil {
			b = append(b, name...)
			b, err = jsontext.AppendQuote(b, v)
		}
	}
	number := func(name string, v int64) {
		b = append(b, name...)
		b = strconv.AppendInt(b, v, 10)
	}
	text(`{"r":`, f.Root)
	if f.Leaf != "" {
		text(`,"l":`, f.Leaf)
	}
	b = append(b, `,"v":`...)
	b = strconv.AppendUint(b, uint64(f.Version), 10)
	text(`,"t":`, f.Type)
	number(`,"m":`, f.Time)
	text(`,"a":`, f.Actor)
	if f.EventTypeID != "" {
		text(`,"e":`, f.EventTypeID)
	}
	if f.UserID != "" {
		text(`,"u":`, f.UserID)
	}
	if f.Targets != 0 {
		number(`,"n":`, int64(f.Targets))
	}
	if len(f.Skipped) > 0 && err == nil {
		var skipped []byte
		skipped, err = json.Marshal(f.Skipped)
		b = append(append(b, `,"k":`...), skipped...)
	}
	if f.Cause != "" {
		text(`,"c":`, string(f.Cause))
	}
	if f.Took != 0 {
		number(`,"d":`, f.Took)
	}
	if f.NoRequest {
		b = append(b, `,"x":true`...)
	}
	return append(b, '}'), err
}
