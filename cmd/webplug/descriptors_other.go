//go:build !unix

package main

// descriptorLimit is 0: such a system has no limit that could be asked for.
func descriptorLimit() uint64 { return 0 }
