package projections

import (
	"context"
	"fmt"
	"sync"

	"webplug/domain"
	"webplug/domain/eventlog"
)

// Formats tells which format an endpoint has. It never changes, so that it is asked for once.
type Formats struct {
	endpoints Endpoints
	mu        sync.Mutex
	known     map[Lane]domain.Format
}

// NewFormats makes it.
func NewFormats(e Endpoints) *Formats { return &Formats{endpoints: e, known: map[Lane]domain.Format{}} }

// Of gives an endpoint's format. One that is not in the log is eventlog.ErrDamaged.
func (f *Formats) Of(ctx context.Context, service, endpoint string) (domain.Format, error) {
	name := Lane{service, endpoint}
	f.mu.Lock()
	format, ok := f.known[name]
	f.mu.Unlock()
	if ok {
		return format, nil
	}
	e, err := f.endpoints.Endpoint(ctx, service, endpoint)
	if err != nil {
		return "", fmt.Errorf("look up %s: %w", endpoint, err)
	}
	if !e.Exists() {
		return "", fmt.Errorf("%s is not in the log: %w", endpoint, eventlog.ErrDamaged)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	keepIn(f.known, name, e.Format)
	return e.Format, nil
}

// sort parts endpoints by who makes their requests.
func (f *Formats) sort(ctx context.Context, service string, endpoints []string) (queued, viaSNS []string, err error) {
	for _, endpoint := range endpoints {
		switch format, err := f.Of(ctx, service, endpoint); {
		case err != nil:
			return nil, nil, err
		case format == domain.SNS:
			viaSNS = append(viaSNS, endpoint)
		default:
			queued = append(queued, endpoint)
		}
	}
	return queued, viaSNS, nil
}
