package projections

import (
	"context"
	"crypto/md5" //nolint:gosec // SNS's reports name messages by it
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"sync"
	"time"

	"github.com/go-json-experiment/json"

	"webplug/domain"
	"webplug/domain/eventlog"
)

// Beside is the generation of rows that are not made from the log: they stay when the read models are made anew.
const Beside Generation = 1 << 63

// The views of such rows.
const (
	ViewMappings View = "mappings" // what SNS's reports are found by
	ViewReports  View = "reports"  // those that wait for their message
)

// Mapping is what a report of SNS's is matched with: a message, and where its publishes went. It is written before the
// publish, so that no report comes before it, and one of a publish whose answer was lost is matched too. The same message has
// the same MD5 on every publish, since its body has its id.
type Mapping struct {
	Service string `json:"service"`
	Message string `json:"message"`
	// What the outcomes' events come from, so that the message need not be read.
	CorrelationID string    `json:"correlation_id"`
	CausationID   string    `json:"causation_id"`
	After         time.Time `json:"after"`
	UserID        string    `json:"user_id,omitzero"` // whose endpoints they are; "" for all users
	// Targets by topic and URL, newest publish wins: there both name one subscription.
	Targets map[string]MappedTarget `json:"targets"`
}

// MappedTarget is one target of a publish.
type MappedTarget struct {
	EndpointID string           `json:"endpoint_id"`
	Plan       eventlog.Version `json:"plan"`
}

// mappingLife is how long a mapping is kept: SNS tries for an hour, and a report waits for its message for a day.
const mappingLife = 7 * 24 * time.Hour

// mappedAt is the place of a target within a mapping.
func mappedAt(topicARN, url string) string { return topicARN + " " + url }

// MD5 is how SNS's reports name a message's body.
func MD5(body string) string {
	sum := md5.Sum([]byte(body)) //nolint:gosec // as above
	return hex.EncodeToString(sum[:])
}

// mappingOf is the key of a chunk's mapping. All chunks of a message have the same body; each has a mapping of its own, so
// that nobody who publishes one waits for, or overwrites, another.
func mappingOf(body string, chunk int) string { return domain.ChunkRoot(MD5(body), chunk) }

func listMapped(sum string) string { return "mapped/" + sum }

// Mappings keeps mappings as rows beside the read models.
type Mappings struct {
	views Views
	now   eventlog.Clock
	mu    sync.Mutex // two publishes of one message are added one after the other

	proving     sync.Mutex
	proved      bool // as of the row
	provedUntil time.Time
}

// NewMappings makes mappings over views.
func NewMappings(v Views, now eventlog.Clock) *Mappings { return &Mappings{views: v, now: now} }

// Add adds targets to what is known under the MD5s of bodies. First publishes are written blindly; again says that there may
// be earlier ones.
func (m *Mappings) Add(ctx context.Context, again bool, byMD5 map[string]Mapping) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for range addsAtMost {
		if err := m.add(ctx, again, byMD5); err != nil {
			return err
		}
		if all, err := m.hasAll(ctx, again, byMD5); err != nil || all {
			return err
		}
	}
	return fmt.Errorf("write mappings: others write them too: %w", eventlog.ErrUnavailable)
}

// addsAtMost is how often targets are added where another process adds to the same mapping.
const addsAtMost = 16

// hasAll says whether what was added is there: of two processes that add to a mapping at once, one finds its part missing.
func (m *Mappings) hasAll(ctx context.Context, again bool, byMD5 map[string]Mapping) (bool, error) {
	if !again {
		return true, nil
	}
	for sum, mapping := range byMD5 {
		found, _, err := m.find(ctx, sum)
		if err != nil {
			return false, err
		}
		for at, to := range mapping.Targets {
			if got, ok := found.Targets[at]; !ok || got.Plan < to.Plan {
				return false, nil
			}
		}
	}
	return true, nil
}

func (m *Mappings) add(ctx context.Context, again bool, byMD5 map[string]Mapping) error {
	stamp := eventlog.Version(m.now().UnixMicro())
	rows := make([]Row, 0, len(byMD5))
	for sum, mapping := range byMD5 {
		version := stamp
		if again {
			old, seen, err := m.find(ctx, sum)
			if err != nil {
				return err
			}
			targets := maps.Clone(old.Targets)
			if targets == nil {
				targets = map[string]MappedTarget{}
			}
			maps.Copy(targets, mapping.Targets)
			mapping.Targets = targets
			version = max(stamp, seen+1)
		}
		body, err := json.Marshal(mapping)
		if err != nil {
			return fmt.Errorf("write a mapping: %w", err)
		}
		row := Row{View: ViewMappings, ID: sum, Version: version, Body: body, New: !again, Expires: m.now().Add(mappingLife)}
		if first, chunk := domain.MessageOf(sum); chunk > 0 {
			row.Lists = []Entry{{listMapped(first), strconv.Itoa(chunk)}}
		}
		rows = append(rows, row)
	}
	if err := m.views.Apply(ctx, Beside, rows, 0); err != nil {
		return fmt.Errorf("write mappings: %w", err)
	}
	return nil
}

// Published notes SNS's own id of a message, unless reports are found by MD5: that SNS's records name messages by the MD5 of
// their text is practice, not documentation, and the row costs as much as the event that tells of the publish.
func (m *Mappings) Published(ctx context.Context, id string, mapping Mapping) error {
	proved, err := m.md5Proved(ctx)
	if err != nil || proved {
		return err
	}
	return m.Add(ctx, false, map[string]Mapping{id: mapping})
}

// The row that says whether reports are found by MD5. It is made of no stream: its version is a time.
const proofRow = "proof"

// proof is whether reports are found by MD5, as the row says.
type proof struct {
	ByMD5 bool `json:"by_md5"`
}

// proofKept is how long a process takes for true what the row said; that there is no proof yet, a tenth as long.
const proofKept = time.Minute

// md5Proved says whether reports are found by MD5.
func (m *Mappings) md5Proved(ctx context.Context) (bool, error) {
	m.proving.Lock()
	defer m.proving.Unlock()
	now := m.now()
	if now.Before(m.provedUntil) {
		return m.proved, nil
	}
	row, err := m.views.Get(ctx, Beside, ViewMappings, proofRow)
	var p proof
	switch {
	case errors.Is(err, ErrNoRow):
	case err != nil:
		return false, fmt.Errorf("read how reports are found: %w", err)
	default:
		if err := json.Unmarshal(row.Body, &p); err != nil {
			return false, fmt.Errorf("read how reports are found: %w", err)
		}
	}
	m.proved, m.provedUntil = p.ByMD5, now.Add(proofKept)
	if !m.proved {
		m.provedUntil = now.Add(proofKept / 10)
	}
	return m.proved, nil
}

// prove notes that a report was found by MD5, or that one was not: then publishes note SNS's own ids again.
func (m *Mappings) prove(ctx context.Context, byMD5 bool) error {
	if known, err := m.md5Proved(ctx); err != nil || known == byMD5 {
		return err
	}
	body, err := json.Marshal(proof{byMD5})
	if err != nil {
		return err
	}
	now := m.now()
	row := Row{View: ViewMappings, ID: proofRow, Version: eventlog.Version(now.UnixMicro()), Body: body}
	if err := m.views.Apply(ctx, Beside, []Row{row}, 0); err != nil {
		return fmt.Errorf("note how reports are found: %w", err)
	}
	m.proving.Lock()
	defer m.proving.Unlock()
	m.proved, m.provedUntil = byMD5, now.Add(proofKept)
	return nil
}

// Find looks by MD5 or by SNS's id for what was published at a place (mappedAt); false where there is nothing.
func (m *Mappings) Find(ctx context.Context, key, at string) (found Mapping, to MappedTarget, ok bool, err error) {
	err = m.each(ctx, key, func(one Mapping) (bool, error) {
		found = one
		to, ok = one.Targets[at]
		return ok, nil
	})
	return found, to, ok, err
}

// each visits what is known by MD5 or by SNS's id, until it is told that this is enough.
func (m *Mappings) each(ctx context.Context, key string, visit func(Mapping) (enough bool, err error)) error {
	found, version, err := m.find(ctx, key)
	if err != nil {
		return err
	}
	if version > 0 {
		if enough, err := visit(found); enough || err != nil {
			return err
		}
	}
	for q := (ListQuery{View: ViewMappings, List: listMapped(key), Limit: 20}); ; {
		rows, err := m.views.List(ctx, Beside, q)
		if err != nil {
			return fmt.Errorf("read the mappings of a message's chunks: %w", err)
		}
		for _, row := range rows {
			var one Mapping
			if err := json.Unmarshal(row.Body, &one); err != nil {
				return fmt.Errorf("read a mapping: %w", err)
			}
			if enough, err := visit(one); enough || err != nil {
				return err
			}
			q.From = row.Sort + "\x00"
		}
		if len(rows) == 0 {
			return nil
		}
	}
}

func (m *Mappings) find(ctx context.Context, key string) (Mapping, eventlog.Version, error) {
	row, err := m.views.Get(ctx, Beside, ViewMappings, key)
	if errors.Is(err, ErrNoRow) {
		return Mapping{}, 0, nil
	}
	var found Mapping
	if err == nil {
		err = json.Unmarshal(row.Body, &found)
	}
	if err != nil {
		return Mapping{}, 0, fmt.Errorf("read a mapping: %w", err)
	}
	return found, row.Version, nil
}

// waitingReport is a report that no message was found for yet.
type waitingReport struct {
	Record []byte    `json:"record"` // sealed, since it has an endpoint's answer
	Came   time.Time `json:"came"`
}
