package domain_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"webplug/domain"
)

// A small schema may have more ways through it than anyone can wait for: it is given up, and the next payload is checked.
func TestASchemaThatTakesForEverIsGivenUp(t *testing.T) {
	doubling := func(keyword, end string) string {
		var defs []string
		for i := range 60 {
			defs = append(defs, fmt.Sprintf(`"d%d":{"%s":[{"$ref":"#/$defs/d%d"},{"$ref":"#/$defs/d%d"}]}`, i, keyword, i+1, i+1))
		}
		return fmt.Sprintf(`"$defs":{%s,"d60":%s}`, strings.Join(defs, ","), end)
	}
	deep := strings.Repeat(`{"a":`, 60) + "1" + strings.Repeat("}", 60)
	for name, c := range map[string]struct{ schema, payload string }{
		"all of what fits":       {`{"$ref":"#/$defs/d0",` + doubling("allOf", `{}`) + `}`, `1`},
		"any of what does not":   {`{"not":{"$ref":"#/$defs/d0"},` + doubling("anyOf", `{"type":"string"}`) + `}`, `1`},
		"one of what does not":   {`{"$ref":"#/$defs/d0",` + doubling("oneOf", `false`) + `}`, `1`},
		"recursion that doubles": {`{"allOf":[{"properties":{"a":{"$ref":"#"}}},{"properties":{"a":{"$ref":"#"}}}]}`, deep},
		"behind dynamic references": {`{"$dynamicRef":"#n","$defs":{"n":{"$dynamicAnchor":"n",
			"allOf":[{"properties":{"a":{"$dynamicRef":"#n"}}},{"properties":{"a":{"$dynamicRef":"#n"}}}]}}}`, deep},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := domain.CompileSchema(jsontext.Value(c.schema))
			if err != nil {
				t.Fatal(err)
			}
			err = s.Check("payload", jsontext.Value(c.payload))
			if err == nil || !strings.Contains(err.Error(), "steps") {
				t.Fatal(err)
			}
		})
	}
	t.Run("and a long payload is not", func(t *testing.T) {
		s, err := domain.CompileSchema(jsontext.Value(`{"type":"array","items":{"type":"integer"}}`))
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if err := s.Check("payload", jsontext.Value("["+strings.Repeat("1,", 100_000)+"1]")); err != nil {
				t.Fatal(err)
			}
		}
	})
}
