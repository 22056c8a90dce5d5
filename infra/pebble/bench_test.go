package pebble

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
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
	s := open(b, Options{Dir: b.TempDir(), Logger: discard()})
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

// BenchmarkRead measures what a decision reads: nothing, known or not known before, and a short stream.
func BenchmarkRead(b *testing.B) {
	s := open(b, Options{Dir: b.TempDir(), Logger: discard()})
	for n := range int64(20_000) {
		of := message(n)
		w := benchBatch(of, n%2 == 0, random(1000))
		if err := s.Append(b.Context(), w); err != nil {
			b.Fatal(err)
		}
	}
	if err := s.db.Flush(); err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name string
		of   func(n int64) eventlog.Stream
		want int
	}{
		{"leaf of a fresh root", func(n int64) eventlog.Stream { of := message(n / 2 * 2 % 20_000); of.Leaf = "ep_1"; return of }, 0},
		{"leaf of an old root", func(n int64) eventlog.Stream { of := message((n/2*2 + 1) % 20_000); of.Leaf = "ep_1"; return of }, 0},
		{"unknown root", func(n int64) eventlog.Stream { return message(1e9 + n) }, 0},
		{"stream of one record", func(n int64) eventlog.Stream { return message(n % 20_000) }, 1},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for n := range int64(b.N) {
				got := 0
				for _, err := range s.Read(b.Context(), c.of(n), 0) {
					if err != nil {
						b.Fatal(err)
					}
					got++
				}
				if got != c.want {
					b.Fatalf("%d records", got)
				}
			}
		})
	}
}

// BenchmarkOpen measures a start after a kill, with the newest log as full as it gets.
func BenchmarkOpen(b *testing.B) {
	for _, n := range []int64{0, 12_000, 100_000} {
		b.Run(fmt.Sprintf("records=%d", n), func(b *testing.B) {
			dir, killed := b.TempDir(), b.TempDir()
			s := open(b, Options{Dir: dir, Logger: discard()})
			for i := int64(0); i < n; i += 25 {
				var batch eventlog.Batch
				for j := range int64(25) {
					batch.Writes = append(batch.Writes, benchBatch(message(i+j), true, random(1000)).Writes...)
				}
				if err := s.Append(b.Context(), batch); err != nil {
					b.Fatal(err)
				}
			}
			if err := os.CopyFS(killed, os.DirFS(dir)); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				b.StopTimer()
				again := b.TempDir()
				if err := os.CopyFS(again, os.DirFS(killed)); err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
				s, err := Open(b.Context(), Options{Dir: again, Logger: discard()})
				b.StopTimer()
				if err != nil {
					b.Fatal(err)
				}
				if err := s.Close(); err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
			}
		})
	}
}
