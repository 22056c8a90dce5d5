package snslocal

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// attemptLimit is how long an endpoint has to answer (Amazon SNS Developer Guide, "Prerequisite" of HTTP/S endpoints).
const attemptLimit = 15 * time.Second

// maxAnswer is how much of an answer a status record has, in bytes.
const maxAnswer = 4096

// newClient makes requests that follow no redirect.
func newClient(o Options) *http.Client {
	transport := o.RoundTripper
	if transport == nil {
		dial := o.Dial
		if dial == nil {
			dial = (&net.Dialer{}).DialContext
		}
		transport = &http.Transport{DialContext: dial, MaxIdleConnsPerHost: laneWidth, IdleConnTimeout: time.Minute}
	}
	return &http.Client{
		Transport: transport, Timeout: attemptLimit,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// enqueue keeps a message and a job for each subscription, durably, together with one more write if it has a key; then it
// does what is to be done in memory, and begins. The mutex is held.
func (s *Server) enqueue(m *message, to []*subscription, more write, then func()) error {
	writes := []write{{prefixMessage + m.ID, m}}
	if more.key != "" {
		writes = append(writes, more)
	}
	jobs := make([]*job, len(to))
	for i, sub := range to {
		jobs[i] = &job{ID: s.uuid(), MessageID: m.ID, SubscriptionARN: sub.ARN, Due: m.At}
		writes = append(writes, write{prefixJob + jobs[i].ID, jobs[i]})
	}
	if err := s.store.apply(true, writes...); err != nil {
		return err
	}
	then()
	for _, j := range jobs {
		s.queue.add(j)
	}
	return nil
}

// Run delivers until ctx ends; then it waits for the requests under way, until the grace is over. What is left is delivered
// by the next process.
func (s *Server) Run(ctx context.Context) {
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var working sync.WaitGroup
	defer working.Wait()
	defer func() { time.AfterFunc(s.options.Grace, stop) }()
	for ctx.Err() == nil {
		s.mu.Lock()
		j, wait := s.queue.next(s.options.Now())
		s.mu.Unlock()
		if j != nil {
			working.Go(func() { s.work(work, j) })
			continue
		}
		t := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-s.queue.changed:
		case <-t.C:
		}
		t.Stop()
	}
}

// work makes one attempt of a job, or tells its record again.
func (s *Server) work(ctx context.Context, j *job) {
	next, again := s.advance(ctx, j)
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.queue.ran(j.SubscriptionARN)
	var err error
	switch {
	case ctx.Err() != nil: // as it was: the next process makes this attempt once more
	case again:
		err = s.store.apply(false, write{prefixJob + j.ID, next})
		s.queue.again(next)
	default:
		writes := []write{{prefixJob + j.ID, nil}}
		if s.queue.done(j) {
			writes = append(writes, write{prefixMessage + j.MessageID, nil})
		}
		err = s.store.apply(false, writes...)
	}
	if err != nil { // an attempt is then made again after a restart: at least once
		s.options.Logger.Error("the local SNS cannot keep how far a delivery is", "error", err)
	}
}

// advance makes an attempt and says what becomes of the job: the job as it goes on, or that it is over.
func (s *Server) advance(ctx context.Context, j *job) (next *job, again bool) {
	if j.Record != nil {
		return s.tell(ctx, j)
	}
	var m message
	found, err := s.store.read(prefixMessage+j.MessageID, &m)
	if err != nil || !found {
		s.options.Logger.Error("the local SNS has lost a message", "message", j.MessageID, "error", err)
		return nil, false
	}
	s.mu.Lock()
	sub, ok := s.subscriptions[j.SubscriptionARN]
	t := s.topics[m.TopicARN]
	s.mu.Unlock()
	if !ok || t == nil { // it was ended meanwhile
		return nil, false
	}
	if sub.Protocol == protocolQueue {
		return s.handOn(ctx, j, &m, sub, t.signatureVersion())
	}
	p := effectivePolicy(t, sub)
	a := s.attempt(ctx, &m, sub, t.signatureVersion(), p)
	if ctx.Err() != nil {
		return nil, false
	}
	after := *j
	after.Attempts++
	if !a.success() && a.retriable() && after.Attempts <= p.Retries.NumRetries {
		after.Due = s.options.Now().Add(p.Retries.delay(after.Attempts)).UTC()
		if s.options.EveryAttempt && m.Type == typeNotification && t.logs(a) {
			s.record(ctx, s.statusRecord(&m, sub, &after, a))
		}
		return &after, true
	}
	return s.end(ctx, &after, &m, sub, t, a)
}

// handOn puts a message into a queue, however often it must be tried. SNS gives up after 23 days (Amazon SNS Developer Guide,
// "Message delivery retries").
func (s *Server) handOn(ctx context.Context, j *job, m *message, sub *subscription, version string) (next *job, again bool) {
	body, attributes := m.Text, make(map[string]Attribute, len(m.Attributes))
	for name, a := range m.Attributes {
		attributes[name] = Attribute(a)
	}
	if sub.Attributes["RawMessageDelivery"] != "true" {
		sealed, err := s.seal(m, sub, version)
		if err != nil {
			s.options.Logger.Error("the local SNS cannot sign a message", "message", m.ID, "error", err)
			return nil, false
		}
		body, attributes = string(sealed), nil
	}
	err := s.options.Queue(ctx, sub.Endpoint, body, attributes)
	if err == nil || ctx.Err() != nil {
		return nil, false
	}
	s.options.Logger.Warn("the local SNS hands a message on to a queue later", "message", m.ID, "error", err)
	later := *j
	later.Attempts++
	later.Due = s.options.Now().Add(time.Second).UTC()
	return &later, true
}

// end tells of the last attempt, and gives what could not be delivered to the dead-letter queue.
func (s *Server) end(ctx context.Context, j *job, m *message, sub *subscription, t *topic, a answer) (next *job, again bool) {
	if m.Type != typeNotification {
		return nil, false
	}
	if !a.success() && sub.Attributes["RedrivePolicy"] != "" && s.options.DeadLetter != nil {
		queue, err := deadLetterQueue(sub.Attributes["RedrivePolicy"])
		var body []byte
		if err == nil {
			body, err = s.seal(m, sub, t.signatureVersion())
		}
		if err == nil {
			err = s.options.DeadLetter(ctx, queue, body)
		}
		if err != nil {
			s.options.Logger.Error("the local SNS cannot redrive a message", "message", m.ID, "error", err)
		}
	}
	if s.options.Status == nil || !t.logs(a) {
		return nil, false
	}
	j.Record = s.statusRecord(m, sub, j, a)
	return s.tell(ctx, j)
}

// tell gives a record to whom it may concern; where that fails it is told again.
func (s *Server) tell(ctx context.Context, j *job) (next *job, again bool) {
	if s.record(ctx, j.Record) {
		return nil, false
	}
	later := *j
	later.Due = s.options.Now().Add(time.Second).UTC()
	return &later, true
}

func (s *Server) record(ctx context.Context, record []byte) bool {
	if s.options.Status == nil {
		return true
	}
	if err := s.options.Status(ctx, record); err != nil {
		s.options.Logger.Error("a status record of the local SNS is told again", "error", err)
		return false
	}
	return true
}

// answer is what came of one attempt.
type answer struct {
	status int // 0: none came
	text   string
	took   time.Duration
}

func (a answer) success() bool { return a.status >= 200 && a.status <= 299 }

// retriable is what SNS tries again: server errors, 429, and no answer at all (Amazon SNS Developer Guide, "Message delivery
// retries").
func (a answer) retriable() bool {
	return a.status == 0 || a.status == http.StatusTooManyRequests || a.status >= http.StatusInternalServerError
}

// attempt posts a message once. Raw, it is the message alone, unsigned, without attributes.
func (s *Server) attempt(ctx context.Context, m *message, sub *subscription, version string, p policy) answer {
	started := s.options.Now()
	raw := m.Type == typeNotification && sub.Attributes["RawMessageDelivery"] == "true"
	body, err := s.seal(m, sub, version)
	if raw {
		body = []byte(m.Text)
	}
	if err != nil {
		return answer{text: err.Error()}
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, sub.Endpoint, bytes.NewReader(body))
	if err != nil {
		return answer{text: err.Error()}
	}
	h := r.Header
	h.Set("User-Agent", "Amazon Simple Notification Service Agent")
	h.Set("Content-Type", p.Request.HeaderContentType)
	h.Set("X-Amz-Sns-Message-Type", m.Type)
	h.Set("X-Amz-Sns-Message-Id", m.ID)
	h.Set("X-Amz-Sns-Topic-Arn", m.TopicARN)
	switch {
	case m.Type == typeConfirmation:
		h.Set("Content-Type", "text/plain; charset=UTF-8")
	case raw:
		h.Set("X-Amz-Sns-Rawdelivery", "true")
		fallthrough
	default:
		h.Set("X-Amz-Sns-Subscription-Arn", sub.ARN)
	}
	response, err := s.client.Do(r)
	took := func() time.Duration { return s.options.Now().Sub(started) }
	if err != nil {
		return answer{text: plainError(err), took: took()}
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil && len(text) == 0 && errors.Is(err, context.DeadlineExceeded) {
		return answer{text: plainError(err), took: took()}
	}
	return answer{response.StatusCode, string(text), took()}
}

// plainError is how a record says that no answer came, without the URL.
func plainError(err error) string {
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		return "Read timed out"
	}
	var refused interface{ Unwrap() error }
	if errors.As(err, &refused) && refused.Unwrap() != nil {
		return "IO Exception in HttpClient: " + refused.Unwrap().Error()
	}
	return "IO Exception in HttpClient"
}
