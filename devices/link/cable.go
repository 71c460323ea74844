package link

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Cable is a bad cable as a person orders it.
type Cable struct {
	// Baud is its speed in bits a second, 0 for the line's own.
	Baud int
	// Delay is how much later each byte arrives.
	Delay time.Duration
	// Faults are in both directions.
	Faults Orders
}

// CableHelp says how ParseCable reads a cable.
const CableHelp = "rate=BAUD, delay=DURATION, drop, flip, insert, duplicate=PER-MILLE, cut, half-open=BYTES, seed=NUMBER; separated by commas"

// maxPerMille bounds a rate of damage: above it no byte means anything.
const maxPerMille = 1000

// ParseCable reads an order such as "rate=9600,drop=2,seed=7"; see CableHelp.
// Damage strikes both directions.
func ParseCable(order string) (Cable, error) {
	var c Cable
	for part := range strings.SplitSeq(order, ",") {
		name, value, ok := strings.Cut(strings.TrimSpace(part), "=")
		if !ok {
			return Cable{}, fmt.Errorf("link: cable: %q is not NAME=VALUE (%s)", part, CableHelp)
		}
		if err := c.set(name, value); err != nil {
			return Cable{}, fmt.Errorf("link: cable: %q: %w", part, err)
		}
	}
	c.Faults.FromDevice = c.Faults.ToDevice
	return c, nil
}

func (c *Cable) set(name, value string) error {
	if name == "delay" {
		d, err := time.ParseDuration(value)
		if err != nil || d <= 0 || d > time.Hour {
			return fmt.Errorf("want a duration such as 80ms")
		}
		c.Delay = d
		return nil
	}
	n, err := strconv.ParseUint(value, 10, 63)
	if err != nil {
		return fmt.Errorf("want a number")
	}
	at := int64(n)
	noise := map[string]*int{
		"drop": &c.Faults.ToDevice.Drop, "flip": &c.Faults.ToDevice.Flip,
		"insert": &c.Faults.ToDevice.Insert, "duplicate": &c.Faults.ToDevice.Duplicate,
	}
	switch {
	case noise[name] != nil:
		if n > maxPerMille {
			return fmt.Errorf("want 0 to %d per mille", maxPerMille)
		}
		*noise[name] = int(n)
	case name == "rate":
		const fastest = 1_000_000_000
		if n < 50 || n > fastest {
			return fmt.Errorf("want 50 to %d bits a second", fastest)
		}
		c.Baud = int(n)
	case name == "cut":
		c.Faults.CutAt = &at
	case name == "half-open":
		c.Faults.HalfOpenAt = &at
	case name == "seed":
		c.Faults.Seed = n
	default:
		return fmt.Errorf("unknown (%s)", CableHelp)
	}
	return nil
}

// Wrappers are what a link wears to be like c.
func (c Cable) Wrappers() []Wrapper {
	var list []Wrapper
	if c.Delay > 0 {
		list = append(list, func(l Link) Link { return Delay(l, c.Delay) })
	}
	if c.Baud > 0 {
		list = append(list, func(l Link) Link { return Throttle(l, c.Baud) })
	}
	return slices.Concat(list, []Wrapper{func(l Link) Link { return Faulty(l, c.Faults) }})
}
