package domain_test

import (
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"webplug/domain"
	"webplug/domain/eventlog"
)

var sampleTime = time.Date(2026, 1, 2, 3, 4, 5, 678901000, time.UTC)

func sampleSealed(key string) eventlog.Sealed {
	return eventlog.Sealed{Key: "svc_01KE0000000000000000000001/" + key, Plain: []byte("sealed content of " + key)}
}

func sampleAttempt() domain.AttemptRecord {
	return domain.AttemptRecord{
		AttemptID: "01KE0000000000000000000008", Attempt: 2, Plan: 1, EndpointVersion: 3, URL: "https://example.com/hooks?a=1&b=<2>",
		StatusCode: 503, Cause: "http_503", DurationMS: 1234.567, RetryAfterS: 120, At: sampleTime, Answer: sampleSealed("usr_01KE0000000000000000000002/2026-01"),
	}
}

func sampleLink() domain.Link {
	return domain.Link{
		TopicARN: "arn:aws:sns:eu-central-1:123456789012:webplug-prod-typ_01KE0000000000000000000003-0", Slot: "402913875566", URL: "https://example.com/hooks?a=1&b=<2>",
		SubscriptionARN: "arn:aws:sns:eu-central-1:123456789012:webplug-prod-typ_01KE0000000000000000000003-0:7b2a4f0e-0000-4000-8000-000000000001",
	}
}

// sample is an event type with every field filled, and with as few as are ever stored.
type sample struct{ full, minimal eventlog.Event }

// samples are all event types of today. Their stored JSON is in testdata/events.
func samples() []sample {
	const (
		user, typ, ep, key, body = "usr_01KE0000000000000000000002", "typ_01KE0000000000000000000003", "ep_01KE0000000000000000000004",
			"key_01KE0000000000000000000005", "5Q9TSJZBJ7FAXD4Y2GMNPKX0RC"
	)
	return []sample{
		{domain.NameReserved{What: "service name", Holder: "svc_01KE0000000000000000000001"}, domain.NameReserved{What: "URL of the user", Holder: ep}},
		{domain.NameReleased{Holder: ep}, domain.NameReleased{Holder: ep}},

		{domain.ServiceCreated{Name: "Cards & Ünïcode <3", DefaultFormat: domain.StandardWebhooks, Request: body},
			domain.ServiceCreated{Name: "Cards", DefaultFormat: domain.StandardWebhooks}},
		{domain.ServiceUpdated{Name: p("Accounts"), DefaultFormat: p(domain.SNS)}, domain.ServiceUpdated{Name: p("Accounts")}},
		{domain.ServiceArchived{}, domain.ServiceArchived{}},

		{domain.UserRegistered{Name: "Ann Lee", ExternalID: "cus_7", Metadata: map[string]string{"plan": "gold", "area": "north"}, Request: body},
			domain.UserRegistered{Name: "Ann Lee"}},
		{domain.UserUpdated{Name: p("Ann Smith"), ExternalID: p("cus_8"), Metadata: &map[string]string{"plan": "silver"}},
			domain.UserUpdated{ExternalID: p(""), Metadata: &map[string]string{}}},
		{domain.UserArchived{}, domain.UserArchived{}},

		{domain.EventTypeCreated{
			Name: "card_issued", Description: "A card was issued.", Schema: jsontext.Value(`{"type":"object","required":["amount"],"x-big":12345678901234567890.10}`),
			Example: jsontext.Value(`{"amount":1.50}`), Request: body,
		}, domain.EventTypeCreated{Name: "card_issued"}},
		{domain.EventTypeUpdated{Description: p("New."), Schema: jsontext.Value(`{"type":"string"}`), Example: jsontext.Value(`"x"`)},
			domain.EventTypeUpdated{Description: p(""), Schema: jsontext.Value(`null`), Example: jsontext.Value(`null`)}},
		{domain.EventTypeArchived{}, domain.EventTypeArchived{}},

		{domain.EndpointAdded{
			UserID: user, URL: "https://example.com/hooks?a=1&b=<2>", Format: domain.StandardWebhooks, Description: "Ann's", Secret: sampleSealed("secrets"), Request: body,
		}, domain.EndpointAdded{UserID: user, URL: "https://example.com/", Format: domain.StandardWebhooks, Secret: sampleSealed("secrets")}},
		{domain.EndpointUpdated{URL: p("https://example.com/new"), Description: p("new")}, domain.EndpointUpdated{Description: p("")}},
		{domain.EndpointPaused{Reason: domain.PausedManually}, domain.EndpointPaused{Reason: domain.PausedGone}},
		{domain.EndpointResumed{}, domain.EndpointResumed{}},
		{domain.EndpointRemoved{}, domain.EndpointRemoved{}},
		{domain.SecretRotated{Secret: sampleSealed("secrets"), PreviousUntil: sampleTime},
			domain.SecretRotated{Secret: sampleSealed("secrets"), PreviousUntil: sampleTime.Truncate(time.Second)}},
		{domain.SecretRead{}, domain.SecretRead{}},
		{domain.SubscriptionAdded{EventTypeID: typ, Request: body, Key: "3ZK9TSJZBJ7FAXD4Y2GMNPKX0R"}, domain.SubscriptionAdded{EventTypeID: typ}},
		{domain.SubscriptionRemoved{EventTypeID: typ}, domain.SubscriptionRemoved{EventTypeID: typ}},
		{domain.HandshakeRequested{EventTypeID: typ}, domain.HandshakeRequested{EventTypeID: typ}},
		{domain.SubscriptionPending{EventTypeID: typ, Link: sampleLink(), Until: sampleTime},
			domain.SubscriptionPending{EventTypeID: typ, Link: sampleLink(), Until: sampleTime.Truncate(time.Second)}},
		{domain.SubscriptionConfirmed{EventTypeID: typ, Link: sampleLink(), Authenticated: true}, domain.SubscriptionConfirmed{EventTypeID: typ, Link: sampleLink()}},
		{domain.SubscriptionExpired{EventTypeID: typ, Link: sampleLink()}, domain.SubscriptionExpired{EventTypeID: typ, Link: sampleLink()}},
		{domain.SubscriptionFailed{EventTypeID: typ, Reason: domain.FailPolicyLimit, Detail: "Filter policy limit exceeded <200>"},
			domain.SubscriptionFailed{EventTypeID: typ, Reason: domain.FailThrottled}},
		{domain.SubscriptionReleased{EventTypeID: typ, Link: sampleLink()}, domain.SubscriptionReleased{EventTypeID: typ, Link: sampleLink()}},

		{domain.TopicProvisioned{Shard: 3, TopicARN: sampleLink().TopicARN}, domain.TopicProvisioned{TopicARN: sampleLink().TopicARN}},
		{domain.QueueSubscribed{
			Shard: 1, TopicARN: sampleLink().TopicARN, QueueARN: "arn:aws:sqs:eu-central-1:123456789012:webplug-prod-attempts",
			SubscriptionARN: sampleLink().TopicARN + ":d3a8f0b2-5e6c-4c54-a3f5-1f8d5d9f7a01",
		}, domain.QueueSubscribed{TopicARN: sampleLink().TopicARN, QueueARN: "arn:aws:sqs:eu-central-1:123456789012:webplug-prod-attempts", SubscriptionARN: "arn"}},
		{domain.TopicRemoved{Shard: 3, TopicARN: sampleLink().TopicARN}, domain.TopicRemoved{TopicARN: sampleLink().TopicARN}},
		{domain.SlotAssigned{Shard: 3, Slot: "402913875566", URL: "https://example.com/", EndpointID: ep},
			domain.SlotAssigned{Slot: "402913875566", URL: "https://example.com/", EndpointID: ep}},
		{domain.SlotReleased{Shard: 3, Slot: "402913875566"}, domain.SlotReleased{Slot: "402913875566"}},

		{domain.MessageAccepted{
			EventTypeID: typ, EventName: "card_issued", UserID: user, Payload: sampleSealed("usr_01KE0000000000000000000002/2026-01"),
			Targets: []string{ep, "ep_01KE0000000000000000000006"},
			Skipped: []domain.Skip{{EndpointID: "ep_01KE0000000000000000000007", Reason: domain.SkippedPaused, Since: sampleTime, By: key}},
			More:    user + "/ep_01KE0000000000000000000007", Test: true, Request: body,
		}, domain.MessageAccepted{
			EventName: domain.TestEventName, Payload: sampleSealed("-/2026-01"), Skipped: []domain.Skip{{Reason: domain.SkippedNoSubscription}},
		}},
		{domain.MessageRouted{
			EventTypeID: typ, EventName: "card_issued", UserID: user, AcceptedAt: sampleTime, After: user + "/" + ep,
			Targets: []string{"ep_01KE0000000000000000000006"},
			Skipped: []domain.Skip{{EndpointID: "ep_01KE0000000000000000000007", Reason: domain.SkippedPaused, Since: sampleTime, By: key}},
			More:    user + "/ep_01KE0000000000000000000007",
		}, domain.MessageRouted{EventTypeID: typ, EventName: "card_issued", AcceptedAt: sampleTime, After: user + "/" + ep}},
		{domain.AttemptFailed{AttemptRecord: sampleAttempt(), Next: sampleTime.Add(time.Hour)},
			domain.AttemptFailed{AttemptRecord: domain.AttemptRecord{AttemptID: "01KE0000000000000000000008", Attempt: 1, Cause: domain.CauseTimeout, At: sampleTime}}},
		{domain.DeliverySucceeded{AttemptRecord: sampleAttempt()},
			domain.DeliverySucceeded{AttemptRecord: domain.AttemptRecord{AttemptID: "01KE0000000000000000000008", Attempt: 1, StatusCode: 200, At: sampleTime}}},
		{domain.DeliveryFailed{AttemptRecord: sampleAttempt()},
			domain.DeliveryFailed{AttemptRecord: domain.AttemptRecord{Cause: domain.CauseEndpointRemoved}}},
		{domain.RetryRequested{Reason: "fixed <now>"}, domain.RetryRequested{}},
		{domain.DeliveryDiscarded{Reason: "wrong"}, domain.DeliveryDiscarded{}},
		{domain.MessagePublished{
			TopicARN: sampleLink().TopicARN, SNSMessageID: "0e1d2c3b-0000-4000-8000-000000000002",
			To: []domain.PublishedTo{{EndpointID: ep, Slot: "402913875566", URL: "https://example.com/hooks?a=1&b=<2>", Plan: 4}},
		}, domain.MessagePublished{TopicARN: sampleLink().TopicARN, SNSMessageID: "0e1d2c3b-0000-4000-8000-000000000002"}},
		{domain.DeliveryUnreported{Plan: 4, PublishedAt: sampleTime}, domain.DeliveryUnreported{PublishedAt: sampleTime}},
		{domain.ReportUnmatched{
			TopicARN: sampleLink().TopicARN, SNSMessageID: "0e1d2c3b-0000-4000-8000-000000000002", MD5: "9bb58f26192e4ba00f01e2e7b136bbd8",
			URL: "https://example.com/", StatusCode: 503, CameAt: sampleTime, Record: eventlog.Sealed{Key: domain.ReportsKey, Plain: []byte(`{"status":"FAILURE"}`)},
		}, domain.ReportUnmatched{CameAt: sampleTime, Record: eventlog.Sealed{Key: domain.ReportsKey, Plain: []byte("what is this")}}},

		{domain.KeyCreated{
			Name: "CI", Scopes: domain.Scopes, ServiceID: "svc_01KE0000000000000000000001", UserID: "usr_01KE0000000000000000000002",
			Holder: domain.Holder{Name: "Ann", Kind: "person"}, Hash: domain.HashKey("secret"), Request: body,
		}, domain.KeyCreated{Name: "CI", Scopes: []domain.Scope{domain.ScopeRead}, Hash: domain.HashKey("secret")}},
		{domain.KeyRevoked{}, domain.KeyRevoked{}},

		{domain.JobRequested{
			Kind: domain.JobRetry, Filter: domain.DeadLetterFilter{
				MessageID: "msg_01KE0000000000000000000009", EndpointID: ep, UserID: user, EventType: "card_issued",
				Cause: domain.CauseTimeout, Since: sampleTime, Until: sampleTime.Add(time.Hour),
			}, Reason: "fixed", Total: 1234, Request: body,
		}, domain.JobRequested{Kind: domain.JobVerify}},
		{domain.JobProgressed{
			Done: 24, Skipped: 2, Failed: 1, Streams: 7, Damaged: 1, Next: "20260102T030405.000000/msg_1/ep_2",
			Damage: []domain.Damage{{Stream: "svc_1/msg_2/ep_3", Version: 2, Reason: "changed"}},
		}, domain.JobProgressed{}},
		{domain.JobFinished{}, domain.JobFinished{}},
		{domain.JobFailed{Error: "the disk"}, domain.JobFailed{Error: "the disk"}},
		{domain.JobCancelled{Reason: "a mistake"}, domain.JobCancelled{}},
	}
}
