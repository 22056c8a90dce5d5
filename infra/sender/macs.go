package sender

import (
	"crypto/hmac"
	"crypto/sha256"
	"hash"
	"slices"
	"sync"
)

// macs keeps HMACs that secrets have been put into, since that costs as much as signing a short webhook does.
type macs struct {
	mu    sync.RWMutex
	rooms map[string]*sync.Pool // of hash.Hash, by secret
}

// secretsKept bounds the secrets whose HMACs are kept: beyond, all are made anew.
const secretsKept = 10_000

// take gives a secret's HMAC, with nothing written yet, and the pool to give it back to.
func (m *macs) take(secret []byte) (hash.Hash, *sync.Pool) {
	m.mu.RLock()
	room := m.rooms[string(secret)]
	m.mu.RUnlock()
	if room == nil {
		room = m.room(slices.Clone(secret))
	}
	mac := room.Get().(hash.Hash)
	mac.Reset()
	return mac, room
}

func (m *macs) room(secret []byte) *sync.Pool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if room := m.rooms[string(secret)]; room != nil {
		return room
	}
	if m.rooms == nil || len(m.rooms) >= secretsKept {
		m.rooms = map[string]*sync.Pool{}
	}
	room := &sync.Pool{New: func() any { return hmac.New(sha256.New, secret) }}
	m.rooms[string(secret)] = room
	return room
}
