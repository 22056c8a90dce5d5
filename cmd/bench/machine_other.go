//go:build !linux

package main

import (
	"errors"
	"os"
	"syscall"
	"time"
)

var errOnlyLinux = errors.New("the bench reads CPU time and memory from /proc, so it runs on Linux alone")

func cpuOf(int) (time.Duration, error) { return 0, errOnlyLinux }

func peakOf(int) (int64, error) { return 0, errOnlyLinux }

func pause(d time.Duration) { time.Sleep(d) }

func syncData(f *os.File) error { return f.Sync() }

func endWithParent() *syscall.SysProcAttr { return nil }
