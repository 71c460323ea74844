package record

import (
	"context"
	"errors"
	"net"
	"strconv"
	"sync"
	"time"

	"fotabench/devices"
	"fotabench/devices/link"
)

// Place is where a replay appears: PTY is the path of a pseudo terminal, TCP an
// address to listen on, port 0 picks one. Exactly one is set. Recorded ports after
// the first appear at PATH-2, PATH-3 and so on, or at free TCP ports.
type Place struct{ PTY, TCP string }

// socket is one port of the host's computer.
type socket interface {
	up() (devices.Address, error)
	// accept waits for the host; hears tells whether the link says that it left.
	accept(ctx context.Context) (l link.Link, hears bool, err error)
	down() error
}

// socket makes the nth port, from 0. It is not up yet.
func (at Place) socket(n int) socket {
	if at.PTY != "" {
		path := at.PTY
		if n > 0 {
			path += "-" + strconv.Itoa(n+1)
		}
		return newPTY(path)
	}
	listen := at.TCP
	if host, _, err := net.SplitHostPort(listen); n > 0 && err == nil {
		listen = net.JoinHostPort(host, "0")
	}
	return &tcpSocket{at: listen}
}

// stage is a replay that is served.
type stage struct {
	p    *Replay
	acts []*act
}

// act is one link of the recording.
type act struct {
	number int
	link   *Link
	port   *port
	after  []*act        // those that had ended when it began
	done   chan struct{} // closed when it ended, at
	at     time.Time
}

// port is a recorded port at its place. Its acts follow one another.
type port struct {
	socket socket
	ready  func(devices.Address)
	isUp   bool
	heard  []byte // from a host that cannot be told from the next, not yet compared
}

func (o *port) show() error {
	if o.isUp {
		return nil
	}
	at, err := o.socket.up()
	if err == nil {
		o.isUp = true
		o.ready(at)
	}
	return err
}

func (o *port) hide() error {
	if !o.isUp {
		return nil
	}
	o.isUp, o.heard = false, nil
	return o.socket.down()
}

// Serve plays the recording at a place, until all of it was played (nil) or ctx
// ends (its cause). It calls ready each time a port appears, from one goroutine at
// a time. Where the recorded device was away, the port is away, for as long as
// then at the replay's pace.
func (p *Replay) Serve(ctx context.Context, at Place, ready func(devices.Address)) error {
	var turn sync.Mutex
	s, ports := p.stage(at, func(a devices.Address) {
		turn.Lock()
		defer turn.Unlock()
		ready(a)
	})
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var acts sync.WaitGroup
	for _, a := range s.acts {
		acts.Go(func() {
			defer close(a.done)
			if err := s.run(ctx, a); err != nil {
				stop(err)
			}
			a.at = time.Now()
		})
	}
	acts.Wait()
	_ = pause(ctx, settle) // for the last words to be read
	err := context.Cause(ctx)
	for _, o := range ports {
		err = errors.Join(err, o.hide())
	}
	return err
}

// stage lays out what follows what.
func (p *Replay) stage(at Place, ready func(devices.Address)) (*stage, map[devices.Address]*port) {
	s, ports := &stage{p: p}, map[devices.Address]*port{}
	for i := range p.rec.Links {
		l := &p.rec.Links[i]
		if ports[l.Port] == nil {
			ports[l.Port] = &port{socket: at.socket(len(ports)), ready: ready}
		}
		a := &act{number: i, link: l, port: ports[l.Port], done: make(chan struct{})}
		for _, before := range s.acts {
			ended := before.link.Refused != nil || before.link.End != "" && before.link.EndAt <= l.At
			if ended || before.port == a.port {
				a.after = append(a.after, before)
			}
		}
		s.acts = append(s.acts, a)
	}
	return s, ports
}

// run plays one act.
func (s *stage) run(ctx context.Context, a *act) error {
	since, recorded := time.Now(), a.link.At
	for _, before := range a.after {
		select {
		case <-before.done:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		since, recorded = before.at, max(before.link.EndAt, before.link.At)
	}
	if a.link.Refused != nil {
		return s.away(ctx, a, since, recorded)
	}
	if !a.port.isUp {
		if err := pause(ctx, s.p.paced(a.link.At-recorded)-time.Since(since)); err != nil {
			return err
		}
	}
	if err := a.port.show(); err != nil {
		return err
	}
	l, hears, err := a.port.socket.accept(ctx)
	if err != nil {
		return err
	}
	a.port.heard = s.p.play(ctx, a.number, l, hears, a.port.heard)
	err = context.Cause(ctx)
	if a.link.End == Lost {
		// First, so that a host which looks at once finds nothing.
		err = errors.Join(err, a.port.hide())
	}
	if hears {
		_ = l.Close() // the host is gone, or is to lose it
		a.port.heard = nil
	}
	return err
}

// away is an act in which the port could not be opened. It is away for as long as
// it took the host to look again.
func (s *stage) away(ctx context.Context, a *act, since time.Time, recorded time.Duration) error {
	defer s.p.done(a.number)
	if !errors.Is(a.link.Refused, devices.Absent) {
		return nil
	}
	return errors.Join(a.port.hide(), pause(ctx, s.p.paced(a.link.At-recorded)-time.Since(since)))
}
