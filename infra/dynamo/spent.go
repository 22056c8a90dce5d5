package dynamo

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Spent is what one request cost. A request that failed costs too, but DynamoDB does not say how much.
type Spent struct {
	Operation string  // "append", "read", "trail", "scan", "create key", …
	Items     int     // written or read
	Writes    float64 // write request units: one per KB of an item, two in a transaction
	Reads     float64 // read request units: one per 4 KB
}

// asked is what a request says about its cost.
func (s *Store) asked() types.ReturnConsumedCapacity {
	if s.o.Spent == nil {
		return types.ReturnConsumedCapacityNone
	}
	return types.ReturnConsumedCapacityTotal
}

func (s *Store) spentWriting(ctx context.Context, operation string, items int, cost ...types.ConsumedCapacity) {
	if s.o.Spent != nil {
		s.o.Spent(ctx, Spent{Operation: operation, Items: items, Writes: total(cost)})
	}
}

func (s *Store) spentReading(ctx context.Context, operation string, items int, cost ...types.ConsumedCapacity) {
	if s.o.Spent != nil {
		s.o.Spent(ctx, Spent{Operation: operation, Items: items, Reads: total(cost)})
	}
}

func total(cost []types.ConsumedCapacity) float64 {
	sum := 0.0
	for _, c := range cost {
		sum += aws.ToFloat64(c.CapacityUnits)
	}
	return sum
}

// one is a list of what may be missing.
func one(c *types.ConsumedCapacity) []types.ConsumedCapacity {
	if c == nil {
		return nil
	}
	return []types.ConsumedCapacity{*c}
}
