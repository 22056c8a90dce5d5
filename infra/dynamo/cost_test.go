package dynamo_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"webplug/domain/eventlog"
	"webplug/infra/dynamo"
)

// bill adds up what requests cost.
type bill struct {
	mu    sync.Mutex
	items []dynamo.Spent
}

func (b *bill) add(_ context.Context, s dynamo.Spent) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.items = append(b.items, s)
}

// since is what was spent since it was called last: "append 1 item 1 W" or "read 2 items 0.5 R", a line a request.
func (b *bill) since() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	text := ""
	for _, s := range b.items {
		text += fmt.Sprintf("%s: %d items, %g W, %g R\n", s.Operation, s.Items, s.Writes, s.Reads)
	}
	b.items = nil
	return text
}

// Names are as long as the product's: a prefix and a ULID each.
const (
	service = "svc_01KCJ8Z0V7QH3B5N9XW2D4R6TA"
	message = service + "/msg_01KCJ8Z0V7QH3B5N9XW2D4R6TB"
	outcome = message + "/ep_01KCJ8Z0V7QH3B5N9XW2D4R6TC"
	taken   = service + "/name_01KCJ8Z0V7QH3B5N9XW2D4R6TD"
)

// A write request unit is one KB of one item, begun ones whole, and two of them in a transaction; a read request unit is
// 4 KB read consistently (Developer Guide, "DynamoDB on-demand capacity mode").
func TestCost(t *testing.T) {
	loaded := func(t *testing.T, s *dynamo.Store, stream string) {
		of, err := eventlog.ParseStream(stream)
		if err != nil {
			t.Fatal(err)
		}
		for _, err := range s.Read(t.Context(), of, 0) {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, c := range []struct {
		name   string
		before []eventlog.Write
		do     func(*testing.T, *dynamo.Store)
		want   string
		items  int // in the table at the end
	}{
		{
			name:  "one record of 900 bytes is one item and one write unit",
			do:    func(t *testing.T, s *dynamo.Store) { mustAppend(t, s, write(message, 0, noise(900))) },
			want:  "append: 1 items, 1 W, 0 R\n",
			items: 1,
		},
		{
			name:  "one record of 1,024 bytes is one item and two write units",
			do:    func(t *testing.T, s *dynamo.Store) { mustAppend(t, s, write(message, 0, noise(1024))) },
			want:  "append: 1 items, 2 W, 0 R\n",
			items: 1,
		},
		{
			name: "three events of one command are one item and one write unit",
			do: func(t *testing.T, s *dynamo.Store) {
				mustAppend(t, s, write(message, 0, noise(250), noise(250), noise(250)))
			},
			want:  "append: 1 items, 1 W, 0 R\n",
			items: 1,
		},
		{
			name: "two streams are two items and four write units, being a transaction",
			do: func(t *testing.T, s *dynamo.Store) {
				mustAppend(t, s, write(message, 0, noise(800)), write(taken, 0, noise(100)))
			},
			want:  "append: 2 items, 4 W, 0 R\n",
			items: 2,
		},
		{
			name:   "the first outcome of a delivery is one item and one write unit, and reads nothing",
			before: []eventlog.Write{write(message, 0, noise(900))},
			do:     func(t *testing.T, s *dynamo.Store) { mustAppend(t, s, write(outcome, 0, noise(300))) },
			want:   "append: 1 items, 1 W, 0 R\n",
			items:  2,
		},
		{
			name:   "a writer that has loaded the stream pays for load and put alone",
			before: []eventlog.Write{write(outcome, 0, noise(300))},
			do: func(t *testing.T, s *dynamo.Store) {
				loaded(t, s, outcome)
				mustAppend(t, s, write(outcome, 1, noise(300)))
			},
			want:  "read: 1 items, 0 W, 1 R\nappend: 1 items, 1 W, 0 R\n",
			items: 2,
		},
		{
			name:   "a writer that loaded it in another process pays for one look more",
			before: []eventlog.Write{write(outcome, 0, noise(300))},
			do:     func(t *testing.T, s *dynamo.Store) { mustAppend(t, s, write(outcome, 1, noise(300))) },
			want:   "look: 1 items, 0 W, 1 R\nappend: 1 items, 1 W, 0 R\n",
			items:  2,
		},
		{
			name:   "the trail of a webhook is one query",
			before: []eventlog.Write{write(message, 0, noise(900)), write(outcome, 0, noise(300))},
			do: func(t *testing.T, s *dynamo.Store) {
				of := write(message, 0).Stream
				if got, err := texts(s.Trail(t.Context(), of.Service, of.Root)); err != nil || len(got) != 1201 {
					t.Errorf("trail has %d bytes, %v", len(got), err)
				}
			},
			want:  "trail: 2 items, 0 W, 1 R\n",
			items: 2,
		},
		{
			name:   "a scan is consistent, so that a rebuild misses nothing that was acknowledged",
			before: []eventlog.Write{write(message, 0, noise(900)), write(outcome, 0, noise(300))},
			do: func(t *testing.T, s *dynamo.Store) {
				for _, err := range s.Scan(t.Context(), "") {
					if err != nil {
						t.Error(err)
					}
				}
			},
			want:  "scan: 2 items, 0 W, 1 R\n",
			items: 2,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := options(t)
			for _, w := range c.before {
				mustAppend(t, open(t, o), w) // by a store of its own, as another process would
			}
			var b bill
			o.Spent = b.add
			s := open(t, o)
			c.do(t, s)
			if got := b.since(); got != c.want {
				t.Errorf("spent\n%swant\n%s", got, c.want)
			}
			out, err := raw(o).Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String(o.LogTable), Select: types.SelectCount})
			if err != nil || int(out.Count) != c.items {
				t.Errorf("%d items in the table, %v, want %d", out.Count, err, c.items)
			}
		})
	}
}
