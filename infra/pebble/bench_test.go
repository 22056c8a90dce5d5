package pebble

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"webplug/domain/eventlog"
)

// BenchmarkAppend measures what the log costs a message of one delivery: an append that somebody waits for (1 KB), and
// its outcome (300 bytes), which is lazy. An op is one message.
func BenchmarkAppend(b *testing.B) {
	for _, writers := range []int{1, 32} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) { benchmarkAppend(b, writers) })
	}
}

func benchmarkAppend(b *testing.B, writers int) {
	s := open(b, Options{Dir: b.TempDir(), Logger: slog.New(slog.DiscardHandler)})
	payload, outcome := random(1000), random(300)
	var next atomic.Int64
	var outcomes sync.WaitGroup
	var clients sync.WaitGroup
	room := make(chan struct{}, 512) // deliveries under way
	b.ReportAllocs()
	before := cpu()
	b.ResetTimer()
	for range writers {
		clients.Go(func() {
			for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
				accepted := message(n)
				if err := s.Append(b.Context(), benchBatch(accepted, true, payload)); err != nil {
					b.Error(err)
					return
				}
				room <- struct{}{}
				outcomes.Go(func() {
					defer func() { <-room }()
					delivered := accepted
					delivered.Leaf = "ep_01JABCDEFGHJKMNPQRSTVWXYZ0"
					lazy := benchBatch(delivered, false, outcome)
					lazy.Lazy = true
					for _, err := range s.Read(b.Context(), delivered, 0) {
						b.Error("an outcome is there already", err)
					}
					if err := s.Append(context.Background(), lazy); err != nil {
						b.Error(err)
					}
				})
			}
		})
	}
	clients.Wait()
	outcomes.Wait()
	b.StopTimer()
	b.ReportMetric(float64(cpu()-before)/float64(b.N)/1e3, "cpu-µs/op")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
	b.ReportMetric(float64(b.N)/float64(s.Head()), "messages/commit")
}

func message(n int64) eventlog.Stream {
	return eventlog.Stream{Service: "svc_01JABCDEFGHJKMNPQRSTVWXYZ0", Root: "msg_01JABC" + strconv.FormatInt(1_000_000_000_000_000+n, 10) + "0000"}
}

func benchBatch(of eventlog.Stream, fresh bool, data []byte) eventlog.Batch {
	r := eventlog.Record{Stream: of, Version: 1, Data: data, Hash: sha256.Sum256([]byte(of.Root))}
	return eventlog.Batch{Writes: []eventlog.Write{{Stream: of, Fresh: fresh, Records: []eventlog.Record{r}}}}
}

func random(n int) []byte {
	out := make([]byte, 0, n+8)
	for r := rand.NewPCG(1, 2); len(out) < n; {
		out = binary.LittleEndian.AppendUint64(out, r.Uint64())
	}
	return out[:n]
}

// cpu is the time that all threads of this process have run.
func cpu() time.Duration {
	var use syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &use); err != nil {
		return 0
	}
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}
