package projections

import (
	"encoding/base64"

	"github.com/go-json-experiment/json"

	"webplug/domain"
)

// cursor is where a list goes on. It is opaque to clients, and holds which list it belongs to, so that it cannot be used
// for another, least of all another service's.
type cursor struct {
	List string `json:"l"`
	Sort string `json:"s,omitzero"`
	Fact *Fact  `json:"f,omitzero"`
	// Part is what was given last within a row, or the service that Fact lies in.
	Part string `json:"p,omitzero"`
}

func (c cursor) String() string {
	b, err := json.Marshal(c)
	if err != nil { // a struct of texts and numbers always can be
		panic(err)
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// readCursor reads a cursor of a list; "" is the beginning.
func readCursor(text, list string) (cursor, error) {
	if text == "" {
		return cursor{List: list}, nil
	}
	var c cursor
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || json.Unmarshal(b, &c) != nil || c.List != list {
		return cursor{}, domain.Refuse(domain.Invalid, "cursor", "is not a cursor of this list")
	}
	return c, nil
}
