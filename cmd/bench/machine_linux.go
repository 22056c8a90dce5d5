package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"time"
)

// ticksPerSecond is the unit of /proc/<pid>/stat: USER_HZ, which is 100 on all of Linux's architectures that Go has.
const ticksPerSecond = 100

// cpuOf gives the CPU time that a process has used, user and system, to 10 ms.
func cpuOf(pid int) (time.Duration, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, fmt.Errorf("read CPU time: %w", err)
	}
	// The name, in brackets, may hold anything: count from behind it. proc_pid_stat(5): utime is field 14, stime 15.
	fields := bytes.Fields(b[bytes.LastIndexByte(b, ')')+1:])
	if len(fields) < 13 {
		return 0, fmt.Errorf("read CPU time: unknown format %q", b)
	}
	user, err := strconv.Atoi(string(fields[11]))
	if err != nil {
		return 0, fmt.Errorf("read CPU time: %w", err)
	}
	system, err := strconv.Atoi(string(fields[12]))
	if err != nil {
		return 0, fmt.Errorf("read CPU time: %w", err)
	}
	return time.Duration(user+system) * time.Second / ticksPerSecond, nil
}

// peakOf gives the most memory that a process has had resident, in bytes.
func peakOf(pid int) (int64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, fmt.Errorf("read peak memory: %w", err)
	}
	_, rest, _ := bytes.Cut(b, []byte("VmHWM:"))
	fields := bytes.Fields(rest)
	if len(fields) == 0 {
		return 0, fmt.Errorf("read peak memory: no VmHWM of %d", pid)
	}
	kb, err := strconv.ParseInt(string(fields[0]), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("read peak memory: %w", err)
	}
	return kb << 10, nil
}

// pause sleeps more exactly than time.Sleep, whose timer goes by whole milliseconds. The goroutine must have a thread of
// its own.
func pause(d time.Duration) {
	t := syscall.NsecToTimespec(int64(d))
	_ = syscall.Nanosleep(&t, nil) // a signal ends it early: the caller looks at the clock
}

// syncData makes a file's bytes durable, and of what describes it only its length.
func syncData(f *os.File) error {
	return os.NewSyscallError("fdatasync", syscall.Fdatasync(int(f.Fd())))
}

// endWithParent lets a child die with the thread that starts it.
func endWithParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
