package link

import (
	"context"
	crypto "crypto/rand"
	"encoding/binary"
	"math/rand/v2"
	"sync"
)

// series are the random numbers of one conversation: the same seed gives the
// same numbers, anew for each link that is opened.
type series struct {
	seed   uint64
	mu     sync.Mutex
	opened uint64
	source *rand.PCG
}

type seeded struct{}

// WithSeed makes what Random gives with the returned context depend on seed
// alone. Programs that play a recorded conversation again need the words which
// were made up then.
func WithSeed(ctx context.Context, seed uint64) context.Context {
	return context.WithValue(ctx, seeded{}, &series{seed: seed, source: rand.NewPCG(seed, 0)})
}

// Seed is the seed of ctx, if it has one.
func Seed(ctx context.Context) (uint64, bool) {
	if s, ok := ctx.Value(seeded{}).(*series); ok {
		return s.seed, true
	}
	return 0, false
}

// NewSeed is a seed that nobody can guess.
func NewSeed() uint64 {
	var b [8]byte
	_, _ = crypto.Read(b[:]) // never fails, crypto/rand
	return binary.LittleEndian.Uint64(b[:])
}

// Random is a source for the words by which a driver tells an answer from noise.
// It is for no secrets.
func Random(ctx context.Context) *rand.Rand {
	s, ok := ctx.Value(seeded{}).(*series)
	if !ok {
		return rand.New(rand.NewPCG(NewSeed(), NewSeed()))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return rand.New(rand.NewPCG(s.source.Uint64(), s.source.Uint64()))
}

// begin starts the numbers of the next link. What was drawn on one link does not
// change those of another.
func begin(ctx context.Context) {
	s, ok := ctx.Value(seeded{}).(*series)
	if !ok {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opened++
	s.source = rand.NewPCG(s.seed, s.opened)
}
