package snslocal

import (
	"math"
	"time"

	"github.com/go-json-experiment/json"
)

// retryPolicy is SNS's healthyRetryPolicy, in seconds (Amazon SNS Developer Guide, "Message delivery retries"). Its phases
// follow each other: at once, minDelayTarget apart, growing to maxDelayTarget, maxDelayTarget apart.
type retryPolicy struct {
	MinDelayTarget     int    `json:"minDelayTarget"`
	MaxDelayTarget     int    `json:"maxDelayTarget"`
	NumRetries         int    `json:"numRetries"`
	NumMaxDelayRetries int    `json:"numMaxDelayRetries"`
	NumNoDelayRetries  int    `json:"numNoDelayRetries"`
	NumMinDelayRetries int    `json:"numMinDelayRetries"`
	BackoffFunction    string `json:"backoffFunction"`
}

// defaultRetries is the policy that SNS has where none is set.
func defaultRetries() retryPolicy {
	return retryPolicy{MinDelayTarget: 20, MaxDelayTarget: 20, NumRetries: 3, BackoffFunction: "linear"}
}

// policy is a delivery policy of a subscription.
type policy struct {
	Retries  retryPolicy     `json:"healthyRetryPolicy"`
	Throttle *throttlePolicy `json:"throttlePolicy,omitzero"` // kept, without effect here
	Request  requestPolicy   `json:"requestPolicy,omitzero"`
}

type throttlePolicy struct {
	MaxReceivesPerSecond int `json:"maxReceivesPerSecond"`
}

type requestPolicy struct {
	HeaderContentType string `json:"headerContentType"`
}

type topicPolicy struct {
	HTTP struct {
		Retries  *retryPolicy    `json:"defaultHealthyRetryPolicy,omitzero"`
		Throttle *throttlePolicy `json:"defaultThrottlePolicy,omitzero"`
		Request  requestPolicy   `json:"defaultRequestPolicy,omitzero"`
		Override bool            `json:"disableSubscriptionOverrides"`
	} `json:"http"`
}

func parseTopicPolicy(text string) (topicPolicy, error) {
	var p topicPolicy
	d := defaultRetries()
	p.HTTP.Retries = &d
	if err := json.Unmarshal([]byte(text), &p, json.RejectUnknownMembers(true)); err != nil {
		return p, invalid("Invalid parameter: DeliveryPolicy: " + err.Error())
	}
	if p.HTTP.Retries == nil {
		p.HTTP.Retries = &d
	}
	return p, checkPolicy(*p.HTTP.Retries, p.HTTP.Request)
}

func parsePolicy(text string) (policy, error) {
	p := policy{Retries: defaultRetries()}
	if err := json.Unmarshal([]byte(text), &p, json.RejectUnknownMembers(true)); err != nil {
		return p, invalid("Invalid parameter: DeliveryPolicy: " + err.Error())
	}
	return p, checkPolicy(p.Retries, p.Request)
}

// longestRetries bounds all delays together.
const longestRetries = time.Hour

func checkPolicy(r retryPolicy, request requestPolicy) error {
	bad := func(why string) error { return invalid("Invalid parameter: DeliveryPolicy: " + why) }
	total := time.Duration(0)
	for i := range r.NumRetries {
		total += r.delay(i + 1)
	}
	switch {
	case r.MinDelayTarget < 1 || r.MinDelayTarget > r.MaxDelayTarget || r.MaxDelayTarget > 3600:
		return bad("minDelayTarget must be 1 to maxDelayTarget, and that at most 3600")
	case r.NumRetries < 0 || r.NumRetries > 100:
		return bad("numRetries must be 0 to 100")
	case r.NumNoDelayRetries < 0 || r.NumMinDelayRetries < 0 || r.NumMaxDelayRetries < 0 || r.backoffs() < 0:
		return bad("numRetries must be at least the retries of all phases")
	case total > longestRetries:
		return bad("the retries take more than 3600 seconds")
	}
	switch r.BackoffFunction {
	case "linear", "arithmetic", "geometric", "exponential":
	default:
		return bad("backoffFunction is unknown")
	}
	switch request.HeaderContentType {
	case "", "text/plain", "application/json":
		return nil
	}
	return bad("headerContentType is not supported")
}

func (r retryPolicy) backoffs() int {
	return r.NumRetries - r.NumNoDelayRetries - r.NumMinDelayRetries - r.NumMaxDelayRetries
}

// delay is how long to wait before a retry, 1 being the first. The curves between the two targets are not documented; these
// have the ends and the shapes of the documentation's drawing.
func (r retryPolicy) delay(retry int) time.Duration {
	at := retry - 1 - r.NumNoDelayRetries
	low, high := float64(r.MinDelayTarget), float64(r.MaxDelayTarget)
	switch {
	case at < 0:
		return 0
	case at < r.NumMinDelayRetries:
		return time.Duration(r.MinDelayTarget) * time.Second
	case at >= r.NumMinDelayRetries+r.backoffs():
		return time.Duration(r.MaxDelayTarget) * time.Second
	}
	share := 1.0
	if n := r.backoffs(); n > 1 {
		share = float64(at-r.NumMinDelayRetries) / float64(n-1)
	}
	seconds := low + (high-low)*share
	switch r.BackoffFunction {
	case "arithmetic":
		seconds = low + (high-low)*share*(1+share)/2
	case "geometric", "exponential":
		seconds = low * math.Pow(high/low, share)
	}
	return time.Duration(seconds * float64(time.Second))
}

// effectivePolicy joins a subscription's policy with its topic's.
func effectivePolicy(t *topic, sub *subscription) policy {
	p := policy{Retries: defaultRetries()}
	override := false
	if t != nil && t.Attributes["DeliveryPolicy"] != "" {
		if of, err := parseTopicPolicy(t.Attributes["DeliveryPolicy"]); err == nil {
			p, override = policy{*of.HTTP.Retries, of.HTTP.Throttle, of.HTTP.Request}, of.HTTP.Override
		}
	}
	if own := sub.Attributes["DeliveryPolicy"]; own != "" && !override {
		if of, err := parsePolicy(own); err == nil {
			if of.Request.HeaderContentType == "" {
				of.Request = p.Request
			}
			p = of
		}
	}
	if p.Request.HeaderContentType == "" {
		p.Request.HeaderContentType = "text/plain; charset=UTF-8"
	}
	return p
}

func (p policy) text() string {
	out, err := json.Marshal(p)
	if err != nil {
		return "{}"
	}
	return string(out)
}

func effectiveTopicPolicy(t *topic) string {
	p := effectivePolicy(t, &subscription{})
	var out topicPolicy
	out.HTTP.Retries, out.HTTP.Throttle, out.HTTP.Request = &p.Retries, p.Throttle, p.Request
	text, err := json.Marshal(out)
	if err != nil {
		return "{}"
	}
	return string(text)
}
