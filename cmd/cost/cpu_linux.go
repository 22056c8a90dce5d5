package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// cpuOf is how long a process has computed, all its threads together (proc(5), /proc/pid/task/tid/schedstat).
func cpuOf(pid int) (time.Duration, error) {
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	if err != nil || len(files) == 0 {
		return 0, fmt.Errorf("the threads of process %d cannot be found: %w", pid, err)
	}
	total := time.Duration(0)
	for _, name := range files {
		text, err := os.ReadFile(name)
		if os.IsNotExist(err) {
			continue // the thread has ended
		}
		var ns int64
		if err == nil {
			_, err = fmt.Sscan(string(text), &ns)
		}
		if err != nil {
			return 0, err
		}
		total += time.Duration(ns)
	}
	return total, nil
}
