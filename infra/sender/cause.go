package sender

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"os"
	"syscall"

	"webplug/domain"
)

// causeOf names the cause of a request that got no answer; ended is whether its connection is no more. net/http's errors
// for answers that it cannot read have no types; they are what is left when everything that has one is taken out.
func causeOf(err error, ended bool) domain.Cause {
	var dial *dialError
	var handshake *handshakeError
	switch {
	case errors.As(err, &dial):
		return causeOfDial(dial)
	case timedOut(err):
		return domain.CauseTimeout
	case errors.As(err, &handshake):
		return causeOfHandshake(handshake)
	default:
		return causeOfAnswer(err, ended)
	}
}

// hindrance gives the error of a connection that could not be made because of this machine, else nil.
func hindrance(err error) error {
	var short *shortage
	if errors.As(err, &short) {
		return short
	}
	return nil
}

func causeOfDial(err error) domain.Cause {
	var refusal *Refusal
	var lookup *lookupError
	switch {
	case errors.As(err, &refusal):
		return domain.CauseAddressRefused
	case errors.As(err, &lookup) && lookup.notFound():
		return domain.CauseDNSNoHost
	case errors.As(err, &lookup):
		return domain.CauseDNSFailed
	case errors.Is(err, syscall.ECONNREFUSED):
		return domain.CauseConnectRefused
	case timedOut(err):
		return domain.CauseTimeout
	default:
		return domain.CauseConnectFailed
	}
}

func causeOfHandshake(err error) domain.Cause {
	var invalid x509.CertificateInvalidError
	if errors.As(err, &invalid) && invalid.Reason == x509.Expired { // or not yet valid
		return domain.CauseTLSExpired
	}
	return domain.CauseTLSInvalid
}

// causeOfAnswer names the cause of an error while an answer was awaited or read.
func causeOfAnswer(err error, ended bool) domain.Cause {
	switch {
	case timedOut(err):
		return domain.CauseTimeout
	case connectionEnded(err):
		return domain.CauseClosedEarly
	case refusedInTLS(err):
		return domain.CauseTLSInvalid
	case ended:
		return domain.CauseClosedEarly // the parser says so by an error of no type, as if a line cut short were a bad one
	default:
		return domain.CauseAnswerInvalid
	}
}

// timedOut says whether time ran out, or whoever waited gave up.
func timedOut(err error) bool {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) || errors.Is(err, os.ErrDeadlineExceeded) {
		return true
	}
	var netErr net.Error
	return errors.As(err, &netErr) && netErr.Timeout()
}

// connectionEnded says whether a connection is no more, whoever noticed.
func connectionEnded(err error) bool {
	return endedByOther(err) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.ErrClosedPipe) ||
		errors.Is(err, syscall.EPIPE) || errors.Is(err, net.ErrClosed)
}

// endedByOther says whether the other side ended a connection.
func endedByOther(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.ECONNABORTED)
}

// refusedInTLS says whether one side gave TLS up by an alert: a client certificate asked for, say, of which a client
// hears only after its part of the handshake (RFC 8446 §4.4.2.4).
func refusedInTLS(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && (op.Op == "remote error" || op.Op == "local error") // crypto/tls writes these
}
