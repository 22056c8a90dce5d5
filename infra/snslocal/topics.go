package snslocal

import (
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

type topic struct {
	ARN        string            `json:"arn"`
	Attributes map[string]string `json:"attributes"`
	Tags       map[string]string `json:"tags"`
}

var topicName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`)

// topicAttributes are those that can be set here (Amazon SNS API Reference, SetTopicAttributes).
var topicAttributes = []string{
	"DeliveryPolicy", "DisplayName", "Policy", "SignatureVersion", "TracingConfig", "KmsMasterKeyId",
	"HTTPSuccessFeedbackRoleArn", "HTTPSuccessFeedbackSampleRate", "HTTPFailureFeedbackRoleArn",
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func checkTopicAttribute(name, value string) error {
	switch {
	case !slices.Contains(topicAttributes, name):
		return invalid("Invalid parameter: AttributeName")
	case name == "SignatureVersion" && value != "1" && value != "2":
		return invalid("Invalid parameter: SignatureVersion Reason: must be 1 or 2")
	case name == "DeliveryPolicy" && value != "":
		_, err := parseTopicPolicy(value)
		return err
	case name == "HTTPSuccessFeedbackSampleRate":
		if n, err := strconv.Atoi(value); err != nil || n < 0 || n > 100 {
			return invalid("Invalid parameter: HTTPSuccessFeedbackSampleRate Reason: must be 0 to 100")
		}
	}
	return nil
}

type topicResult struct {
	TopicArn string
}

func (s *Server) createTopic(_ *http.Request, p params, _ bool) (any, error) {
	name := p.Get("Name")
	if !topicName.MatchString(name) {
		return nil, invalid("Invalid parameter: Topic Name")
	}
	given, tags := p.pairs("Attributes.entry", "key", "value"), p.pairs("Tags.member", "Key", "Value")
	for k, v := range given {
		if err := checkTopicAttribute(k, v); err != nil {
			return nil, err
		}
	}
	arn := "arn:aws:sns:" + s.options.Region + ":" + s.options.Account + ":" + name
	s.mu.Lock()
	defer s.mu.Unlock()
	if t, ok := s.topics[arn]; ok {
		for k, v := range given {
			if t.Attributes[k] != v {
				return nil, invalid("Invalid parameter: Attributes Reason: Topic already exists with different attributes")
			}
		}
		if len(tags) > 0 && !maps.Equal(t.Tags, tags) {
			return nil, invalid("Invalid parameter: Tags Reason: Topic already exists with different tags")
		}
		return topicResult{arn}, nil
	}
	if len(s.topics) >= s.limits.Topics {
		return nil, &fault{http.StatusForbidden, "TopicLimitExceeded", "Topic limit exceeded"}
	}
	t := &topic{ARN: arn, Attributes: given, Tags: tags}
	if err := s.store.apply(true, write{prefixTopic + arn, t}); err != nil {
		return nil, err
	}
	s.topics[arn] = t
	return topicResult{arn}, nil
}

// topic is the topic that a request names. The mutex is held.
func (s *Server) topic(arn string) (*topic, error) {
	if !strings.HasPrefix(arn, "arn:aws:sns:") || strings.Count(arn, ":") != 5 {
		return nil, invalid("Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not " + strconv.Itoa(strings.Count(arn, ":")+1))
	}
	t, ok := s.topics[arn]
	if !ok {
		return nil, notFound("Topic does not exist")
	}
	return t, nil
}

// deleteTopic is repeatable, and ends the topic's subscriptions.
func (s *Server) deleteTopic(_ *http.Request, p params, _ bool) (any, error) {
	arn := p.Get("TopicArn")
	s.mu.Lock()
	defer s.mu.Unlock()
	writes := []write{{prefixTopic + arn, nil}}
	for _, sub := range s.subscriptions {
		if sub.TopicARN == arn {
			writes = append(writes, write{prefixSubscription + sub.ARN, nil})
		}
	}
	if err := s.store.apply(true, writes...); err != nil {
		return nil, err
	}
	delete(s.topics, arn)
	for a, sub := range s.subscriptions {
		if sub.TopicARN == arn {
			delete(s.subscriptions, a)
		}
	}
	return nil, nil
}

func (s *Server) listTopics(_ *http.Request, p params, _ bool) (any, error) {
	type result struct {
		Topics    []topicResult `xml:"Topics>member"`
		NextToken string        `xml:",omitempty"`
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	arns, next := page(sortedKeys(s.topics), p.Get("NextToken"))
	r := result{NextToken: next}
	for _, arn := range arns {
		r.Topics = append(r.Topics, topicResult{arn})
	}
	return r, nil
}

type attributesResult struct {
	Attributes attributes
}

func (s *Server) getTopicAttributes(_ *http.Request, p params, _ bool) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, err := s.topic(p.Get("TopicArn"))
	if err != nil {
		return nil, err
	}
	all := maps.Clone(t.Attributes)
	all["TopicArn"], all["Owner"] = t.ARN, s.options.Account
	confirmed, pending := 0, 0
	for _, sub := range s.subscriptions {
		switch {
		case sub.TopicARN != t.ARN:
		case sub.Confirmed:
			confirmed++
		default:
			pending++
		}
	}
	all["SubscriptionsConfirmed"], all["SubscriptionsPending"] = strconv.Itoa(confirmed), strconv.Itoa(pending)
	all["SubscriptionsDeleted"] = "0"
	all["EffectiveDeliveryPolicy"] = effectiveTopicPolicy(t)
	return attributesResult{entries(all)}, nil
}

func (s *Server) setTopicAttributes(_ *http.Request, p params, _ bool) (any, error) {
	name, value := p.Get("AttributeName"), p.Get("AttributeValue")
	if err := checkTopicAttribute(name, value); err != nil {
		return nil, err
	}
	return nil, s.changeTopic(p.Get("TopicArn"), func(t *topic) { t.Attributes[name] = value })
}

// changeTopic keeps the topic as it is if the change cannot be written.
func (s *Server) changeTopic(arn string, change func(*topic)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, err := s.topic(arn)
	if err != nil {
		return err
	}
	next := &topic{ARN: t.ARN, Attributes: maps.Clone(t.Attributes), Tags: maps.Clone(t.Tags)}
	change(next)
	if err := s.store.apply(true, write{prefixTopic + arn, next}); err != nil {
		return err
	}
	s.topics[arn] = next
	return nil
}

func (s *Server) tagResource(_ *http.Request, p params, _ bool) (any, error) {
	tags := p.pairs("Tags.member", "Key", "Value")
	return struct{}{}, s.changeTopic(p.Get("ResourceArn"), func(t *topic) { maps.Copy(t.Tags, tags) })
}

func (s *Server) untagResource(_ *http.Request, p params, _ bool) (any, error) {
	keys := p.list("TagKeys.member")
	return struct{}{}, s.changeTopic(p.Get("ResourceArn"), func(t *topic) {
		for _, k := range keys {
			delete(t.Tags, k)
		}
	})
}

func (s *Server) listTags(_ *http.Request, p params, _ bool) (any, error) {
	type tag struct{ Key, Value string }
	type result struct {
		Tags []tag `xml:"Tags>member"`
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t, err := s.topic(p.Get("ResourceArn"))
	if err != nil {
		return nil, err
	}
	var r result
	for _, k := range sortedKeys(t.Tags) {
		r.Tags = append(r.Tags, tag{k, t.Tags[k]})
	}
	return r, nil
}
