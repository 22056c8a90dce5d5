package projections

import (
	"bytes"
	"fmt"
	"sync"

	"webplug/domain"
)

// schemas keeps event types' compiled schemas, for both directories.
type schemas struct {
	mu       sync.RWMutex
	compiled map[string]compiledSchema // by type
}

type compiledSchema struct {
	source []byte
	schema *domain.Schema
}

func newSchemas() *schemas { return &schemas{compiled: map[string]compiledSchema{}} }

// Schema gives an event type's compiled schema, nil if it has none.
func (s *schemas) Schema(t domain.EventType) (*domain.Schema, error) {
	if t.Schema == nil {
		return nil, nil
	}
	s.mu.RLock()
	c, ok := s.compiled[t.ID]
	s.mu.RUnlock()
	if ok && bytes.Equal(c.source, t.Schema) {
		return c.schema, nil
	}
	schema, err := domain.CompileSchema(t.Schema)
	if err != nil {
		return nil, fmt.Errorf("compile the schema of %s: %w", t.ID, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	keepIn(s.compiled, t.ID, compiledSchema{t.Schema, schema})
	return schema, nil
}
