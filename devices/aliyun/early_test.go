package aliyun

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fotabench/devices/checkin"
)

// cord is a line to one device, whose connection a test changes.
type cord struct {
	*hearers
	mu      sync.Mutex
	over    any
	pushes  int
	replies []string
}

func (*cord) name() string                  { return "note" }
func (c *cord) reaches(string, string) bool { return c.connection("", "") != nil }

func (c *cord) connection(string, string) any {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.over
}

// connect makes a connection, nil for none.
func (c *cord) connect(over any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.over = over
}

// pushed counts pushes.
func (c *cord) pushed() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.pushes
}

func (c *cord) publish(topic string, payload []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if strings.HasPrefix(topic, topicUpgrade) {
		c.pushes++
	} else {
		c.replies = append(c.replies, string(payload))
	}
	return nil
}

// TestEarlyWords: a device that has all of its package, and reports its old version over a
// connection that it made before it restarts, is not told again, and has not failed. Where it
// keeps that connection until its version counts it has; it is told again then.
func TestEarlyWords(t *testing.T) {
	const who = productKey + "/device"
	image := newPackage(t, "", []byte("an image"))
	for name, c := range map[string]struct {
		then   func(c *cord, inform func(string))
		want   checkin.Phase
		pushes int
	}{
		"restarts":                 {func(c *cord, inform func(string)) { c.connect("third"); inform(newVersion) }, checkin.Verified, 1},
		"stays connected":          {func(*cord, func(string)) {}, checkin.Waiting, 2}, // with what it is given next
		"is away":                  {func(c *cord, _ func(string)) { c.connect(nil) }, checkin.Waiting, 1},
		"is back without a word":   {func(c *cord, _ func(string)) { c.connect("third") }, checkin.Waiting, 1},
		"flaps once more":          {func(c *cord, inform func(string)) { c.connect("third"); inform(oldVersion) }, checkin.Waiting, 2},
		"is connected elsewhere":   {func(c *cord, inform func(string)) { c.connect(nil); inform(oldVersion) }, checkin.Waiting, 1},
		"reports over and over":    {func(_ *cord, inform func(string)) { inform(oldVersion); inform(oldVersion) }, checkin.Waiting, 2},
		"installs a third version": {func(_ *cord, inform func(string)) { inform("1.0.5") }, checkin.Failed, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var failed atomic.Int64
				desk := checkin.New(checkin.Config{Gift: func(g checkin.Gift) {
					if g.Step == checkin.StepFailed {
						failed.Add(1)
					}
				}})
				rules := &checkin.Rules{Register: true, Rules: []checkin.Rule{{
					Offer: checkin.Offer{Package: image}, From: []string{oldVersion},
				}}}
				desk.SetRules(rules)
				p, line := NewPlatform(desk, nil), &cord{over: "first"}
				ctx, stop := context.WithCancel(t.Context())
				line.hearers = hearFor(ctx, p, line)
				defer line.running.Wait()
				defer stop()
				p.join(line)
				say := func(topic, params string) {
					p.hear(ctx, line, "", topic, []byte(`{"id":"1","params":{`+params+`}}`))
				}
				inform := func(version string) { say(topicInform+who, `"version":"`+version+`"`) }
				at := address(productKey, "device")
				phase := func() checkin.Phase { g, _ := desk.Guest(at); return g.Phase }

				inform(oldVersion)
				say(topicProgress+who, `"step":"100"`)
				require.Equal(t, checkin.Waiting, phase())
				time.Sleep(20 * time.Second)
				line.connect("second")
				inform(oldVersion)
				say(topicSys+who+afterGet, `"module":"default"`)
				require.Equal(t, []any{checkin.Waiting, 1}, []any{phase(), line.pushed()})
				require.Len(t, line.replies, 1)
				require.NotContains(t, line.replies[0], newVersion)

				time.Sleep(20 * time.Second)
				c.then(line, inform)
				time.Sleep(79 * time.Second)
				require.Zero(t, min(failed.Load(), int64(line.pushed()-1)), "a second before its version counts")
				time.Sleep(time.Hour)
				assert.Equal(t, c.pushes, line.pushed())
				got := phase()
				if c.pushes == 2 {
					assert.EqualValues(t, 1, failed.Load())
					got = checkin.Waiting // for what it was told again
				}
				assert.Equal(t, c.want, got)
			})
		})
	}
}
