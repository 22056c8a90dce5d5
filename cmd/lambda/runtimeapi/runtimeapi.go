// Package runtimeapi runs a Lambda function on this machine as AWS Lambda does: it starts the program when it is invoked,
// hands it one event at a time by the Runtime API, kills it when its time is over, and starts it anew after it has ended.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
package runtimeapi

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/go-json-experiment/json"
)

// Options says which program to run, and how.
type Options struct {
	Program string
	Env     []string      // the whole environment but for the Runtime API's address
	Timeout time.Duration // of one invocation; 0 is a minute
	Log     io.Writer     // what the program writes; nil for nowhere
}

// Error is what an invocation came to instead of an answer. Types of the sandbox's own begin with "Sandbox.".
type Error struct{ Type, Message string }

// Error says both.
func (e *Error) Error() string { return e.Type + ": " + e.Message }

// The types of errors that are not the function's own.
const (
	TimedOut = "Sandbox.TimedOut" // the process was killed
	Exited   = "Sandbox.Exited"   // the process ended by itself
	Init     = "Sandbox.Init"     // the process told why it cannot start
)

// Function is one function with one process at most. Invocations of several goroutines follow each other.
type Function struct {
	o      Options
	server *http.Server
	addr   string
	one    sync.Mutex // invocation at a time

	mu       sync.Mutex
	sandbox  *sandbox // nil where no process runs
	sandboxN int
	starts   []time.Duration // from the start of each process to when it asks for the first event
}

// sandbox is one process.
type sandbox struct {
	name    string
	cmd     *exec.Cmd
	begun   time.Time
	ready   sync.Once
	events  chan *invocation // has the one under way until the process asks for it
	ended   chan struct{}
	refused chan *Error // has what the process says at its start
	working *invocation // that it has asked for last; a process asks and answers in turn
}

// invocation is one event under way.
type invocation struct {
	id       string
	event    []byte
	deadline time.Time
	answer   chan outcome // has one
}

type outcome struct {
	body []byte
	err  *Error
}

// New makes a function. Its program starts with the first invocation.
func New(o Options) (*Function, error) {
	if o.Timeout == 0 {
		o.Timeout = time.Minute
	}
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it is closed by Close
	if err != nil {
		return nil, fmt.Errorf("listen for the Runtime API: %w", err)
	}
	f := &Function{o: o, addr: l.Addr().String()}
	f.server = &http.Server{Handler: f.routes(), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = f.server.Serve(l) }()
	return f, nil
}

// Close ends the process and the server.
func (f *Function) Close() error {
	f.one.Lock()
	defer f.one.Unlock()
	f.Kill()
	return f.server.Close()
}

// Kill ends the process, as Lambda does with one that it needs no more; the next invocation starts another.
func (f *Function) Kill() {
	f.mu.Lock()
	s := f.sandbox
	f.sandbox = nil
	f.mu.Unlock()
	if s != nil {
		_ = s.cmd.Process.Kill()
		<-s.ended
	}
}

// PID is the process that runs; 0 where none does.
func (f *Function) PID() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.sandbox == nil {
		return 0
	}
	return f.sandbox.cmd.Process.Pid
}

// Starts are how long each process took until it asked for its first event.
func (f *Function) Starts() []time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]time.Duration(nil), f.starts...)
}

// Invoke hands an event to the function and gives its answer, or an *Error.
func (f *Function) Invoke(ctx context.Context, event []byte) ([]byte, error) {
	f.one.Lock()
	defer f.one.Unlock()
	s, err := f.running()
	if err != nil {
		return nil, err
	}
	inv := &invocation{id: fmt.Sprintf("%s-%d", s.name, time.Now().UnixNano()), event: event, answer: make(chan outcome, 1)}
	inv.deadline = time.Now().Add(f.o.Timeout)
	s.events <- inv
	timer := time.NewTimer(f.o.Timeout)
	defer timer.Stop()
	select {
	case out := <-inv.answer:
		if out.err != nil {
			return nil, out.err
		}
		return out.body, nil
	case refused := <-s.refused:
		f.Kill()
		return nil, refused
	case <-s.ended:
		return nil, f.ended(s, inv)
	case <-timer.C:
		f.Kill()
		return nil, &Error{TimedOut, fmt.Sprintf("the function has not answered within %s", f.o.Timeout)}
	case <-ctx.Done():
		f.Kill()
		return nil, ctx.Err()
	}
}

// ended is what an invocation came to whose process is gone: it may have answered before, or told why it cannot start.
func (f *Function) ended(s *sandbox, inv *invocation) error {
	f.Kill()
	select {
	case refused := <-s.refused:
		return refused
	case out := <-inv.answer:
		if out.err != nil {
			return out.err
		}
	default:
	}
	return &Error{Exited, "the process ended: " + s.cmd.ProcessState.String()}
}

// running gives the process, and starts it where there is none.
func (f *Function) running() (*sandbox, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if s := f.sandbox; s != nil {
		select {
		case <-s.ended:
		default:
			return s, nil
		}
	}
	f.sandboxN++
	s := &sandbox{name: strconv.Itoa(f.sandboxN), events: make(chan *invocation, 1), ended: make(chan struct{}), refused: make(chan *Error, 1)}
	s.cmd = exec.Command(f.o.Program) //nolint:noctx // it lives longer than one invocation
	s.cmd.Env = append(append([]string(nil), f.o.Env...), "AWS_LAMBDA_RUNTIME_API="+f.addr+"/"+s.name)
	s.cmd.Stdout, s.cmd.Stderr = f.o.Log, f.o.Log
	s.begun = time.Now()
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the function: %w", err)
	}
	go func() {
		_ = s.cmd.Wait() // how it ended is in its state
		close(s.ended)
	}()
	f.sandbox = s
	return s, nil
}

func (f *Function) routes() http.Handler {
	mux := http.NewServeMux()
	const base = "/{sandbox}/2018-06-01/runtime/"
	mux.HandleFunc("GET "+base+"invocation/next", f.next)
	mux.HandleFunc("POST "+base+"invocation/{id}/response", f.finish(func(body []byte) outcome { return outcome{body: body} }))
	mux.HandleFunc("POST "+base+"invocation/{id}/error", f.finish(func(body []byte) outcome { return outcome{err: readError(body)} }))
	mux.HandleFunc("POST "+base+"init/error", f.refuse)
	return mux
}

// of is the process that a request comes from; nil for one that was killed.
func (f *Function) of(r *http.Request) *sandbox {
	f.mu.Lock()
	defer f.mu.Unlock()
	if s := f.sandbox; s != nil && s.name == r.PathValue("sandbox") {
		return s
	}
	return nil
}

func (f *Function) next(w http.ResponseWriter, r *http.Request) {
	s := f.of(r)
	if s == nil {
		http.Error(w, "no such process", http.StatusGone)
		return
	}
	s.ready.Do(func() {
		f.mu.Lock()
		f.starts = append(f.starts, time.Since(s.begun))
		f.mu.Unlock()
	})
	select {
	case inv := <-s.events:
		h := w.Header()
		h.Set("Lambda-Runtime-Aws-Request-Id", inv.id)
		h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(inv.deadline.UnixMilli(), 10))
		h.Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:eu-central-1:123456789012:function:webplug-test")
		h.Set("Content-Type", "application/json")
		f.mu.Lock()
		s.working = inv
		f.mu.Unlock()
		_, _ = w.Write(inv.event)
	case <-r.Context().Done():
	}
}

// finish takes what an invocation came to.
func (f *Function) finish(read func([]byte) outcome) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		inv := f.take(f.of(r), r.PathValue("id"))
		if err != nil || inv == nil {
			http.Error(w, "no such invocation", http.StatusBadRequest)
			return
		}
		w.WriteHeader(http.StatusAccepted)
		inv.answer <- read(body)
	}
}

// take gives the invocation that a process works on, once.
func (f *Function) take(s *sandbox, id string) *invocation {
	f.mu.Lock()
	defer f.mu.Unlock()
	if s == nil || s.working == nil || s.working.id != id {
		return nil
	}
	inv := s.working
	s.working = nil
	return inv
}

func readError(body []byte) *Error {
	var told messages.InvokeResponse_Error
	if err := json.Unmarshal(body, &told); err != nil {
		return &Error{"Unreadable", string(body)}
	}
	return &Error{told.Type, told.Message}
}

func (f *Function) refuse(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	if s := f.of(r); s != nil {
		e := readError(body)
		s.refused <- &Error{Init, strings.TrimSpace(e.Message)}
	}
	w.WriteHeader(http.StatusAccepted)
}
