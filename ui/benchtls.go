package ui

import (
	"context"

	"fotabench/ui/bench"
	"fotabench/ui/words"
)

// secure lets an HTTPS host that is on speak TLS as it is chosen now; its files are read
// anew. Whoever fetches goes on. While the host is being turned it is done after that.
func (w *window) secure() {
	s := &w.state.bench
	if w.cfg.Bench == nil {
		return
	}
	if s.turning[bench.HTTPS] {
		s.tlsDue = true
		return
	}
	chosen := s.tls
	s.tlsDue, s.turning[bench.HTTPS] = false, true
	w.feed.work(func(context.Context) func() {
		host, err := chosen.host()
		if err == nil {
			err = w.cfg.Bench.Secure(*host)
		}
		return func() {
			switch {
			case err != nil:
				s.trouble[bench.HTTPS] = words.Explain(err)
			case s.tlsWrong:
				delete(s.trouble, bench.HTTPS)
			}
			s.tlsWrong = err != nil
			w.turned(bench.HTTPS)
		}
	})
}

// turned is for a service that is not being switched any more.
func (w *window) turned(service bench.Service) {
	s := &w.state.bench
	delete(s.turning, service)
	if service == bench.HTTPS && s.tlsDue {
		w.secure()
	}
	w.lookAtBench()
	w.render()
}
