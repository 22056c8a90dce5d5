package main

import (
	"log/slog"
	"testing"
)

func TestProfilesAreServedOnLoopbackAlone(t *testing.T) {
	for _, addr := range []string{":6060", "0.0.0.0:6060", "192.0.2.1:6060", "[::]:6060", "no address"} {
		if err := servePprof(t.Context(), addr, slog.New(slog.DiscardHandler)); err == nil {
			t.Errorf("WEBPLUG_PPROF=%q was taken", addr)
		}
	}
	if err := servePprof(t.Context(), "127.0.0.1:0", slog.New(slog.DiscardHandler)); err != nil {
		t.Errorf("on loopback: %v", err)
	}
}
