package eventlog

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// Sealed is a field that is stored encrypted. An event that is made gives Key and Plain; one that was read from the log
// has the box, and Log.Reveal opens it. Everything that does not need the content (routing, rebuilds) never does.
// What was read cannot be put into another event as it is (its box belongs to its place): reveal it first. The content
// of an event that was made is kept, not copied: it must not change any more.
type Sealed struct {
	Key   string // name of the data key, "svc_1/usr_2/2026-11"; "" means that the field is absent
	Plain []byte // the content, where this process made the event
	// stored is where and how the field lies in the log.
	stored box
}

// Absent says that the event has no such field.
func (s Sealed) Absent() bool { return s.Key == "" }

// MarshalJSON refuses: a sealed field is stored beside its event's JSON, so it is tagged "-".
func (s Sealed) MarshalJSON() ([]byte, error) {
	return nil, errors.New("a sealed field is not written as JSON; tag it json:\"-\"")
}

// String keeps the content out of logs.
func (s Sealed) String() string { return "sealed" }

// GoString keeps the content out of %#v.
func (s Sealed) GoString() string { return "sealed" }

// ErrSealed says that a box could not be opened: its key is gone, or its bytes are not what was sealed.
var ErrSealed = errors.New("sealed field cannot be opened")

// MasterKeySize is the size of a master key in bytes (AES-256).
const MasterKeySize = 32

// Sealer seals and opens fields with data keys that are made when first needed, wrapped by one master key.
//
// A box is: 1 byte (0 plain, 1 compressed with zstd), 12 bytes nonce, AES-256-GCM ciphertext. Its additional data is the
// place it belongs to, so that a box moved elsewhere does not open. Nonces are random: NIST SP 800-38D allows 2^32 boxes
// a key, and keys change each month.
type Sealer struct {
	keys    Keys
	master  cipher.AEAD
	random  io.Reader
	enc     *zstd.Encoder
	dec     *zstd.Decoder
	rooms   sync.Pool // of *[]byte, to compress into
	mu      sync.Mutex
	opened  map[string]cipher.AEAD
	maxOpen int
}

// NewSealer makes a sealer. random is crypto/rand's reader; a simulation gives its own.
func NewSealer(keys Keys, master []byte, random io.Reader) (*Sealer, error) {
	if random == nil {
		random = rand.Reader
	}
	m, err := newAEAD(master)
	if err != nil {
		return nil, fmt.Errorf("master key: %w", err)
	}
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(2),
		zstd.WithWindowSize(128<<10), zstd.WithEncoderCRC(false))
	if err != nil {
		return nil, fmt.Errorf("prepare compression: %w", err)
	}
	dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(16<<20))
	if err != nil {
		return nil, fmt.Errorf("prepare decompression: %w", err)
	}
	return &Sealer{
		keys: keys, master: m, random: random, enc: enc, dec: dec, rooms: sync.Pool{New: func() any { return new([]byte) }},
		opened: map[string]cipher.AEAD{}, maxOpen: 4096,
	}, nil
}

func newAEAD(key []byte) (cipher.AEAD, error) {
	if len(key) != MasterKeySize {
		return nil, fmt.Errorf("it has %d bytes, not %d", len(key), MasterKeySize)
	}
	b, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(b)
}

func bind(s Stream, v Version, field string) string {
	return s.String() + "@" + strconv.FormatUint(uint64(v), 10) + "#" + field
}

const (
	boxPlain      = 0
	boxCompressed = 1
)

func (s *Sealer) seal(ctx context.Context, key, bound string, plain []byte) ([]byte, error) {
	aead, err := s.dataKey(ctx, key, true)
	if err != nil {
		return nil, err
	}
	kind, body := byte(boxPlain), plain
	if len(plain) >= 64 {
		room := s.rooms.Get().(*[]byte)
		defer s.rooms.Put(room)
		if *room = s.enc.EncodeAll(plain, (*room)[:0]); len(*room) < len(plain) {
			kind, body = boxCompressed, *room
		}
	}
	out := make([]byte, 1+aead.NonceSize(), 1+aead.NonceSize()+len(body)+aead.Overhead())
	out[0] = kind
	if _, err := io.ReadFull(s.random, out[1:]); err != nil {
		return nil, fmt.Errorf("nonce: %w", err)
	}
	return aead.Seal(out, out[1:], body, boxData(kind, bound)), nil
}

// boxData is a box's additional data: what is not encrypted but must be as it was.
func boxData(kind byte, bound string) []byte { return append([]byte{kind}, bound...) }

func (s *Sealer) open(ctx context.Context, b box) ([]byte, error) {
	aead, err := s.dataKey(ctx, b.key, false)
	if err != nil {
		return nil, err
	}
	if len(b.bytes) < 1+aead.NonceSize() {
		return nil, fmt.Errorf("%s: %w", b.bound, ErrSealed)
	}
	kind, nonce, body := b.bytes[0], b.bytes[1:1+aead.NonceSize()], b.bytes[1+aead.NonceSize():]
	plain, err := aead.Open(nil, nonce, body, boxData(kind, b.bound))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", b.bound, ErrSealed)
	}
	if kind == boxCompressed {
		if plain, err = s.dec.DecodeAll(plain, nil); err != nil {
			return nil, fmt.Errorf("%s: %w: %w", b.bound, ErrSealed, err)
		}
	}
	return plain, nil
}

// dataKey finds a data key, or makes it.
func (s *Sealer) dataKey(ctx context.Context, name string, create bool) (cipher.AEAD, error) {
	s.mu.Lock()
	aead, ok := s.opened[name]
	s.mu.Unlock()
	if ok {
		return aead, nil
	}
	wrapped, err := s.keys.LoadKey(ctx, name)
	if errors.Is(err, ErrNoKey) && create {
		wrapped, err = s.createKey(ctx, name)
	}
	if errors.Is(err, ErrNoKey) {
		return nil, fmt.Errorf("data key %s is gone: %w", name, ErrSealed)
	}
	if err != nil {
		return nil, fmt.Errorf("load data key %s: %w", name, err)
	}
	if aead, err = s.unwrap(name, wrapped); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.opened) >= s.maxOpen { // forgetting is cheap: a key is read again when it is needed
		clear(s.opened)
	}
	s.opened[name] = aead
	return aead, nil
}

func (s *Sealer) createKey(ctx context.Context, name string) ([]byte, error) {
	key := make([]byte, MasterKeySize+s.master.NonceSize())
	if _, err := io.ReadFull(s.random, key); err != nil {
		return nil, fmt.Errorf("make data key: %w", err)
	}
	nonce := key[MasterKeySize:]
	wrapped := s.master.Seal(append([]byte(nil), nonce...), nonce, key[:MasterKeySize], []byte(name))
	return s.keys.CreateKey(ctx, name, wrapped)
}

func (s *Sealer) unwrap(name string, wrapped []byte) (cipher.AEAD, error) {
	n := s.master.NonceSize()
	if len(wrapped) < n {
		return nil, fmt.Errorf("data key %s: %w", name, ErrDamaged)
	}
	key, err := s.master.Open(nil, wrapped[:n], wrapped[n:], []byte(name))
	if err != nil {
		return nil, fmt.Errorf("data key %s does not open with this master key: %w", name, ErrSealed)
	}
	return newAEAD(key)
}

// masterCheck is the data key whose only use is to tell whether a master key is the one that the data was made with.
const masterCheck = "_/master"

// CheckMaster answers ErrSealed, wrapped, if the data was made with another master key, or if there are records and no
// data keys. Where nothing was stored yet, it takes this key.
func (s *Sealer) CheckMaster(ctx context.Context, empty bool) error {
	_, err := s.dataKey(ctx, masterCheck, empty)
	return err
}
