package snslocal

import (
	"context"
	"encoding/hex"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

type subscription struct {
	ARN           string            `json:"arn"`
	TopicARN      string            `json:"topic_arn"`
	Protocol      string            `json:"protocol"`
	Endpoint      string            `json:"endpoint"`
	Attributes    map[string]string `json:"attributes"`
	Confirmed     bool              `json:"confirmed"`
	Authenticated bool              `json:"authenticated"` // only a signed request ends it
	Tokens        []token           `json:"tokens"`
}

// token confirms a subscription.
type token struct {
	Text  string    `json:"text"`
	Until time.Time `json:"until"`
}

// tokenLife is how long a token is good, and a subscription may be pending (Amazon SNS API Reference, ConfirmSubscription;
// Developer Guide, "Deleting a subscription").
const tokenLife = 48 * time.Hour

// subscriptionAttributes are those that can be set here (Amazon SNS API Reference, SetSubscriptionAttributes).
var subscriptionAttributes = []string{"DeliveryPolicy", "FilterPolicy", "FilterPolicyScope", "RawMessageDelivery", "RedrivePolicy"}

func checkSubscriptionAttribute(name, value string) error {
	switch {
	case !slices.Contains(subscriptionAttributes, name):
		return invalid("Invalid parameter: AttributeName")
	case name == "FilterPolicyScope" && value != "MessageAttributes":
		return invalid("Invalid parameter: FilterPolicyScope Reason: only MessageAttributes is supported here")
	case name == "RawMessageDelivery" && value != "true" && value != "false":
		return invalid("Invalid parameter: Attributes Reason: RawMessageDelivery: must be true or false")
	case value == "":
		return nil
	case name == "FilterPolicy":
		_, err := parseFilter(value)
		return err
	case name == "DeliveryPolicy":
		_, err := parsePolicy(value)
		return err
	case name == "RedrivePolicy":
		_, err := deadLetterQueue(value)
		return err
	}
	return nil
}

type subscriptionResult struct {
	SubscriptionArn string
}

func (s *Server) subscribe(r *http.Request, p params, _ bool) (any, error) {
	protocol, endpoint := p.Get("Protocol"), p.Get("Endpoint")
	if err := s.checkEndpoint(r.Context(), protocol, endpoint); err != nil {
		return nil, err
	}
	given := p.pairs("Attributes.entry", "key", "value")
	for k, v := range given {
		if err := checkSubscriptionAttribute(k, v); err != nil {
			return nil, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	sub, err := s.subscriptionOf(p.Get("TopicArn"), protocol, endpoint, given)
	if err != nil {
		return nil, err
	}
	if !sub.Confirmed && protocol == protocolQueue { // of the same account: it need not be asked
		sub.Confirmed, sub.Authenticated = true, true
		if err := s.store.apply(true, write{prefixSubscription + sub.ARN, sub}); err != nil {
			return nil, err
		}
		s.subscriptions[sub.ARN] = sub
	}
	if !sub.Confirmed {
		if err := s.handshake(sub); err != nil {
			return nil, err
		}
		if p.Get("ReturnSubscriptionArn") != "true" {
			return subscriptionResult{"pending confirmation"}, nil
		}
	}
	return subscriptionResult{sub.ARN}, nil
}

// protocolQueue is that of queues.
const protocolQueue = "sqs"

func (s *Server) checkEndpoint(ctx context.Context, protocol, endpoint string) error {
	switch {
	case protocol == protocolQueue && s.options.Queue != nil:
		if !strings.HasPrefix(endpoint, "arn:aws:sqs:") {
			return invalid("Invalid parameter: SQS endpoint ARN")
		}
		return nil
	case protocol != "http" && protocol != "https":
		return invalid("Invalid parameter: Protocol Reason: it is not supported here")
	}
	u, err := url.Parse(endpoint)
	if err != nil || u.Host == "" || u.Scheme != protocol {
		return invalid("Invalid parameter: Endpoint must match the specified protocol")
	}
	if s.options.CheckURL != nil {
		if err := s.options.CheckURL(ctx, endpoint); err != nil {
			return invalid("Invalid parameter: Unreachable Endpoint: " + err.Error())
		}
	}
	return nil
}

// subscriptionOf finds the subscription of a topic and endpoint, or makes it, unwritten. The mutex is held.
func (s *Server) subscriptionOf(topicARN, protocol, endpoint string, given map[string]string) (*subscription, error) {
	now := s.options.Now()
	s.subscribed = slices.DeleteFunc(s.subscribed, func(t time.Time) bool { return now.Sub(t) >= time.Second })
	if len(s.subscribed) >= s.limits.SubscribesPerSecond {
		return nil, &fault{http.StatusBadRequest, "Throttling", "Rate exceeded"}
	}
	s.subscribed = append(s.subscribed, now)
	t, err := s.topic(topicARN)
	if err != nil {
		return nil, err
	}
	s.expire(now)
	for _, sub := range s.subscriptions {
		if sub.TopicARN == t.ARN && sub.Protocol == protocol && sub.Endpoint == endpoint {
			if !sameAttributes(sub.Attributes, given) {
				return nil, invalid("Invalid parameter: Attributes Reason: Subscription already exists with different attributes")
			}
			return sub, nil
		}
	}
	pending := s.count(func(sub *subscription) bool { return !sub.Confirmed })
	if pending >= s.limits.Pending {
		return nil, &fault{http.StatusForbidden, "SubscriptionLimitExceeded", "Subscription limit exceeded: too many pending subscriptions"}
	}
	if given["FilterPolicy"] != "" {
		if err := s.policyRoom(t.ARN); err != nil {
			return nil, err
		}
	}
	return &subscription{ARN: t.ARN + ":" + s.uuid(), TopicARN: t.ARN, Protocol: protocol, Endpoint: endpoint, Attributes: given}, nil
}

// sameAttributes compares what is given; what is left out is as it is.
func sameAttributes(have, given map[string]string) bool {
	for k, v := range given {
		if have[k] != v {
			return false
		}
	}
	return true
}

func (s *Server) count(is func(*subscription) bool) int {
	n := 0
	for _, sub := range s.subscriptions {
		if is(sub) {
			n++
		}
	}
	return n
}

// policyRoom refuses a further filter policy where a quota is used up.
func (s *Server) policyRoom(topicARN string) error {
	of := func(sub *subscription) bool { return sub.Attributes["FilterPolicy"] != "" }
	inTopic := s.count(func(sub *subscription) bool { return of(sub) && sub.TopicARN == topicARN })
	if inTopic >= s.limits.PoliciesPerTopic || s.count(of) >= s.limits.PoliciesPerAccount {
		return &fault{http.StatusForbidden, "FilterPolicyLimitExceeded", "Filter policy limit exceeded"}
	}
	return nil
}

// expire forgets what nobody confirmed in time. The mutex is held.
func (s *Server) expire(now time.Time) {
	for arn, sub := range s.subscriptions {
		if !sub.Confirmed && !slices.ContainsFunc(sub.Tokens, func(t token) bool { return now.Before(t.Until) }) {
			delete(s.subscriptions, arn)
			_ = s.store.apply(false, write{prefixSubscription + arn, nil}) // found again, it is forgotten again
		}
	}
}

// maxTokens is how many tokens of one subscription are good at once.
const maxTokens = 10

// handshake gives a pending subscription a token and sends it to the endpoint.
func (s *Server) handshake(sub *subscription) error {
	now := s.options.Now()
	text := make([]byte, 92)
	if _, err := io.ReadFull(s.options.Random, text); err != nil {
		return err
	}
	next := *sub
	next.Tokens = append(slices.Clone(sub.Tokens), token{hex.EncodeToString(text), now.Add(tokenLife).UTC()})
	next.Tokens = next.Tokens[max(0, len(next.Tokens)-maxTokens):]
	m := &message{ID: s.uuid(), Type: typeConfirmation, TopicARN: sub.TopicARN, At: now.UTC(), Token: hex.EncodeToString(text)}
	return s.enqueue(m, []*subscription{&next}, write{prefixSubscription + next.ARN, &next}, func() { s.subscriptions[next.ARN] = &next })
}

// confirm takes a token. Repeated it answers the same.
func (s *Server) confirm(_ *http.Request, p params, signed bool) (any, error) {
	authenticated := p.Get("AuthenticateOnUnsubscribe") == "true"
	if authenticated && !signed {
		return nil, denied("AuthenticateOnUnsubscribe needs credentials")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.topic(p.Get("TopicArn")); err != nil {
		return nil, err
	}
	now := s.options.Now()
	s.expire(now)
	for arn, sub := range s.subscriptions {
		good := func(t token) bool { return t.Text == p.Get("Token") && now.Before(t.Until) }
		if sub.TopicARN != p.Get("TopicArn") || !slices.ContainsFunc(sub.Tokens, good) {
			continue
		}
		if sub.Confirmed {
			return subscriptionResult{arn}, nil
		}
		confirmed := s.count(func(sub *subscription) bool { return sub.Confirmed && sub.Attributes["FilterPolicy"] != "" })
		if sub.Attributes["FilterPolicy"] != "" && confirmed >= s.limits.PoliciesPerAccount {
			return nil, &fault{http.StatusForbidden, "FilterPolicyLimitExceeded", "Filter policy limit exceeded"}
		}
		next := *sub
		next.Confirmed, next.Authenticated = true, authenticated
		if err := s.store.apply(true, write{prefixSubscription + arn, &next}); err != nil {
			return nil, err
		}
		s.subscriptions[arn] = &next
		return subscriptionResult{arn}, nil
	}
	return nil, invalid("Invalid parameter: Token")
}

// unsubscribe is repeatable. A pending one cannot be ended.
func (s *Server) unsubscribe(_ *http.Request, p params, signed bool) (any, error) {
	arn := p.Get("SubscriptionArn")
	if strings.Count(arn, ":") != 6 {
		return nil, invalid("Invalid parameter: SubscriptionArn Reason: An ARN must have 7 elements")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	sub, ok := s.subscriptions[arn]
	switch {
	case !ok:
		return nil, nil
	case !sub.Confirmed:
		return nil, invalid("Invalid parameter: SubscriptionArn Reason: a pending subscription cannot be deleted")
	case sub.Authenticated && !signed:
		return nil, denied("the subscription can only be ended by its owner")
	}
	if err := s.store.apply(true, write{prefixSubscription + arn, nil}); err != nil {
		return nil, err
	}
	delete(s.subscriptions, arn)
	return nil, nil
}

func (s *Server) subscription(arn string) (*subscription, error) {
	s.expire(s.options.Now())
	sub, ok := s.subscriptions[arn]
	if !ok {
		return nil, notFound("Subscription does not exist")
	}
	return sub, nil
}

func (s *Server) getSubscriptionAttributes(_ *http.Request, p params, _ bool) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sub, err := s.subscription(p.Get("SubscriptionArn"))
	if err != nil {
		return nil, err
	}
	text := func(b bool) string {
		if b {
			return "true"
		}
		return "false"
	}
	all := maps.Clone(sub.Attributes)
	if all["RawMessageDelivery"] == "" {
		all["RawMessageDelivery"] = "false"
	}
	if all["FilterPolicy"] != "" {
		all["FilterPolicyScope"] = "MessageAttributes"
	}
	all["SubscriptionArn"], all["TopicArn"], all["Owner"] = sub.ARN, sub.TopicARN, s.options.Account
	all["Protocol"], all["Endpoint"] = sub.Protocol, sub.Endpoint
	all["PendingConfirmation"], all["ConfirmationWasAuthenticated"] = text(!sub.Confirmed), text(sub.Authenticated)
	all["EffectiveDeliveryPolicy"] = effectivePolicy(s.topics[sub.TopicARN], sub).text()
	return attributesResult{entries(all)}, nil
}

func (s *Server) setSubscriptionAttributes(_ *http.Request, p params, _ bool) (any, error) {
	name, value := p.Get("AttributeName"), p.Get("AttributeValue")
	if err := checkSubscriptionAttribute(name, value); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	sub, err := s.subscription(p.Get("SubscriptionArn"))
	if err != nil {
		return nil, err
	}
	if name == "FilterPolicy" && value != "" && sub.Attributes[name] == "" {
		if err := s.policyRoom(sub.TopicARN); err != nil {
			return nil, err
		}
	}
	next := *sub
	next.Attributes = maps.Clone(sub.Attributes)
	next.Attributes[name] = value
	if value == "" {
		delete(next.Attributes, name)
	}
	if err := s.store.apply(true, write{prefixSubscription + next.ARN, &next}); err != nil {
		return nil, err
	}
	s.subscriptions[next.ARN] = &next
	return nil, nil
}

// listSubscriptions lists those of a topic if one is named, else all.
func (s *Server) listSubscriptions(_ *http.Request, p params, _ bool) (any, error) {
	type listed struct {
		SubscriptionArn, Owner, Protocol, Endpoint, TopicArn string
	}
	type result struct {
		Subscriptions []listed `xml:"Subscriptions>member"`
		NextToken     string   `xml:",omitempty"`
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.expire(s.options.Now())
	of := p.Get("TopicArn")
	if p.Get("Action") == "ListSubscriptionsByTopic" {
		if _, err := s.topic(of); err != nil {
			return nil, err
		}
	}
	arns := slices.DeleteFunc(sortedKeys(s.subscriptions), func(arn string) bool { return of != "" && s.subscriptions[arn].TopicARN != of })
	arns, next := page(arns, p.Get("NextToken"))
	r := result{NextToken: next}
	for _, arn := range arns {
		sub := s.subscriptions[arn]
		if !sub.Confirmed {
			arn = "PendingConfirmation"
		}
		r.Subscriptions = append(r.Subscriptions, listed{arn, s.options.Account, sub.Protocol, sub.Endpoint, sub.TopicARN})
	}
	return r, nil
}
