package main

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"webplug/infra/stage"
)

// metered hands calls on to DynamoDB, and has it say what each costs: the functions themselves need not know.
type metered struct {
	next  http.Handler
	meter *meter
}

// capacity is what DynamoDB says that it took.
type capacity struct {
	TableName     string
	CapacityUnits float64
}

// ServeHTTP hands a call on.
func (d *metered) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	action := r.Header.Get("X-Amz-Target")
	action = action[strings.LastIndexByte(action, '.')+1:]
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	asked := body
	if units[action] != nil {
		if asked, err = asking(body); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
	}
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(asked)), int64(len(asked))
	r.Header.Del("Accept-Encoding")
	answer := &answered{header: http.Header{}, status: http.StatusOK}
	role, begun := caller(r), time.Now()
	d.next.ServeHTTP(answer, r)
	d.meter.waited(role, begun, waitDynamoDB)
	d.meter.note(func(u *usage) { d.count(u, role, action, body, answer) })
	answer.give(w)
}

// units says what an action's units are.
var units = map[string]func(*usage) map[string]float64{
	"GetItem": reading, "Query": reading, "Scan": reading, "BatchGetItem": reading,
	"PutItem": writing, "DeleteItem": writing, "UpdateItem": writing, "BatchWriteItem": writing, "TransactWriteItems": writing,
}

func reading(u *usage) map[string]float64 { return u.reads }
func writing(u *usage) map[string]float64 { return u.writes }

func (d *metered) count(u *usage, role stage.Role, action string, body []byte, a *answered) {
	into := units[action]
	if into == nil {
		u.otherCalls["dynamodb "+action]++
		return
	}
	for _, c := range a.cost(action, body) {
		into(u)[fmt.Sprintf("%s %s %s", role, action, c.TableName[strings.LastIndexByte(c.TableName, '-')+1:])] += c.CapacityUnits
	}
}

// asking has the answer say what it cost.
func asking(body []byte) ([]byte, error) {
	var in map[string]jsontext.Value
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, err
	}
	in["ReturnConsumedCapacity"] = jsontext.Value(`"TOTAL"`)
	return json.Marshal(in)
}

// answered keeps an answer.
type answered struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (a *answered) Header() http.Header         { return a.header }
func (a *answered) WriteHeader(status int)      { a.status = status }
func (a *answered) Write(p []byte) (int, error) { return a.body.Write(p) }

func (a *answered) give(w http.ResponseWriter) {
	for name, values := range a.header {
		w.Header()[name] = values
	}
	w.Header().Del("Content-Length")
	w.Header().Set("X-Amz-Crc32", strconv.FormatUint(uint64(crc32.ChecksumIEEE(a.body.Bytes())), 10)) // the SDK looks at it
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body.Bytes())
}

// cost reads what a call cost. A consistent read that finds nothing costs a unit, which DynamoDB Local does not count
// (Developer Guide, "Capacity unit consumption for read operations"). A write whose condition failed costs as if it had been
// carried out, which DynamoDB does not say ("… for write operations").
func (a *answered) cost(action string, body []byte) []capacity {
	var in struct{ TableName string }
	if a.status == http.StatusOK {
		var many struct{ ConsumedCapacity []capacity }
		if json.Unmarshal(a.body.Bytes(), &many) == nil {
			return many.ConsumedCapacity
		}
		var one struct{ ConsumedCapacity capacity }
		if json.Unmarshal(a.body.Bytes(), &one) != nil {
			return nil
		}
		c := one.ConsumedCapacity
		if _ = json.Unmarshal(body, &in); c.CapacityUnits == 0 && (action == "GetItem" || action == "Query") {
			c = capacity{in.TableName, 1}
		}
		return []capacity{c}
	}
	if !bytes.Contains(a.body.Bytes(), []byte("ConditionalCheckFailed")) || json.Unmarshal(body, &in) != nil {
		return nil
	}
	return []capacity{{in.TableName, math.Ceil(float64(len(body)) * 3 / 4 / 1024)}} // bytes are in base64
}

// caller is the role whose access key signed a call.
func caller(r *http.Request) stage.Role {
	_, scope, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=AKIA")
	key, _, _ := strings.Cut(scope, "/")
	return stage.Role(strings.ToLower(key))
}
