package aliyun

import (
	"context"

	"fotabench/devices"
)

// claim is what a device says about one of its modules.
type claim struct {
	at     devices.Address
	module string
}

// watch comes back to a device that said its old version so soon after it had all of its
// package that it may yet restart and install it. It reports with each new connection only:
// where it has kept this one until its version counts, it has neither restarted nor will it,
// and says so still. One watch for each claim, however often it is made.
func (p *Platform) watch(ctx context.Context, l line, at devices.Address, module string) {
	key, name, _ := named(at)
	over, c := l.connection(key, name), claim{at, module}
	if over == nil {
		return
	}
	p.mu.Lock()
	_, watched := p.early[c]
	p.early[c] = over
	p.mu.Unlock()
	if watched {
		return
	}
	l.after(p.desk.Decisive(at, module), func() {
		p.mu.Lock()
		over := p.early[c]
		delete(p.early, c)
		p.mu.Unlock()
		if l.connection(key, name) != over {
			return // it is away, or reports over its new connection
		}
		o, why := p.desk.Stays(ctx, at, module)
		p.heed(ctx, l, at, module, o, why)
	})
}
