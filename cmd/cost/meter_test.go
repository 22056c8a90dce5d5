package main

import (
	"math"
	"net/http"
	"testing"
	"time"

	"webplug/infra/stage"
)

// What a function waits for side by side takes as long as one, what it waits for in a row as long as all.
func TestWaitsInARow(t *testing.T) {
	m, zero := newMeter(), time.Now()
	at := func(from, to int) wait {
		return wait{zero.Add(time.Duration(from) * time.Millisecond), zero.Add(time.Duration(to) * time.Millisecond), 5}
	}
	m.waits[stage.API] = []wait{at(20, 30), at(0, 10), at(2, 9), at(1, 12), at(10, 19), at(31, 40)}
	if got := m.inARow(stage.API); got != 20 {
		t.Errorf("they take %g ms, want four times 5", got)
	}
	if got := m.inARow(stage.API); got != 0 {
		t.Errorf("the next invocation begins with %g ms", got)
	}
}

func TestTheBillIsAmountsTimesPrices(t *testing.T) {
	u := newUsage()
	u.apiCalls, u.publishes, u.snsDeliveries, u.sqsCalls = 1000, 100, 1000, 0
	u.writes["api PutItem log"], u.writes["views BatchWriteItem views"], u.reads["api Query log"] = 1000, 200, 5000
	u.recordBytes, u.snsBytes, u.apiBytes = 500_000, 3_000_000, 600_000
	u.of(stage.API).invocations, u.of(stage.API).waits = 1000, 20_000
	items := u.bill(1000)
	want := 1.00 + 1.2*0.625 + 5*0.125 + 0.1*0.50 + 0.60 + 0.20 + 20.5*priceGBSecond*1000 + 0.5*0.50 + 3*0.09 + 0.6*0.09
	if got := total(items); math.Abs(got-want) > 0.001 {
		t.Errorf("a million cost %g dollars, want %g: %+v", got, want, items)
	}
}

func TestWhatDynamoDBDoesNotSayIsCounted(t *testing.T) {
	for name, c := range map[string]struct {
		action, body, answer string
		status               int
		want                 float64
	}{
		"a read that finds nothing":     {"Query", `{"TableName":"a-log"}`, `{"Count":0,"ConsumedCapacity":{"TableName":"a-log","CapacityUnits":0}}`, 200, 1},
		"a read":                        {"Query", `{"TableName":"a-log"}`, `{"ConsumedCapacity":{"TableName":"a-log","CapacityUnits":2.5}}`, 200, 2.5},
		"a batch":                       {"BatchGetItem", `{}`, `{"ConsumedCapacity":[{"TableName":"a-views","CapacityUnits":3}]}`, 200, 3},
		"a write whose condition fails": {"PutItem", `{"TableName":"a-log"}`, `{"__type":"x#ConditionalCheckFailedException"}`, 400, 1},
		"what is refused otherwise":     {"PutItem", `{"TableName":"a-log"}`, `{"__type":"x#ThrottlingException"}`, 400, 0},
	} {
		a := &answered{header: http.Header{}, status: c.status}
		a.body.WriteString(c.answer)
		got := 0.0
		for _, one := range a.cost(c.action, []byte(c.body)) {
			got += one.CapacityUnits
		}
		if got != c.want {
			t.Errorf("%s costs %g units, want %g", name, got, c.want)
		}
	}
}
