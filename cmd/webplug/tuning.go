package main

import (
	"os"
	"runtime"
	"runtime/debug"
)

const (
	// gcPercent lets the heap grow to five times what lives before it is collected: less CPU for some tens of megabytes.
	gcPercent = 400
	// sparePs are processors of Go's scheduler beyond those of the machine. Whoever syncs the log or writes a table holds
	// one in a system call, until the runtime's monitor notices: with none to spare a CPU stands idle for that long, which
	// was a tenth of the deliveries a second at one endpoint.
	sparePs = 2
)

// tuneRuntime sets what the environment (GOGC, GOMAXPROCS) does not.
func tuneRuntime() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + sparePs)
	}
}
