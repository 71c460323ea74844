package line

import (
	"math/rand/v2"
	"sync"
)

// Damage is what a bad cable does to bytes, as shares of 1. The zero value is a
// good cable.
type Damage struct {
	// Lose is the share that never arrives, Flip arrives with one bit changed,
	// Double arrives twice, and before Insert a byte arrives that nobody sent.
	Lose, Flip, Double, Insert float64
	// Seed decides which bytes these are, in each direction by itself; 0 leaves it to
	// chance.
	Seed uint64
}

// Apply gives what arrives of p, by chance whatever Seed is.
func (d Damage) Apply(p []byte) []byte {
	d.Seed = 0
	return d.direction(0).apply(p)
}

// direction is what happens to the bytes of one direction, which are told apart by way.
func (d Damage) direction(way uint64) *direction {
	seed := d.Seed
	if seed == 0 {
		seed, way = rand.Uint64(), rand.Uint64()
	}
	return &direction{damage: d, random: rand.New(rand.NewPCG(seed, way))}
}

// direction hurts the bytes of one direction, one after the other.
type direction struct {
	damage Damage
	mu     sync.Mutex
	random *rand.Rand
}

// apply gives what arrives of p, which is not changed.
func (way *direction) apply(p []byte) []byte {
	d := way.damage
	if d.Lose+d.Flip+d.Double+d.Insert == 0 {
		return p
	}
	way.mu.Lock()
	defer way.mu.Unlock()
	out := make([]byte, 0, len(p)+8)
	for _, c := range p {
		switch r := way.random.Float64(); {
		case r < d.Lose:
		case r < d.Lose+d.Flip:
			out = append(out, c^(1<<way.random.IntN(8)))
		case r < d.Lose+d.Flip+d.Double:
			out = append(out, c, c)
		case r < d.Lose+d.Flip+d.Double+d.Insert:
			out = append(out, byte(way.random.IntN(256)), c)
		default:
			out = append(out, c)
		}
	}
	return out
}
