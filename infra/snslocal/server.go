package snslocal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// Options is all that the server takes from outside. Dir, PublicURL, Now and Random are needed.
type Options struct {
	Dir string // the folder of its own
	FS  vfs.FS // nil is the disk
	// Key seals what is in the folder: 32 bytes for AES-256-GCM. nil: nothing is sealed.
	Key []byte
	// PublicURL is where endpoints reach Public: the beginning of SubscribeURL, UnsubscribeURL and SigningCertURL.
	PublicURL string
	Region    string // of its ARNs; "" is us-east-1
	Account   string // of its ARNs; "" is 000000000000
	Now       func() time.Time
	Random    io.Reader // crypto/rand's reader
	Limits    Limits    // zero values are SNS's own
	// Dial connects to endpoints: whoever gives it decides which addresses may be reached. nil: the network.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// CheckURL refuses a URL when it is subscribed. nil: none is refused.
	CheckURL func(ctx context.Context, url string) error
	// RoundTripper makes the requests instead of Dial; for tests and simulations.
	RoundTripper http.RoundTripper
	// Status takes delivery status records, at least once, in the form that SNS writes them to CloudWatch Logs. An error
	// means later. nil: nobody wants them.
	Status func(ctx context.Context, record []byte) error
	// EveryAttempt writes a record of each failed attempt, not of the last alone: which of both SNS does is not documented.
	EveryAttempt bool
	// DeadLetter takes what could not be delivered to a subscription with a RedrivePolicy. nil: nobody does.
	DeadLetter func(ctx context.Context, queueARN string, body []byte) error
	// Queue puts a message into a queue that is subscribed to a topic (protocol sqs). An error means later. nil: no queue can
	// be subscribed.
	Queue func(ctx context.Context, queueARN, body string, attributes map[string]Attribute) error
	// Grace is how long requests under way may take when Run is to end.
	Grace  time.Duration
	Logger *slog.Logger // nil: none
}

// Attribute is a message attribute, as a queue gets it beside a raw message.
type Attribute struct{ Type, Value string }

// Limits are SNS's quotas (AWS General Reference, "Amazon SNS endpoints and quotas").
type Limits struct {
	Topics              int // of the account; 0 is 100,000
	PoliciesPerTopic    int // filter policies; 0 is 200
	PoliciesPerAccount  int // filter policies; 0 is 10,000
	Pending             int // pending subscriptions of the account; 0 is 5,000
	SubscribesPerSecond int // 0 is 100
}

func (l Limits) orDefault() Limits {
	or := func(v *int, otherwise int) {
		if *v == 0 {
			*v = otherwise
		}
	}
	or(&l.Topics, 100_000)
	or(&l.PoliciesPerTopic, 200)
	or(&l.PoliciesPerAccount, 10_000)
	or(&l.Pending, 5_000)
	or(&l.SubscribesPerSecond, 100)
	return l
}

// Server is the local SNS. It is safe for concurrent use.
type Server struct {
	options Options
	store   *store
	signer  *signer
	client  *http.Client

	mu            sync.Mutex
	limits        Limits
	topics        map[string]*topic
	subscriptions map[string]*subscription
	queue         *queue
	subscribed    []time.Time // Subscribe calls of the last second
}

// Open reads the folder and takes up the deliveries that were under way, once Run runs.
func Open(o Options) (*Server, error) {
	if o.Region == "" {
		o.Region = "us-east-1"
	}
	if o.Account == "" {
		o.Account = "000000000000"
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	o.PublicURL = strings.TrimSuffix(o.PublicURL, "/")
	st, err := openStore(o.Dir, o.FS, o.Key)
	if err != nil {
		return nil, err
	}
	s := &Server{
		options: o, store: st, limits: o.Limits.orDefault(), client: newClient(o),
		topics: map[string]*topic{}, subscriptions: map[string]*subscription{}, queue: newQueue(),
	}
	if err := s.load(); err != nil {
		return nil, errors.Join(fmt.Errorf("open the local SNS: %w", err), st.close())
	}
	return s, nil
}

func (s *Server) load() error {
	var err error
	if s.signer, err = openSigner(s.store, s.options.Random, s.options.Now()); err != nil {
		return err
	}
	for v, err := range readAll[topic](s.store, prefixTopic) {
		if err != nil {
			return err
		}
		s.topics[v.ARN] = v
	}
	for v, err := range readAll[subscription](s.store, prefixSubscription) {
		if err != nil {
			return err
		}
		s.subscriptions[v.ARN] = v
	}
	for v, err := range readAll[job](s.store, prefixJob) {
		if err != nil {
			return err
		}
		s.queue.add(v)
	}
	return nil
}

// SetLimits changes the quotas.
func (s *Server) SetLimits(l Limits) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limits = l.orDefault()
}

// Close closes the folder. Run must have returned.
func (s *Server) Close() error { return s.store.close() }

// API answers SNS's query API. It asks for no signature: whoever reaches it is the account's owner.
func (s *Server) API() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, true) })
}

// Public answers what endpoints may ask without credentials: ConfirmSubscription, Unsubscribe and the certificate. It is to
// be found at PublicURL, also under a path.
func (s *Server) Public() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/"+s.signer.name()) {
			w.Header().Set("Content-Type", "application/x-pem-file")
			_, _ = w.Write(s.signer.certificate)
			return
		}
		s.serve(w, r, false)
	})
}

// RoundTripper lets an SDK's client reach API without a network.
func (s *Server) RoundTripper() http.RoundTripper { return inProcess{s.API()} }

type inProcess struct{ handler http.Handler }

// RoundTrip answers a request within the process.
func (p inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	answer := &memoryAnswer{header: http.Header{}, status: http.StatusOK}
	p.handler.ServeHTTP(answer, r)
	return &http.Response{
		StatusCode: answer.status, Status: http.StatusText(answer.status), Header: answer.header, Request: r,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, ContentLength: int64(answer.body.Len()), Body: io.NopCloser(&answer.body),
	}, nil
}
