package main

import (
	"math"

	"webplug/infra/stage"
)

// item is a line of a bill.
type item struct {
	what   string
	amount float64 // for each delivered webhook
	unit   string
	price  float64 // dollars of one unit
}

// perMillion is dollars for a million webhooks.
func (i item) perMillion() float64 { return i.amount * i.price * 1e6 }

// total is dollars for a million webhooks.
func total(items []item) float64 {
	sum := 0.0
	for _, i := range items {
		sum += i.perMillion()
	}
	return sum
}

// bill makes the lines of what so many webhooks have used.
func (u *usage) bill(webhooks int) []item {
	each := func(n float64) float64 { return n / float64(webhooks) }
	gb := 1.0 / 1e9
	lines := []item{
		{"HTTP API", each(float64(u.apiCalls)), "calls", priceAPICall},
		{"DynamoDB writes", each(sum(u.writes)), "units", priceWriteUnit},
		{"DynamoDB reads", each(sum(u.reads)), "units", priceReadUnit},
		{"SNS publishes", each(float64(u.publishes)), "of 64 KB", pricePublish},
		{"SNS deliveries over HTTP", each(float64(u.snsDeliveries)), "requests", priceSNSDelivery},
		{"SQS", each(float64(u.sqsCalls)), "calls", priceSQSCall},
	}
	invocations, gbSeconds, logs := 0, 0.0, int64(0)
	for r, f := range u.functions {
		invocations += f.invocations
		gbSeconds += f.billedMS(r) / 1000 * memory(r) / 1024
		logs += f.logBytes
	}
	return append(lines,
		item{"Lambda invocations", each(float64(invocations)), "calls", priceInvocation},
		item{"Lambda time", each(gbSeconds * 1000), "MB-s", priceGBSecond / 1000},
		item{"logs of functions", each(float64(logs)), "bytes", priceLogGB * gb},
		item{"SNS's status records", each(float64(u.recordBytes)), "bytes", priceLogGB * gb},
		item{"data to endpoints", each(float64(u.snsBytes + u.endpointBytes)), "bytes", priceOutGB * gb},
		item{"data to callers", each(float64(u.apiBytes)), "bytes", priceOutGB * gb},
	)
}

// billedMS is how long all invocations of a role take: what they compute, as slow as the role's share of a processor is, and
// what they wait for. Each is billed by the begun millisecond.
func (f *functionUsage) billedMS(r stage.Role) float64 {
	share := math.Min(1, memory(r)/fullProcessorMB)
	return f.cpu.Seconds()*1000/share + f.waits + 0.5*float64(f.invocations)
}
