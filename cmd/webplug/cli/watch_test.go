package cli

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"webplug/cmd/webplug/deploy"
	"webplug/cmd/webplug/output"
)

var update = flag.Bool("update", false, "write the golden files of progress")

// looks are what a deployment is told of in five looks, of which the first resource to fail takes another along.
func looks() []deploy.Progress {
	at := func(seconds int) time.Time { return time.Date(2026, 11, 24, 12, 0, seconds, 0, time.UTC) }
	const id = "arn:aws:cloudformation:eu-central-1:1:stack/webplug-prod/1"
	events := []deploy.Event{
		{At: at(0), Resource: "webplug-prod", Type: "AWS::CloudFormation::Stack", Physical: id, Status: "CREATE_IN_PROGRESS", Reason: "User Initiated"},
		{At: at(1), Resource: "LogTable", Type: "AWS::DynamoDB::Table", Status: "CREATE_IN_PROGRESS"},
		{At: at(1), Resource: "AnAlarmWhoseNameIsLongerThanTerminalsAreWide", Type: "AWS::CloudWatch::Alarm", Status: "CREATE_IN_PROGRESS"},
		{At: at(14), Resource: "LogTable", Type: "AWS::DynamoDB::Table", Status: "CREATE_COMPLETE"},
		{At: at(15), Resource: "ApiFunction", Type: "AWS::Lambda::Function", Status: "CREATE_IN_PROGRESS"},
		{At: at(16), Resource: "ApiFunction", Type: "AWS::Lambda::Function", Status: "CREATE_FAILED", Reason: "Resource handler returned message: \"not authorized\x1b[2J to perform: kms:Decrypt\""},
		{At: at(17), Resource: "AnAlarmWhoseNameIsLongerThanTerminalsAreWide", Type: "AWS::CloudWatch::Alarm", Status: "CREATE_FAILED", Reason: "Resource creation cancelled"},
		{At: at(18), Resource: "webplug-prod", Type: "AWS::CloudFormation::Stack", Physical: id, Status: "ROLLBACK_IN_PROGRESS", Reason: "The following resource(s) failed to create: [ApiFunction]"},
		{At: at(20), Resource: "LogTable", Type: "AWS::DynamoDB::Table", Status: "DELETE_COMPLETE"},
		{At: at(21), Resource: "webplug-prod", Type: "AWS::CloudFormation::Stack", Physical: id, Status: "ROLLBACK_COMPLETE"},
	}
	var all []deploy.Progress
	told := 0
	for _, upTo := range []int{3, 3, 5, 8, len(events)} {
		all = append(all, deploy.Progress{Events: events[:upTo], New: told, Total: 12, Ended: upTo == len(events)})
		told = upTo
	}
	return all
}

// show runs a watch through the looks; the clock is two seconds behind the newest event, or a silent minute on.
func show(w deploy.Watch, now *time.Time) {
	w.Step("deploying the stack webplug-prod")
	for i, p := range looks() {
		*now = p.Events[len(p.Events)-1].At.Add(2 * time.Second)
		if i == 1 {
			*now = now.Add(40 * time.Second)
		}
		w.Stack(p)
	}
	w.Step("done")
}

func TestProgressLooksRight(t *testing.T) {
	coloured := output.Palette{Dim: "\x1b[2m", Bold: "\x1b[1m", Good: "\x1b[32m", Bad: "\x1b[31m", Plain: "\x1b[0m"}
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	for name, watch := range map[string]func(*bytes.Buffer) deploy.Watch{
		"terminal-80": func(b *bytes.Buffer) deploy.Watch {
			return &liveWatch{out: b, colours: coloured, width: func() int { return 80 }, now: clock}
		},
		"terminal-40-plain": func(b *bytes.Buffer) deploy.Watch {
			return &liveWatch{out: b, width: func() int { return 40 }, now: clock}
		},
		"log": func(b *bytes.Buffer) deploy.Watch { return &logWatch{out: b, now: clock} },
	} {
		t.Run(name, func(t *testing.T) {
			now = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
			var b bytes.Buffer
			show(watch(&b), &now)
			path := filepath.Join("testdata", "progress", name+".txt")
			got := strings.ReplaceAll(b.String(), "\x1b", "␛")
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil || got != string(want) {
				t.Errorf("it shows\n%s\nwant (%v)\n%s", got, err, want)
			}
			if strings.HasPrefix(name, "log") && strings.ContainsAny(b.String(), "\x1b\r") {
				t.Error("a log has control codes")
			}
		})
	}
}

// The live part is taken away line by line, so none of it may wrap; and what a screen has at the end is each ending once.
func TestTheLivePartFits(t *testing.T) {
	now := time.Time{}
	for _, width := range []int{20, 40, 80, 200} {
		var b bytes.Buffer
		w := &liveWatch{out: &b, width: func() int { return width }, now: func() time.Time { return now }}
		for _, p := range looks() {
			for _, line := range viewOf(p, p.Events[len(p.Events)-1].At).lines(width, output.Palette{}) {
				if n := utf8.RuneCountInString(line); n >= max(width, 21) {
					t.Errorf("at %d a line has %d: %q", width, n, line)
				}
			}
		}
		show(w, &now)
		screen := screenOf(b.String())
		if n := strings.Count(screen, "made LogTable"); n != 1 && width > 40 {
			t.Errorf("at %d the screen shows it %d times:\n%s", width, n, screen)
		}
		if strings.Contains(screen, "…  ") || !strings.HasSuffix(strings.TrimSpace(screen), "done") {
			t.Errorf("at %d the screen ends as\n%s", width, screen)
		}
	}
}

var up = regexp.MustCompile("^\x1b\\[([0-9]+)A\r\x1b\\[J")

// screenOf is what a terminal shows after a text that goes up and clears what is beneath.
func screenOf(text string) string {
	var lines []string
	for text != "" {
		if m := up.FindStringSubmatch(text); m != nil {
			n := 0
			for _, digit := range m[1] {
				n = n*10 + int(digit-'0')
			}
			lines = lines[:len(lines)-n]
			text = text[len(m[0]):]
			continue
		}
		line, rest, _ := strings.Cut(text, "\n")
		lines, text = append(lines, line), rest
	}
	return strings.Join(lines, "\n")
}
