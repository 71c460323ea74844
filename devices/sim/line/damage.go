package line

import "math/rand/v2"

// Damage is what a bad cable does to bytes, as shares of 1. The zero value is a
// good cable.
type Damage struct {
	// Lose is the share that never arrives, Flip arrives with one bit changed,
	// Double arrives twice, and before Insert a byte arrives that nobody sent.
	Lose, Flip, Double, Insert float64
}

// Apply gives what arrives of p. It is safe for concurrent use.
func (d Damage) Apply(p []byte) []byte {
	if d.Lose+d.Flip+d.Double+d.Insert == 0 {
		return p
	}
	out := make([]byte, 0, len(p)+8)
	for _, c := range p {
		switch r := rand.Float64(); {
		case r < d.Lose:
		case r < d.Lose+d.Flip:
			out = append(out, c^(1<<rand.IntN(8)))
		case r < d.Lose+d.Flip+d.Double:
			out = append(out, c, c)
		case r < d.Lose+d.Flip+d.Double+d.Insert:
			out = append(out, byte(rand.IntN(256)), c)
		default:
			out = append(out, c)
		}
	}
	return out
}
