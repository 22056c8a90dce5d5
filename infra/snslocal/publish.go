package snslocal

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
)

const (
	maxMessage = 256 << 10 // bytes, attributes included (Amazon SNS API Reference, Publish)
	maxBatch   = 10        // entries (PublishBatch)
)

var (
	attributeName = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,256}$`)
	batchID       = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`)
)

// entry reads a message at a prefix of a request's parameters, "" or "PublishBatchRequestEntries.member.1.".
func (s *Server) entry(p params, at string) (*message, int, error) {
	m := &message{
		ID: s.uuid(), Type: typeNotification, TopicARN: p.Get("TopicArn"), At: s.options.Now().UTC(),
		Text: p.Get(at + "Message"), Subject: p.Get(at + "Subject"), Attributes: map[string]attributeValue{},
	}
	size := len(m.Text)
	switch {
	case m.Text == "":
		return nil, 0, invalid("Invalid parameter: Empty message")
	case !utf8.ValidString(m.Text):
		return nil, 0, invalid("Invalid parameter: Message Reason: must be UTF-8")
	case p.Get(at+"MessageStructure") != "":
		return nil, 0, invalid("Invalid parameter: MessageStructure Reason: not supported here")
	case len(m.Subject) > 100:
		return nil, 0, invalid("Invalid parameter: Subject")
	}
	for i := 1; ; i++ {
		a := fmt.Sprintf("%sMessageAttributes.entry.%d.", at, i)
		if !p.Has(a + "Name") {
			break
		}
		name, value := p.Get(a+"Name"), attributeValue{p.Get(a + "Value.DataType"), p.Get(a + "Value.StringValue")}
		if p.Has(a + "Value.BinaryValue") {
			value.Value = p.Get(a + "Value.BinaryValue")
		}
		if err := checkAttribute(name, value); err != nil {
			return nil, 0, err
		}
		m.Attributes[name] = value
		size += len(name) + len(value.Type) + len(value.Value)
	}
	if size > maxMessage {
		return nil, 0, invalid("Invalid parameter: Message too long")
	}
	return m, size, nil
}

func checkAttribute(name string, value attributeValue) error {
	switch {
	case !attributeName.MatchString(name):
		return &fault{http.StatusBadRequest, "ParameterValueInvalid", "Invalid attribute name: " + name}
	case value.Type == "":
		return &fault{http.StatusBadRequest, "ParameterValueInvalid", "The message attribute '" + name + "' must contain non-empty message attribute type."}
	case value.Value == "":
		return &fault{http.StatusBadRequest, "ParameterValueInvalid", "The message attribute '" + name + "' must contain non-empty message attribute value."}
	case value.Type == "String.Array":
		var list []any
		if json.Unmarshal([]byte(value.Value), &list) != nil {
			return &fault{http.StatusBadRequest, "ParameterValueInvalid", "The message attribute '" + name + "' has no JSON array as its value."}
		}
	}
	return nil
}

type publishResult struct {
	MessageID string `xml:"MessageId"`
}

func (s *Server) publish(_ *http.Request, p params, _ bool) (any, error) {
	m, _, err := s.entry(p, "")
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.topic(m.TopicARN); err != nil {
		return nil, err
	}
	return publishResult{m.ID}, s.fanOut(m)
}

// fanOut makes a job for each confirmed subscription whose filter policy lets the message pass. The mutex is held.
func (s *Server) fanOut(m *message) error {
	var to []*subscription
	for _, sub := range s.subscriptions {
		if sub.TopicARN != m.TopicARN || !sub.Confirmed {
			continue
		}
		if text := sub.Attributes["FilterPolicy"]; text != "" {
			f, err := parseFilter(text)
			if err != nil || !f.matches(m.Attributes) {
				continue
			}
		}
		to = append(to, sub)
	}
	if len(to) == 0 {
		return nil
	}
	return s.enqueue(m, to, write{}, func() {})
}

func (s *Server) publishBatch(_ *http.Request, p params, _ bool) (any, error) {
	type failed struct {
		ID          string `xml:"Id"`
		Code        string
		Message     string
		SenderFault bool
	}
	type taken struct {
		ID        string `xml:"Id"`
		MessageID string `xml:"MessageId"`
	}
	type result struct {
		Successful []taken  `xml:"Successful>member"`
		Failed     []failed `xml:"Failed>member"`
	}
	batch := func(code, message string) error { return &fault{http.StatusBadRequest, code, message} }
	seen := map[string]bool{}
	var r result
	var messages []*message
	total := 0
	for i := 1; p.Has("PublishBatchRequestEntries.member." + strconv.Itoa(i) + ".Id"); i++ {
		at := "PublishBatchRequestEntries.member." + strconv.Itoa(i) + "."
		id := p.Get(at + "Id")
		switch {
		case !batchID.MatchString(id):
			return nil, batch("InvalidBatchEntryId", "The Id of a batch entry in a batch request doesn't abide by the specification")
		case seen[id]:
			return nil, batch("BatchEntryIdsNotDistinct", "Two or more batch entries in the request have the same Id")
		}
		seen[id] = true
		m, size, err := s.entry(p, at)
		var f *fault
		if errors.As(err, &f) {
			r.Failed = append(r.Failed, failed{id, f.Code, f.Message, true})
			continue
		}
		total += size
		messages = append(messages, m)
		r.Successful = append(r.Successful, taken{id, m.ID})
	}
	switch {
	case len(seen) == 0:
		return nil, batch("EmptyBatchRequest", "The batch request doesn't contain any entries")
	case len(seen) > maxBatch:
		return nil, batch("TooManyEntriesInBatchRequest", "The batch request contains more entries than permissible")
	case total > maxMessage:
		return nil, batch("BatchRequestTooLong", "The length of all the batch messages put together is more than the limit")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.topic(p.Get("TopicArn")); err != nil {
		return nil, err
	}
	for _, m := range messages {
		if err := s.fanOut(m); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// uuid makes a random id in the form that SNS's have.
func (s *Server) uuid() string {
	var b [16]byte
	if _, err := io.ReadFull(s.options.Random, b[:]); err != nil {
		panic(fmt.Sprintf("no randomness: %v", err)) // as crypto/rand itself does
	}
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	h := hex.EncodeToString(b[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
