package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
)

// listen listens on a TCP address; its error names what else may be chosen where another program listens there.
func listen(ctx context.Context, addr, chosenWith string) (net.Listener, error) {
	if _, port, err := net.SplitHostPort(addr); err != nil || strings.Trim(port, "0123456789") != "" || len(port) > 5 {
		return nil, usage("%s: %q is not host:port, as 127.0.0.1:8080", chosenWith, addr)
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	switch {
	case err == nil:
		return l, nil
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("listen on %s: address already in use; choose another with %s", addr, chosenWith)
	}
	return nil, fmt.Errorf("listen on %s: %w", addr, err)
}
