package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/go-json-experiment/json"
	"github.com/oklog/ulid/v2"

	"webplug/domain"
	"webplug/domain/eventlog"
)

// TestSimulation runs the whole product in one process, in virtual time, against a network and a disk that misbehave,
// and holds it to a model. WEBPLUG_SIM_SEEDS says how many random worlds, WEBPLUG_SIM_SEED repeats one.
func TestSimulation(t *testing.T) {
	first, count := uint64(1), 4
	if s := os.Getenv("WEBPLUG_SIM_SEEDS"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatalf("WEBPLUG_SIM_SEEDS: %v", err)
		}
		count = n
	}
	if s := os.Getenv("WEBPLUG_SIM_SEED"); s != "" {
		n, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			t.Fatalf("WEBPLUG_SIM_SEED: %v", err)
		}
		first, count = n, 1
	}
	for seed := first; seed < first+uint64(count); seed++ {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			defer func() {
				if t.Failed() {
					t.Logf("run it again with WEBPLUG_SIM_SEED=%d", seed)
				}
			}()
			synctest.Test(t, func(t *testing.T) {
				s := newSim(t, seed)
				s.live(120)
				s.settle()
				s.check()
				s.end()
				t.Logf("%d messages, %d endpoints, %d crashes, %d requests to endpoints", len(s.order), len(s.endpoints), s.crashes, s.net.requests())
				if s.sns != nil {
					t.Logf("%d reports of SNS's", s.sns.reported)
				}
			})
		})
	}
}

// sim is a random world.
type sim struct {
	t       *testing.T
	chance  *rand.Rand
	mu      sync.Mutex // of what other goroutines draw from
	shared  *rand.Rand
	ids     uint64
	disk    *simDisk
	net     *simNet
	wire    *cable
	sns     *simSNS // nil: a world without the format sns
	home    *home
	stop    context.CancelFunc
	done    chan struct{}
	crashes int

	service   string
	users     []string
	types     []string // names
	endpoints map[string]*simEndpoint
	urls      int
	messages  map[string]*simMessage // acknowledged
	order     []string
	keyed     []simKeyed
}

type simEndpoint struct {
	id, url, user string
	sns           bool           // its format
	touched       bool           // it was paused, removed or gone at some time
	rivals        map[string]int // attempts of a second dispatcher, by message
}

type simMessage struct {
	id         string
	deliveries int
	touched    bool // somebody discarded a delivery
}

// simKeyed is a publish with an Idempotency-Key that was sent, acknowledged or not.
type simKeyed struct{ key, body, id string }

func newSim(t *testing.T, seed uint64) *sim {
	s := &sim{
		t: t, chance: rand.New(rand.NewPCG(seed, 1)), shared: rand.New(rand.NewPCG(seed, 2)), net: newSimNet(),
		endpoints: map[string]*simEndpoint{}, messages: map[string]*simMessage{},
	}
	if seed%2 == 0 {
		s.sns = &simSNS{s: s}
	}
	s.disk = newSimDisk(vfs.NewCrashableMem(), rand.New(rand.NewPCG(seed, 3)))
	s.open(false)
	return s
}

// Read is the world's randomness for keys and nonces.
func (s *sim) Read(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range b {
		b[i] = byte(s.shared.Uint32())
	}
	return len(b), nil
}

func (s *sim) id() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ids++
	var id ulid.ULID
	_ = id.SetTime(ulid.Timestamp(time.Now()))
	binary.BigEndian.PutUint64(id[8:], s.ids)
	return id.String()
}

// roll draws below n, for other goroutines.
func (s *sim) roll(n int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.shared.IntN(n)
}

func (s *sim) jitter() float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.shared.Float64()
}

func (s *sim) open(rebuild bool) {
	s.t.Helper()
	wire := &cable{net: s.net}
	s.wire = wire
	logger := slog.New(slog.NewTextHandler(io.Discard, nil))
	if testing.Verbose() {
		logger = slog.New(slog.NewTextHandler(s.t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	}
	var openTopics func(context.Context) (*topics, error)
	if s.sns != nil {
		openTopics = s.sns.open
	}
	h, err := openHome(context.Background(), homeOptions{
		stage: "sim", openTopics: openTopics,
		dir: "data", fs: s.disk, virtualTime: true, keys: keyring{master: bytes.Repeat([]byte{7}, 32), admin: "admin"}, sender: s.wire,
		checkURL: func(context.Context, string) error { return nil }, now: time.Now, newID: s.id, random: s,
		jitter: s.jitter, schedule: domain.DefaultSchedule, defaultFormat: domain.StandardWebhooks, rebuild: rebuild,
		grace: time.Minute, fail: func(err error) { s.t.Errorf("the log failed: %v", err) }, logger: logger,
		feed: func(f eventlog.Feed) eventlog.Feed { return simFeed{f, &s.mu, s.shared} },
	})
	if err != nil {
		s.t.Fatalf("open: %v", err)
	}
	ctx, stop := context.WithCancel(context.Background())
	s.home, s.stop, s.done = h, stop, make(chan struct{})
	go func() {
		defer close(s.done)
		var reporting sync.WaitGroup
		defer reporting.Wait()
		if s.sns != nil {
			reporting.Go(func() { s.sns.report(ctx, h.topics, wire) })
		}
		if err := h.run(ctx); err != nil && !wire.isCut() {
			s.t.Errorf("run: %v", err)
		}
	}()
	<-h.ready()
}

// end ends the process in order.
func (s *sim) end() {
	s.stop()
	<-s.done
	if err := s.home.close(); err != nil && !s.wire.isCut() {
		s.t.Errorf("close: %v", err)
	}
}

// crash starts another process on what a crash leaves. Nothing that the old one still does is seen.
func (s *sim) crash() {
	s.crashes++
	s.wire.cutNow()
	left := s.disk.stop()
	s.end()
	s.disk = newSimDisk(left, rand.New(rand.NewPCG(s.chance.Uint64(), 4)))
	s.open(false)
}

// crashed says whether the disk has stopped under the running process: nothing it says counts any more.
func (s *sim) crashed() bool { return s.wire.isCut() }

// call is one request to the API. ok is false if the process died before its answer.
func (s *sim) call(method, path string, body string, header ...string) (status int, answer map[string]any, ok bool) {
	s.t.Helper()
	r := httptest.NewRequestWithContext(context.Background(), method, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer admin")
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.home.ServeHTTP(w, r)
	if s.crashed() {
		return 0, nil, false
	}
	if w.Body.Len() > 0 {
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
			s.t.Fatalf("%s %s: %v in %s", method, path, err, w.Body)
		}
	}
	if w.Code >= 500 {
		s.t.Fatalf("%s %s %s: %d %s", method, path, body, w.Code, w.Body)
	}
	return w.Code, answer, true
}

// visit follows a link without a key. What it answers is the endpoint's to know.
func (s *sim) visit(path string) {
	s.home.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(context.Background(), http.MethodGet, path, nil))
}

// must is a request that has to succeed, if the process lives.
func (s *sim) must(method, path, body string, header ...string) (map[string]any, bool) {
	s.t.Helper()
	status, answer, ok := s.call(method, path, body, header...)
	if ok && status >= 300 {
		s.t.Fatalf("%s %s %s: %d %v", method, path, body, status, answer)
	}
	return answer, ok
}

func (s *sim) svc(path string) string { return "/v1/services/" + s.service + path }

// live lets random things happen.
func (s *sim) live(steps int) {
	for s.service == "" {
		if a, ok := s.must(http.MethodPost, "/v1/services", `{"name":"bank"}`); ok {
			s.service = a["id"].(string)
		}
	}
	for range steps {
		if s.chance.IntN(12) == 0 {
			wire := s.wire
			s.disk.stopAfter(1+s.chance.IntN(40), wire.cutNow)
		}
		s.step()
		if s.crashed() || s.chance.IntN(40) == 0 {
			s.crash()
		}
	}
	if s.crashed() {
		s.crash()
	}
	s.disk.stopAfter(0, nil)
}

// settle lets everything recover and all schedules end.
func (s *sim) settle() {
	for _, e := range s.endpoints {
		s.net.set(e.url, works)
	}
	for s.sns != nil && len(s.sns.handed) > 0 {
		s.confirm()
	}
	for range 40 {
		time.Sleep(time.Hour)
	}
	synctest.Wait()
}

func (s *sim) text() string {
	return fmt.Sprintf(`"%x"`, s.chance.Uint64())
}

func pick[T any](s *sim, from []T) T { return from[s.chance.IntN(len(from))] }
