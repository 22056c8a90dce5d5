package dynamo_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"webplug/infra/dynamo"
	"webplug/projections"
)

// What may be forgotten says when, in the attribute that the table's time to live is set to, in seconds.
func TestTimeToLive(t *testing.T) {
	t.Parallel()
	o := options(t)
	views := open(t, o).Views()
	at := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	rows := []projections.Row{
		{View: "v", ID: "kept", Version: 1, Body: []byte("{}")},
		{View: "v", ID: "passing", Version: 1, Body: []byte("{}"), Expires: at, Lists: []projections.Entry{{List: "l", Sort: "s"}}},
	}
	if err := views.Apply(t.Context(), 1, rows, 0); err != nil {
		t.Fatal(err)
	}
	out, err := raw(o).Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String(o.ViewsTable)})
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, item := range out.Items {
		if ttl, ok := item[dynamo.TTLAttribute].(*types.AttributeValueMemberN); ok {
			if found++; ttl.Value != strconv.FormatInt(at.Unix(), 10) {
				t.Errorf("%s", ttl.Value)
			}
		}
	}
	if found != 2 { // the row and its place in the list
		t.Errorf("%d items expire", found)
	}
}
