package domain

import "time"

// Attempt is one HTTP request to an endpoint, as a sender makes it.
type Attempt struct {
	ID        string    // fresh for each request; the identity of its report
	MessageID string    // webhook-id: the same on every attempt of a message
	URL       string    // absolute, http or https
	Body      []byte    // the webhook as JSON, sent byte for byte
	Secrets   [][]byte  // raw signing keys, newest first; each signs
	At        time.Time // when it is made: webhook-timestamp
}

// Report is what a transport says of one attempt.
type Report struct {
	AttemptID  string
	URL        string        // where the attempt went
	StatusCode int           // 0 if there was no answer
	Cause      Cause         // "" for a success (2xx)
	Answer     []byte        // the first MaxAnswer bytes of the answer's body
	RetryAfter time.Duration // what the endpoint asked for, 0 if nothing; not yet bounded
	Duration   time.Duration // from the start of the request to the end of the answer, or to the failure
	At         time.Time     // when the attempt was made
	// Hindered says that no request could be made for a reason on the sender's own machine, such as no file descriptor left.
	// It is none of the endpoint's doing: nothing is recorded, and the attempt is made again.
	Hindered error
}

// Delivered says whether the endpoint took the webhook.
func (r Report) Delivered() bool { return r.Cause == "" }

// MaxAnswer is how much of an endpoint's answer is kept, in bytes.
const MaxAnswer = 4096
