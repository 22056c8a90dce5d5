package main

import (
	"fmt"
	"io"
	"runtime"
)

// report is all that a bench has measured.
type report struct {
	CPUs       int        `json:"cpus"`
	Go         string     `json:"go"`
	Throughput []compared `json:"throughput,omitempty"`
	Latency    *timed     `json:"latency,omitzero"`
	Kill       *killed    `json:"kill,omitzero"`
}

func newReport() report { return report{CPUs: runtime.NumCPU(), Go: runtime.Version()} }

// printer writes lines; whether anyone reads them is not its care.
type printer struct{ out io.Writer }

func (p printer) line(format string, args ...any) {
	_, _ = fmt.Fprintf(p.out, format+"\n", args...)
}

func verdict(met ...bool) string {
	for _, ok := range met {
		if !ok {
			return "missed"
		}
	}
	return "met"
}

func least(v float64) string { return fmt.Sprintf("≥ %.2f", v) }
func most(v float64) string  { return fmt.Sprintf("≤ %.2f", v) }
