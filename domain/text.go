package domain

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of texts, in characters.
const (
	MaxName          = 200
	MaxDescription   = 2000
	MaxReason        = 500
	MaxExternalID    = 200
	MaxMetadataKeys  = 50
	MaxMetadataKey   = 40
	MaxMetadataValue = 500
	MaxKey           = 255 // of an Idempotency-Key
)

// reservedEventTypes begins the names of WebPlug's own webhooks, such as TestEventName: a receiver must be able to tell
// them from a service's.
const reservedEventTypes = "webplug."

var eventTypeName = regexp.MustCompile(`^[A-Za-z0-9_.-]+$`)

// checkName is the rule of names: 1 to MaxName characters, no control characters, no space around.
func checkName(field, s string) error {
	if s == "" {
		return Refuse(Invalid, field, "is required")
	}
	return checkText(field, s, MaxName)
}

func checkText(field, s string, limit int) error {
	if flaw := textFlaw(s, limit); flaw != "" {
		return Refuse(Invalid, field, "%s", flaw)
	}
	return nil
}

// textFlaw says what is wrong with a text, "" if nothing is.
func textFlaw(s string, limit int) string {
	switch {
	case !utf8.ValidString(s):
		return "is not valid UTF-8"
	case utf8.RuneCountInString(s) > limit:
		return fmt.Sprintf("has more than %d characters", limit)
	case strings.ContainsFunc(s, forbiddenRune):
		return "has control characters"
	case s != strings.TrimSpace(s):
		return "has space before or after it"
	}
	return ""
}

// forbiddenRune finds control characters and those that only change how other text is shown (bidirectional overrides).
func forbiddenRune(r rune) bool {
	return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || (r >= '\u202a' && r <= '\u202e') || (r >= '\u2066' && r <= '\u2069')
}

func checkEventTypeName(field, s string) error {
	if err := checkName(field, s); err != nil {
		return err
	}
	if !eventTypeName.MatchString(s) {
		return Refuse(Invalid, field, "may have letters, digits, '_', '.' and '-' only")
	}
	if strings.HasPrefix(s, reservedEventTypes) {
		return Refuse(Invalid, field, "must not begin with %q: such names are WebPlug's own", reservedEventTypes)
	}
	return nil
}

func checkMetadata(field string, m map[string]string) error {
	if len(m) > MaxMetadataKeys {
		return Refuse(Invalid, field, "has more than %d entries", MaxMetadataKeys)
	}
	for _, k := range slices.Sorted(maps.Keys(m)) { // the same complaint each time
		if k == "" {
			return Refuse(Invalid, field, "has an entry without a name")
		}
		if flaw := textFlaw(k, MaxMetadataKey); flaw != "" {
			return Refuse(Invalid, field, "has an entry whose name %s", flaw)
		}
		if err := checkText(field+"."+k, m[k], MaxMetadataValue); err != nil {
			return err
		}
	}
	return nil
}

// CheckIdempotencyKey is the rule of the Idempotency-Key header, and of the field that stands for it: 1 to MaxKey
// printable ASCII characters.
func CheckIdempotencyKey(field, key string) error {
	if key == "" || len(key) > MaxKey || strings.ContainsFunc(key, func(r rune) bool { return r < ' ' || r > '~' }) {
		return Refuse(Invalid, field, "must have 1 to %d printable ASCII characters", MaxKey)
	}
	return nil
}

// CheckReason is the rule of the reason given with a retry or a discard.
func CheckReason(s string) error { return checkText("reason", s, MaxReason) }
