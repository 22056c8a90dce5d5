package sns

import (
	"fmt"
	"math"
	"time"
)

// Policy is how SNS retries an endpoint: some retries a short time apart, then further and further, then at the longest. All
// delays together are an hour at most (Amazon SNS Developer Guide, "Message delivery retries").
type Policy struct {
	Shortest, Longest time.Duration // whole seconds
	AtOnce            int           // retries without delay
	Short             int           // retries at the shortest delay
	Growing           int           // retries from the shortest to the longest
	Long              int           // retries at the longest
}

// DefaultPolicy is 18 retries within 56 minutes, the first after 5 seconds.
func DefaultPolicy() Policy {
	return Policy{Shortest: 5 * time.Second, Longest: 5 * time.Minute, Short: 2, Growing: 7, Long: 9}
}

// Attempts is how many requests SNS makes at most.
func (p Policy) Attempts() int { return 1 + p.AtOnce + p.Short + p.Growing + p.Long }

// Delay is about how long SNS waits after a number of failed attempts; 0 if that was the last, or it does not wait.
func (p Policy) Delay(attempts int) time.Duration {
	at := attempts - p.AtOnce
	switch {
	case attempts >= p.Attempts() || at < 1:
		return 0
	case at <= p.Short:
		return p.Shortest
	case at > p.Short+p.Growing:
		return p.Longest
	case p.Growing == 1:
		return p.Longest
	}
	share := float64(at-p.Short-1) / float64(p.Growing-1)
	return time.Duration(float64(p.Shortest) * math.Pow(float64(p.Longest)/float64(p.Shortest), share))
}

// document is the policy as a topic has it, with the content type of what endpoints get.
func (p Policy) document() string {
	return fmt.Sprintf(`{"http":{"defaultHealthyRetryPolicy":{"minDelayTarget":%d,"maxDelayTarget":%d,"numRetries":%d,"numMaxDelayRetries":%d,`+
		`"numNoDelayRetries":%d,"numMinDelayRetries":%d,"backoffFunction":"exponential"},"disableSubscriptionOverrides":false,`+
		`"defaultRequestPolicy":{"headerContentType":"application/json"}}}`,
		int(p.Shortest.Seconds()), int(p.Longest.Seconds()), p.Attempts()-1, p.Long, p.AtOnce, p.Short)
}
