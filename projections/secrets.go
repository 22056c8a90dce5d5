package projections

import (
	"context"
	"sync"
	"time"

	"webplug/domain"
	"webplug/domain/eventlog"
)

// secretCache keeps opened signing secrets, by endpoint and version: they are read from the log once for each change of
// an endpoint, not once for each attempt.
type secretCache struct {
	mu   sync.Mutex
	open map[eventlog.Stream]openedSecrets
}

type openedSecrets struct {
	version eventlog.Version
	secrets []openedSecret // oldest first
}

type openedSecret struct {
	key   []byte
	until time.Time
}

// secretsInMemory bounds the endpoints whose secrets are kept open.
const secretsInMemory = 10_000

// at gives the keys that sign at a time, newest first.
func (c *secretCache) at(ctx context.Context, l *eventlog.Log, e domain.Endpoint, now time.Time) ([][]byte, error) {
	s := domain.EndpointStream(e.Service, e.ID)
	c.mu.Lock()
	o, ok := c.open[s]
	c.mu.Unlock()
	if !ok || o.version < e.Version {
		var err error
		if o, err = openSecrets(ctx, l, s); err != nil {
			return nil, err
		}
		c.keep(s, o)
	}
	keys := make([][]byte, 0, len(o.secrets))
	for i := len(o.secrets) - 1; i >= 0; i-- {
		if sec := o.secrets[i]; sec.until.IsZero() || now.Before(sec.until) {
			keys = append(keys, sec.key)
		}
	}
	return keys, nil
}

func openSecrets(ctx context.Context, l *eventlog.Log, s eventlog.Stream) (openedSecrets, error) {
	loaded, err := eventlog.Load[domain.Endpoint](ctx, l, s)
	if err != nil {
		return openedSecrets{}, err
	}
	o := openedSecrets{version: loaded.Version}
	for _, sec := range loaded.State.Secrets {
		key, err := l.Reveal(ctx, sec.Sealed)
		if err != nil {
			return openedSecrets{}, err
		}
		o.secrets = append(o.secrets, openedSecret{key, sec.Until})
	}
	return o, nil
}

func (c *secretCache) keep(s eventlog.Stream, o openedSecrets) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open == nil || len(c.open) >= secretsInMemory {
		c.open = map[eventlog.Stream]openedSecrets{}
	}
	c.open[s] = o
}
