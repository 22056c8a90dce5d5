package local

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

const (
	heap         = "-Xmx512m"
	startTimeout = 60 * time.Second // it takes about two seconds on an idle machine
	closeTimeout = 10 * time.Second
	portTries    = 5
)

//go:embed loopback.policy
var loopbackPolicy []byte

// Options says how to run DynamoDB Local. The zero value keeps the tables in memory.
type Options struct {
	// Folder keeps the tables in a file there, so that they outlive the server; it is made if need be.
	Folder string
	// Cache is where the program is unpacked and found again; "" is webplug/dynamodb-local in the user's cache folder.
	Cache string
	// Java is the home of the Java to run; "" is JAVA_HOME, else the java on PATH.
	Java string
	// Progress is told in a few words what is being waited for, and if other machines can reach the tables; it may be
	// nil.
	Progress func(string)
}

// Server is a running DynamoDB Local. It ends with Close, or with this process, however that ends (on Windows with Close
// only).
type Server struct {
	cmd     *exec.Cmd
	port    int
	exposed bool
	ended   chan struct{} // closed when the process is gone
	output  tail
}

var errPortTaken = errors.New("another process took the port")

// Start fetches DynamoDB Local if the cache lacks it, starts it and waits until it answers. If Java or npm is missing the
// error is ErrMissing and says what to install. A done ctx ends the waiting, not the server once it is there.
func Start(ctx context.Context, o Options) (*Server, error) {
	if o.Progress == nil {
		o.Progress = func(string) {}
	}
	if o.Java == "" {
		o.Java = os.Getenv("JAVA_HOME")
	}
	j, err := findJava(ctx, o.Java)
	if err != nil {
		return nil, err
	}
	if o.Cache == "" {
		if o.Cache, err = defaultCache(); err != nil {
			return nil, err
		}
	}
	program, err := install(ctx, o.Cache, o.Progress)
	if err != nil {
		return nil, err
	}
	o.Progress("starting DynamoDB Local " + version)
	// A port that is free now may be taken before Java has it.
	for try := 1; ; try++ {
		port, err := freePort(ctx)
		if err != nil {
			return nil, err
		}
		s, err := launch(ctx, o, j, program, port)
		if err == nil && s.exposed {
			o.Progress(fmt.Sprintf("other machines can reach DynamoDB Local on port %d: Java %d cannot keep them out, Java %d to %d can",
				port, j.release, oldestJava, lastPolicy))
		}
		if err == nil || !errors.Is(err, errPortTaken) || try == portTries {
			return s, err
		}
	}
}

func launch(ctx context.Context, o Options, j java, program string, port int) (*Server, error) {
	args, err := arguments(o, j, program, port)
	if err != nil {
		return nil, err
	}
	s := &Server{cmd: command(ctx, j.program, args...), port: port, exposed: !j.confines(), ended: make(chan struct{})}
	s.cmd.Stdout, s.cmd.Stderr = &s.output, &s.output
	s.cmd.Dir = program
	if _, err := s.cmd.StdinPipe(); err != nil { // the leash; Wait closes it
		return nil, fmt.Errorf("starting DynamoDB Local: %w", err)
	}
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting DynamoDB Local: %w", err)
	}
	go func() {
		_ = s.cmd.Wait() // how it ended is in its output
		close(s.ended)
	}()
	if err := s.ready(ctx); err != nil {
		_ = s.Close()
		return nil, err
	}
	return s, nil
}

func arguments(o Options, j java, program string, port int) ([]string, error) {
	args := []string{heap, "-Djava.library.path=" + filepath.Join(program, "DynamoDBLocal_lib")}
	if j.confines() {
		policy := filepath.Join(program, "loopback.policy")
		if err := writePolicy(policy); err != nil {
			return nil, err
		}
		args = append(args, "-Djava.security.manager", "-Djava.security.policy=="+policy)
	}
	args = append(args, "-jar", filepath.Join(program, "DynamoDBLocal.jar"),
		"-port", strconv.Itoa(port), "-sharedDb", "-disableTelemetry")
	if o.Folder == "" {
		return append(args, "-inMemory"), nil
	}
	folder, err := filepath.Abs(o.Folder)
	if err != nil {
		return nil, fmt.Errorf("finding DynamoDB Local's folder: %w", err)
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("making DynamoDB Local's folder: %w", err)
	}
	return append(args, "-dbPath", folder), nil
}

// writePolicy replaces the policy by rename, because another process may be about to read it.
func writePolicy(file string) error {
	if old, err := os.ReadFile(file); err == nil && string(old) == string(loopbackPolicy) {
		return nil
	}
	tmp, err := os.CreateTemp(filepath.Dir(file), "policy-")
	if err != nil {
		return fmt.Errorf("writing DynamoDB Local's policy: %w", err)
	}
	_, err = tmp.Write(loopbackPolicy)
	if err := errors.Join(err, tmp.Close(), os.Rename(tmp.Name(), file)); err != nil {
		return fmt.Errorf("writing DynamoDB Local's policy: %w", err)
	}
	return nil
}

func freePort(ctx context.Context) (int, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("finding a free port for DynamoDB Local: %w", err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	return port, l.Close()
}

// ready waits until DynamoDB Local answers.
func (s *Server) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !s.answers(ctx) {
		if strings.Contains(s.output.String(), "Failed to bind") { // it says so and stays
			return errPortTaken
		}
		select {
		case <-s.ended:
			return fmt.Errorf("DynamoDB Local ended at its start: %s", s.output.String())
		case <-ctx.Done():
			return fmt.Errorf("waiting for DynamoDB Local to answer: %w: %s", ctx.Err(), s.output.String())
		case <-tick.C:
		}
	}
	return nil
}

// answers is true for any answer that bears DynamoDB's mark: a bare GET is an error to it.
func (s *Server) answers(ctx context.Context) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.Endpoint(), nil)
	if err != nil {
		return false
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 2 * time.Second}
	res, err := client.Do(req)
	if err != nil {
		return false
	}
	_ = res.Body.Close()
	return res.Header.Get("X-Amzn-Requestid") != ""
}

// Endpoint is the URL of DynamoDB and of DynamoDB Streams.
func (s *Server) Endpoint() string { return "http://127.0.0.1:" + strconv.Itoa(s.port) }

// Exposed says whether other machines can reach the tables.
func (s *Server) Exposed() bool { return s.exposed }

// Ended is closed when the server is gone, by Close or by itself.
func (s *Server) Ended() <-chan struct{} { return s.ended }

// Config reaches the server by the AWS SDK. Region and credentials are made up: all of them see the same tables.
func (s *Server) Config() aws.Config {
	return aws.Config{
		Region:       "local",
		Credentials:  credentials.NewStaticCredentialsProvider("local", "local", ""),
		BaseEndpoint: aws.String(s.Endpoint()),
	}
}

// Kill ends the server at once, as a crash does, and returns when it is gone.
func (s *Server) Kill() {
	kill(s.cmd)
	<-s.ended
}

// Close ends the server and returns when it is gone.
func (s *Server) Close() error {
	terminate(s.cmd)
	select {
	case <-s.ended:
		return nil
	case <-time.After(closeTimeout):
		kill(s.cmd)
		<-s.ended
		return fmt.Errorf("DynamoDB Local did not end within %v and was killed", closeTimeout)
	}
}
