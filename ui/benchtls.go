package ui

import (
	"context"

	"fotabench/ui/bench"
	"fotabench/ui/words"
)

// secure lets an HTTPS host that is on speak TLS as it is chosen now; its files are read
// anew. Whoever fetches goes on.
func (w *window) secure() {
	s := &w.state.bench
	if w.cfg.Bench == nil || s.turning[bench.HTTPS] {
		return
	}
	chosen := s.tls
	s.turning[bench.HTTPS] = true
	w.feed.work(func(context.Context) func() {
		host, err := chosen.host()
		if err == nil {
			err = w.cfg.Bench.Secure(*host)
		}
		return func() {
			delete(s.turning, bench.HTTPS)
			delete(s.trouble, bench.HTTPS)
			if err != nil {
				s.trouble[bench.HTTPS] = words.Explain(err)
			}
			w.lookAtBench()
			w.render()
		}
	})
}
