// Package e2e holds the whole program against its promises, from outside: it builds the binary, starts it, and speaks
// HTTP with it as a client would. Each request that is meant to be valid, and each answer, is held against the API's own
// description.
package e2e

import (
	"flag"
	"fmt"
	"os"
	"testing"
)

// What the whole suite runs on.
var (
	storeFlag  = flag.String("store", "", "where the log lies, as --store of webplug; empty for its default")
	formatFlag = flag.String("format", "standard-webhooks", "the format of endpoints that name none")
)

// suite is what all tests share: one server, which lets endpoints be on loopback, and what must hold of it at the end.
var suite struct {
	server *server
	api    *description
	audit  *audit
}

// How many tests run at once, whatever the machine: they mostly wait. DynamoDB Local is slow, and a query that waits for it
// longer than 2 s says that it is stale.
const (
	parallelTests  = "24"
	parallelDynamo = "6"
)

func TestMain(m *testing.M) {
	flag.Parse()
	if flag.Lookup("test.parallel").Value.String() == flag.Lookup("test.parallel").DefValue {
		n := parallelTests
		if *storeFlag == "dynamodb" {
			n = parallelDynamo
		}
		_ = flag.Set("test.parallel", n)
	}
	os.Exit(run(m))
}

// run runs the tests on a server of their own, and then judges what the server leaves behind.
func run(m *testing.M) int {
	complain := func(err error) int {
		_, _ = fmt.Fprintln(os.Stderr, "e2e:", err)
		return 1
	}
	if err := build(); err != nil {
		return complain(err)
	}
	defer func() { _ = os.RemoveAll(binary.dir) }()
	if err := openTables(); err != nil {
		return complain(err)
	}
	var err error
	if suite.server, err = start(startOptions{adminKey: newToken("admin"), private: true}); err != nil {
		return complain(err)
	}
	defer func() { _ = os.RemoveAll(suite.server.dir) }()
	if suite.api, err = readDescription(suite.server.url); err != nil {
		return complain(err)
	}
	suite.audit = newAudit()
	code := m.Run()
	if err := suite.audit.history(suite.server); err != nil {
		code = complain(err)
	}
	if err := suite.server.stop(); err != nil {
		code = complain(err)
	}
	if err := suite.audit.remains(suite.server); err != nil {
		code = complain(err)
	}
	if err := closeTables(); err != nil {
		code = complain(err)
	}
	if everything := flag.Lookup("test.run").Value.String() == "" && code == 0; everything {
		if err := suite.api.unused(); err != nil {
			code = complain(err)
		}
	}
	return code
}
