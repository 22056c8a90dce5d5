package cli

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"webplug/cmd/webplug/output"
)

// lineKeys makes the idempotency keys of a run's lines. A line's key is made of the run's and of the line's own bytes, and
// counts those that are alike; so it stays when other lines are mended, added or taken away. With a field it is what the
// line has there.
type lineKeys struct {
	run, field string
	seen       map[uint64]int
}

func newLineKeys(run, field string) *lineKeys {
	return &lineKeys{run: run, field: field, seen: map[uint64]int{}}
}

// of is the key of a payload; lines must be asked for in their order.
func (k *lineKeys) of(payload jsontext.Value) (string, error) {
	if k.field != "" {
		return fieldOf(payload, k.field)
	}
	sum := sha256.Sum256(payload)
	short := binary.BigEndian.Uint64(sum[:8])
	k.seen[short]++
	return k.run + "-" + hex.EncodeToString(sum[:12]) + "-" + strconv.Itoa(k.seen[short]), nil
}

// fieldOf is a text or number at a dotted path of a payload.
func fieldOf(payload jsontext.Value, path string) (string, error) {
	v := output.Find(payload, path)
	if kind := v.Kind(); kind != '"' && kind != '0' {
		return "", fmt.Errorf("it has neither a text nor a number at %s, for its idempotency key", path)
	}
	return output.Plain(v), nil
}
