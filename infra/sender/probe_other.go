//go:build !unix

package sender

import "net"

// probe is not to be had here: that a kept connection is dead shows when it is used, and the request is made again.
type probe struct{}

func newProbe(net.Conn) probe { return probe{} }

func (probe) quiet() bool { return true }
