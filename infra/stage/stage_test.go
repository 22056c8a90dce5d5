package stage

import (
	"strings"
	"testing"
)

// A topic's name is the longest of all: prefix, id of the event type, shard. SNS allows 256, a bucket's name 63.
func TestNamesFit(t *testing.T) {
	longest := strings.Repeat("s", 20)
	if !Valid(longest) || Valid(longest+"s") || Valid("a") || Valid("1a") || Valid("Aa") || Valid("a-") || Valid("a_b") {
		t.Error("a stage's name is 2 to 20 of a-z, 0-9 and -, a letter first, no - last")
	}
	if n := len(Bucket(longest, "123456789012", "ap-southeast-2")); n > 63 {
		t.Errorf("the bucket's name has %d characters", n)
	}
}

// What is of one stage is found by prefix, also where one stage's name begins another's.
func TestPrefixesAreOfOneStage(t *testing.T) {
	for name, prefix := range map[string]func(string) string{
		"topics":     TopicPrefix,
		"log groups": func(s string) string { return LogGroupPrefix("eu-west-1", "123456789012", s) },
		"alarms":     AlarmPrefix,
		"secrets":    SecretPrefix,
	} {
		for _, longer := range []string{"prod-eu", "prod-typ", "prod2"} {
			if strings.HasPrefix(prefix(longer), prefix("prod")) {
				t.Errorf("%s of %s are taken for those of prod", name, longer)
			}
		}
	}
}
