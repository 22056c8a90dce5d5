// Package snslocal is a small Amazon SNS for one machine and for tests. It speaks the part of SNS's query API that has to do
// with topics and with HTTP and HTTPS subscriptions, and delivers as SNS does: SubscriptionConfirmation with token and
// SubscribeURL, signed envelopes, x-amz-sns-* headers, retries by the delivery policy, delivery status records. What SNS's
// documentation leaves open is decided in the file that it belongs to.
//
// It keeps topics, subscriptions and deliveries under way in a Pebble folder: what it has acknowledged survives a crash.
//
// Sources: Amazon SNS API Reference (2010-03-31) and Developer Guide, each named where it is used.
package snslocal
