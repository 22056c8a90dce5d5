package cli

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/cobra"

	"webplug/cmd/webplug/api"
)

const publishHelp = `Publishes a message: JSON as the second argument, from @FILE, or from - for stdin (which is the default where stdin is no
terminal). Endpoints get the payload byte for byte.

Several lines of JSON (NDJSON) are several messages. A line that is refused is told with its number, the others are published,
and the exit code is 1. Each line has an idempotency key of its own, made of the run's and of the line's bytes; so a run that
was interrupted, or had lines refused, can be repeated, and what was published then is not published again. For a file the
same command goes on by itself until all of it is published; --anew begins anew. From stdin, or with a file that was mended,
give --idempotency-key. With --idempotency-field a line's key is what it has there, as an order's number, in every run.`

// publishing is what publish takes.
type publishing struct {
	user, key        string
	field            string // of each line, that has its key
	wait, bulk, anew bool
}

func (a *app) publishCommand() *cobra.Command {
	var p publishing
	c := &cobra.Command{
		Use: "publish TYPE [JSON|@FILE|-]", Short: "Publish a message, or many", Long: publishHelp,
		Example: "  webplug publish card_issued '{\"card\": \"4242\"}' --user-id usr_…\n" +
			"  webplug publish card_issued @payload.json --wait\n  webplug publish card_issued @cards.ndjson",
		ValidArgsFunction: a.completeIDs(eventTypes()),
	}
	c.RunE = a.run(func(s *session, args []string) error {
		payload := "-"
		if len(args) == 2 {
			payload = args[1]
		} else if s.atTerminal() {
			return usage("a payload is missing: give JSON, @FILE, or - for stdin")
		}
		return p.run(s, args[0], payload)
	})
	c.Flags().StringVar(&p.user, "user-id", "", "only to this user's endpoints, by id or external id; to all users' if left out")
	keyFlag(c, &p.key)
	c.Flags().BoolVar(&p.wait, "wait", false, "wait until each delivery was tried, and fail unless all were delivered")
	c.Flags().StringVar(&p.field, "idempotency-field", "", "with many lines: take each one's key from this field of it, its path with dots")
	c.Flags().BoolVar(&p.anew, "anew", false, "with a file of many lines: publish all again, also what an unfinished run has published")
	c.Flags().BoolVar(&p.bulk, "ndjson", false, "each line is a message, even if there is only one")
	return c
}

func (p publishing) run(s *session, eventType, payload string) error {
	path, isFile := strings.CutPrefix(payload, "@")
	source := s.in
	switch {
	case isFile:
		file, err := os.Open(path)
		if err != nil {
			return &failure{code: ExitUsage, message: "payload", cause: err}
		}
		defer func() { _ = file.Close() }()
		source = file
	case payload != "-":
		source = strings.NewReader(payload)
	}
	lines, single, err := split(source, p.bulk || strings.HasSuffix(path, ".ndjson") || strings.HasSuffix(path, ".jsonl"))
	if err != nil {
		return &failure{code: ExitFailed, message: "read the payload", cause: err}
	}
	if lines == nil && p.field != "" {
		if p.key, err = fieldOf(single, p.field); err != nil {
			return usage("--idempotency-field: %s", err.Error())
		}
	}
	if lines == nil {
		return p.one(s, eventType, single)
	}
	switch {
	case p.wait:
		return usage("--wait is for a single message")
	case p.field != "" && p.key != "":
		return usage("--idempotency-field and --idempotency-key contradict each other")
	}
	b := bulk{publishing: p, eventType: eventType}
	if isFile {
		b.file = path
	}
	return b.run(s, lines)
}

// split finds out whether a source has one JSON value or a line for each of several, which it gives from the first on.
func split(source io.Reader, sure bool) (lines *bufio.Reader, single jsontext.Value, err error) {
	in := bufio.NewReaderSize(source, 64<<10)
	if sure {
		return in, nil, nil
	}
	var begun []byte
	for {
		line, err := in.ReadBytes('\n')
		begun = append(begun, line...)
		if errors.Is(err, io.EOF) {
			return nil, trimSpace(begun), nil
		}
		if err != nil {
			return nil, nil, err
		}
		whole := jsontext.Value(trimSpace(begun))
		if len(whole) == 0 {
			continue
		}
		if !whole.IsValid() {
			rest, err := io.ReadAll(io.LimitReader(in, api.MaxBody))
			return nil, trimSpace(append(begun, rest...)), err
		}
		rest, err := moreThanSpace(in)
		if err != nil || rest == nil {
			return nil, whole, err
		}
		return bufio.NewReaderSize(io.MultiReader(bytes.NewReader(begun), rest), 64<<10), nil, nil
	}
}

// moreThanSpace is the rest, nil if it is blank.
func moreThanSpace(in *bufio.Reader) (io.Reader, error) {
	var blank []byte
	for {
		b, err := in.ReadByte()
		switch {
		case errors.Is(err, io.EOF):
			return nil, nil
		case err != nil:
			return nil, err
		case b != ' ' && b != '\n' && b != '\r' && b != '\t':
			return io.MultiReader(bytes.NewReader(append(blank, b)), in), nil
		}
		blank = append(blank, b)
	}
}

func (p publishing) one(s *session, eventType string, payload jsontext.Value) error {
	if !payload.IsValid() {
		return usage("the payload is no JSON: %s (a text needs quotes, as in '\"text\"'; a file is @FILE, stdin is -)", whyNot(payload))
	}
	answer, err := p.publish(s, eventType, payload, p.key)
	if err != nil {
		return explainType(err, eventType)
	}
	if !p.wait {
		return s.one(answer)
	}
	return s.settle(idOf(answer), answer)
}

func (p publishing) publish(s *session, eventType string, payload jsontext.Value, key string) (jsontext.Value, error) {
	path, err := s.within("messages")
	if err != nil {
		return nil, err
	}
	if p.user, err = s.userID(p.user); err != nil {
		return nil, err
	}
	if key == "" {
		key = newID() // a request whose answer was lost is made again
	}
	a, err := s.Do(s.ctx, api.Request{
		Method: http.MethodPost, Path: path, Body: p.message(eventType, payload).value(), IdempotencyKey: key,
	})
	return a.Body, err
}

// message is a message's body.
func (p publishing) message(eventType string, payload jsontext.Value) *object {
	o := newObject()
	o.set("event_type", text(eventType))
	if p.user != "" {
		o.set("user_id", text(p.user))
	}
	o.set("payload", payload)
	return o
}

// explainType names the way to an event type that is missing.
func explainType(err error, eventType string) error {
	if f := fieldProblem(err, "event_type"); f != nil {
		code := ExitFailed
		if notThere(*f) {
			code = ExitNotFound
		}
		return &failure{code: code, cause: err, try: "webplug event-types list; or webplug event-types create --name " + eventType}
	}
	return err
}
