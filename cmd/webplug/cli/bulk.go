package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"webplug/cmd/webplug/api"
	"webplug/cmd/webplug/output"
)

// The most that one batch has; the API takes 4 MB.
const (
	batchMessages = 100
	batchBytes    = 3 << 20
)

// bulk publishes a line for each message.
type bulk struct {
	publishing
	eventType string
	file      string // "" is stdin

	keys     *lineKeys
	progress *output.Progress
	read     int64 // bytes
	size     int64 // bytes in all, 0 if that is not known
	tally    tally
}

// tally counts what became of the lines.
type tally struct{ published, deliveries, refused int }

// line is a message that waits for its batch.
type line struct {
	number  int
	message jsontext.Value
}

// run publishes lines until there are no more.
func (b *bulk) run(s *session, lines *bufio.Reader) error {
	run, err := beginRun(s, b)
	if err != nil {
		return err
	}
	b.progress = output.NewProgress(s.err, time.Now, s.interactive())
	b.keys = newLineKeys(run.Key, b.field)
	err = b.all(s, lines)
	b.progress.End()
	if s.ctx.Err() != nil {
		err = errors.New("interrupted")
	}
	if err != nil {
		return &failure{
			message: fmt.Sprintf("published %s so far", counted(b.tally.published, "message")), cause: err, try: run.again(),
		}
	}
	if b.tally.refused == 0 {
		if err := run.end(); err != nil {
			return err
		}
	}
	if !s.json {
		_, err = fmt.Fprintf(s.out, "published %s for %s; %d refused\n",
			counted(b.tally.published, "message"), deliveries(b.tally.deliveries), b.tally.refused)
	}
	if err == nil && b.tally.refused > 0 {
		return &failure{
			code: ExitFailed, message: counted(b.tally.refused, "line") + " of " + strconv.Itoa(b.tally.refused+b.tally.published) + " refused",
			try: run.mended(),
		}
	}
	return err
}

func (b *bulk) all(s *session, lines *bufio.Reader) error {
	user, err := s.userID(b.user)
	if err != nil {
		return err
	}
	b.user = user
	path, err := s.within("messages", "batch")
	if err != nil {
		return err
	}
	var batch []line
	var size int
	for number := 1; ; number++ {
		raw, err := lines.ReadBytes('\n')
		b.read += int64(len(raw))
		if err != nil && err != io.EOF {
			return fmt.Errorf("read line %d: %w", number, err)
		}
		if payload := jsontext.Value(trimSpace(raw)); len(payload) > 0 {
			message, wrong := b.line(payload)
			if wrong != "" {
				if err := b.refuse(s, number, wrong, nil); err != nil {
					return err
				}
			} else {
				batch = append(batch, line{number, message})
				size += len(payload)
			}
		}
		if len(batch) == batchMessages || size >= batchBytes || err == io.EOF && len(batch) > 0 {
			if err := b.send(s, path, batch); err != nil {
				return err
			}
			batch, size = batch[:0], 0
		}
		if err == io.EOF {
			return nil
		}
	}
}

// line is a message made of a line, or what is wrong with it.
func (b *bulk) line(payload jsontext.Value) (message jsontext.Value, wrong string) {
	if !payload.IsValid() {
		return nil, "it is no JSON: " + whyNot(payload)
	}
	key, err := b.keys.of(payload)
	if err != nil {
		return nil, err.Error()
	}
	o := b.message(b.eventType, payload)
	o.set("idempotency_key", text(key))
	return o.value(), ""
}

// send publishes a batch; it may be sent again, since each message has its key. Messages that could not be taken just then
// are sent again.
func (b *bulk) send(s *session, path string, batch []line) error {
	for attempt := 0; len(batch) > 0; attempt++ {
		again, err := b.once(s, path, batch, attempt < batchTries)
		if err != nil {
			return err
		}
		if batch = again; len(batch) > 0 {
			if err := api.Wait(s.ctx, api.Doubled(time.Second, time.Minute, attempt)); err != nil {
				return err
			}
		}
	}
	b.progress.Show(b.read, b.size, counted(b.tally.published, "message"))
	return nil
}

const batchTries = 4

func (b *bulk) once(s *session, path string, batch []line, mayAgain bool) (again []line, err error) {
	messages := make([]jsontext.Value, len(batch))
	for i, l := range batch {
		messages[i] = l.message
	}
	body := newObject()
	body.set("messages", array(messages))
	answer, err := s.Do(s.ctx, api.Request{Method: http.MethodPost, Path: path, Body: body.value(), Again: true})
	if err != nil {
		return nil, explainType(err, b.eventType)
	}
	var results struct {
		Data []jsontext.Value `json:"data"`
	}
	if err := answer.Into(&results); err != nil {
		return nil, err
	}
	if len(results.Data) != len(batch) {
		return nil, failed("%d results came for %d messages", len(results.Data), len(batch))
	}
	for i, result := range results.Data {
		waits, err := b.take(s, batch[i], result, mayAgain)
		if err != nil {
			return nil, err
		}
		if waits {
			again = append(again, batch[i])
		}
	}
	return again, nil
}

// take notes and shows one result. It says whether the message is to be sent again.
func (b *bulk) take(s *session, l line, result jsontext.Value, mayAgain bool) (again bool, err error) {
	var r struct {
		Deliveries int          `json:"deliveries"`
		Problem    *api.Problem `json:"problem"`
	}
	if err := (api.Answer{Status: http.StatusAccepted, Body: result}).Into(&r); err != nil {
		return false, err
	}
	if p := r.Problem; p != nil {
		if mayAgain && (p.Status >= 500 || p.Status == http.StatusTooManyRequests) {
			return true, nil
		}
		return false, b.refuse(s, l.number, p.Error(), output.Find(result, "problem"))
	}
	b.tally.published++
	b.tally.deliveries += r.Deliveries
	return false, showResult(s, l.number, output.Members(result))
}

// refuse tells that a line was not published: as JSON on stdout among the others, or as a sentence on stderr.
func (b *bulk) refuse(s *session, number int, why string, problem jsontext.Value) error {
	b.tally.refused++
	if !s.json {
		b.progress.End()
		s.tell("line %d: %s", number, output.Line(why, 500))
		return nil
	}
	if problem == nil {
		o := newObject()
		o.set("detail", text(why))
		problem = o.value()
	}
	return showResult(s, number, []output.Member{{Name: "problem", Value: problem}})
}

// showResult writes a line's result as a line of JSON; for people the sums are enough.
func showResult(s *session, number int, members []output.Member) error {
	if !s.json {
		return nil
	}
	o := newObject()
	o.set("line", jsontext.Value(strconv.Itoa(number)))
	for _, m := range members {
		o.set(m.Name, m.Value)
	}
	return output.JSONLine(s.out, o.value())
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func deliveries(n int) string {
	if n == 1 {
		return "1 delivery"
	}
	return fmt.Sprintf("%d deliveries", n)
}

// fieldProblem is what an error says of a field, nil if it names it not.
func fieldProblem(err error, field string) *api.FieldError {
	var p *api.Problem
	if !errors.As(err, &p) {
		return nil
	}
	for i, e := range p.Errors {
		if e.Field == field {
			return &p.Errors[i]
		}
	}
	return nil
}
