package main

// List prices of us-east-1, in dollars, without free tiers and discounts of volume, as of November 2026.
const (
	// https://aws.amazon.com/api-gateway/pricing/ ("HTTP APIs", the first 300 million), each begun 512 KB.
	priceAPICall = 1.00 / 1e6
	// https://aws.amazon.com/lambda/pricing/ ("Arm price").
	priceInvocation = 0.20 / 1e6
	priceGBSecond   = 0.0000133334
	// https://aws.amazon.com/dynamodb/pricing/on-demand/ (standard table class). Reads of a stream by Lambda are free.
	priceWriteUnit    = 0.625 / 1e6
	priceReadUnit     = 0.125 / 1e6
	priceTableGBMonth = 0.25
	priceRecoverGB    = 0.20 // point-in-time recovery, a GB and month
	// https://aws.amazon.com/sns/pricing/ (standard topics): requests of each begun 64 KB, and deliveries over HTTP/S. Those to
	// SQS, and filters by attribute, are free.
	pricePublish     = 0.50 / 1e6
	priceSNSDelivery = 0.60 / 1e6
	// https://aws.amazon.com/sqs/pricing/ (standard queues), each begun 64 KB. SNS's own sends are counted too.
	priceSQSCall = 0.40 / 1e6
	// https://aws.amazon.com/cloudwatch/pricing/ (standard logs, ingested; metrics and alarms by the month).
	priceLogGB  = 0.50
	priceAlarm  = 0.10
	priceMetric = 0.30
	// https://aws.amazon.com/ec2/pricing/on-demand/#Data_Transfer (out to the internet, the first 10 TB).
	priceOutGB = 0.09
	// https://aws.amazon.com/secrets-manager/pricing/
	priceSecret = 0.40
)

// What is assumed, since it cannot be measured on one machine.
const (
	// A function's time is what its process computes, as long as its share of a processor makes it, and what it waits for.
	fullProcessorMB = 1769 // https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
	// Waits in a row within a Region, by service, in milliseconds. Calls side by side are one wait.
	waitDynamoDB = 5.0
	waitSNS      = 20.0
	waitSQS      = 10.0
	waitEndpoint = 150.0 // an endpoint's answer to the role queue
	// What CloudWatch Logs counts besides each event's text
	// (https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html, "Batch size").
	logEventBytes = 26
	// TCP, IP and TLS around a request of about a kilobyte on a connection that stays open.
	transportBytes = 200
)
