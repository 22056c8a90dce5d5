package dynamo_test

import (
	"testing"

	"webplug/infra/contract"
	"webplug/projections"
)

// openContract has no Reopen: a process that dies takes nothing of DynamoDB with it.
func openContract(t testing.TB) contract.Harness {
	s, f := openFaulty(t)
	return contract.Harness{
		Store: s, Scanner: s, Keys: s,
		SeesHead:      true,
		InjectTimeout: func() { f.then(answerLost) },
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
