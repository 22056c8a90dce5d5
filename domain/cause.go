package domain

import "strconv"

// Cause is why an attempt or a delivery failed: a fixed vocabulary, so that failures can be grouped and filtered. An
// HTTP status has the cause "http_<status>".
type Cause string

// The causes that are not an HTTP status.
const (
	CauseDNSNoHost       Cause = "dns_no_host"      // the name does not resolve
	CauseDNSFailed       Cause = "dns_failed"       // the resolver gave no answer
	CauseConnectRefused  Cause = "connect_refused"  // nobody listens there
	CauseConnectFailed   Cause = "connect_failed"   // no route, reset while connecting, …
	CauseTLSExpired      Cause = "tls_expired"      // the certificate is not valid now
	CauseTLSInvalid      Cause = "tls_invalid"      // wrong host, unknown authority, failed handshake
	CauseTimeout         Cause = "timeout"          // no full answer in time
	CauseClosedEarly     Cause = "closed_early"     // the connection ended before the answer did
	CauseAnswerInvalid   Cause = "answer_invalid"   // what came back is not HTTP
	CauseAddressRefused  Cause = "address_refused"  // the address is internal: loopback, private, link-local, …
	CauseURLInvalid      Cause = "url_invalid"      // the stored URL cannot be requested
	CauseEndpointPaused  Cause = "endpoint_paused"  // it was paused when the attempt was due
	CauseEndpointRemoved Cause = "endpoint_removed" // it was removed when the attempt was due
	CauseUnconfirmed     Cause = "unconfirmed"      // its subscription was not active when it was to be published (sns)
	CausePublishRefused  Cause = "publish_refused"  // SNS does not take it (sns)
	CauseNoAnswer        Cause = "no_answer"        // SNS got none (sns)
	CauseNoReport        Cause = "no_report"        // SNS told nothing of it in time (sns)
)

// CauseOfStatus is the cause of an answer that is no success.
func CauseOfStatus(code int) Cause { return Cause("http_" + strconv.Itoa(code)) }

// ParseCause checks that a text is of the vocabulary.
func ParseCause(s string) (Cause, bool) {
	switch c := Cause(s); c {
	case CauseDNSNoHost, CauseDNSFailed, CauseConnectRefused, CauseConnectFailed, CauseTLSExpired, CauseTLSInvalid,
		CauseTimeout, CauseClosedEarly, CauseAnswerInvalid, CauseAddressRefused, CauseURLInvalid,
		CauseEndpointPaused, CauseEndpointRemoved, CauseUnconfirmed, CausePublishRefused, CauseNoAnswer, CauseNoReport:
		return c, true
	}
	if len(s) == len("http_000") && s[:5] == "http_" {
		if n, err := strconv.Atoi(s[5:]); err == nil && n >= 100 {
			return Cause(s), true
		}
	}
	return "", false
}
