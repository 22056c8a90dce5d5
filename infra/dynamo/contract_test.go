package dynamo_test

import (
	"fmt"
	"net/http"
	"testing"

	"webplug/infra/contract"
	"webplug/infra/dynamo"
	"webplug/infra/dynamo/local"
	"webplug/projections"
)

// openContract is a store on tables of its own. Its crash is that of a process: another goes on, with nothing in memory.
func openContract(t testing.TB) contract.Harness {
	o := options(t)
	open(t, o)
	return onTables(o)
}

func onTables(o dynamo.Options) contract.Harness {
	s, f := faulty(o)
	return contract.Harness{
		Store: s, Scanner: s, Keys: s,
		SeesHead:      true,
		InjectTimeout: func() { f.then(answerLost) },
		Reopen:        func(testing.TB) contract.Harness { return onTables(o) },
	}
}

func TestContract(t *testing.T) {
	t.Run("EventLog", func(t *testing.T) { contract.EventLog(t, openContract) })
	t.Run("Scanner", func(t *testing.T) { contract.Scanner(t, openContract) })
	t.Run("Views", func(t *testing.T) {
		contract.Views(t, func(t testing.TB) projections.Views { return open(t, options(t)).Views() })
	})
	t.Run("Keys", func(t *testing.T) { contract.Keys(t, openContract) })
}

// What a killed DynamoDB Local had acknowledged is in its folder. Each of its six starts takes some seconds.
func TestContractAfterACrashOfDynamoDBLocal(t *testing.T) {
	folder := t.TempDir()
	var running *local.Server
	run := func(t testing.TB) {
		var err error
		if running, err = local.Start(t.Context(), local.Options{Folder: folder}); err != nil {
			t.Fatal(err)
		}
	}
	defer func() { running.Kill() }()
	run(t)
	var on func(o dynamo.Options) contract.Harness
	on = func(o dynamo.Options) contract.Harness {
		o.AWS = running.Config()
		o.AWS.HTTPClient = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 8}} // no connection to the one before
		s := dynamo.New(o)
		return contract.Harness{Store: s, Scanner: s, Keys: s, SeesHead: true, Reopen: func(t testing.TB) contract.Harness {
			running.Kill()
			run(t)
			return on(o)
		}}
	}
	set := 0
	contract.AfterCrash(t, func(t testing.TB) contract.Harness {
		set++
		name := fmt.Sprintf("crash-%d-", set)
		o := dynamo.Options{AWS: running.Config(), LogTable: name + "log", KeysTable: name + "keys", ViewsTable: name + "views", Backoff: noWait}
		open(t, o)
		return on(o)
	})
}
