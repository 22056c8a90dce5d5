package release

import (
	"errors"
	"testing"
)

func TestABinaryWithoutAStackSaysSo(t *testing.T) {
	for name, read := range map[string]func() ([]byte, error){"Template": Template, "Package": Package} {
		content, err := read()
		if len(content) == 0 && !errors.Is(err, ErrMissing) || len(content) > 0 && err != nil {
			t.Errorf("%s: %d bytes and %v", name, len(content), err)
		}
	}
}

// What is uploaded twice has one name, what differs another.
func TestKeysAreOfTheContent(t *testing.T) {
	one := Key("code", []byte("a"), ".zip")
	if want := "code/ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb.zip"; one != want {
		t.Errorf("Key = %s, want %s", one, want)
	}
	if Key("code", []byte("b"), ".zip") == one {
		t.Error("two contents share a name")
	}
}
