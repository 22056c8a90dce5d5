//go:build unix

package main

import "syscall"

// descriptorLimit is how many files this process may have open; 0 if that is not known.
func descriptorLimit() uint64 {
	var r syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &r); err != nil {
		return 0
	}
	return uint64(r.Cur) //nolint:unconvert,nolintlint // signed on some systems
}
