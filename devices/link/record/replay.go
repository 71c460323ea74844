package record

import (
	"context"
	"slices"
	"sync"
	"time"

	"fotabench/devices"
	"fotabench/devices/link"
)

// ReplayOptions say how a recording is played.
type ReplayOptions struct {
	// Pace is how much longer than recorded the device takes: 1 as recorded, 0 as
	// fast as the host asks.
	Pace float64
	// Deviates, if not nil, is called for each deviation of the host, from one
	// goroutine at a time.
	Deviates func(Deviation)
}

// Way is how a host deviates.
type Way string

// The ways.
const (
	// Replaced: other bytes than recorded, after which it is taken to be where it
	// would have been.
	Replaced Way = "replaced"
	// Extra: bytes that were not recorded, and then the recorded ones.
	Extra Way = "extra"
	// Missing: recorded bytes were left out, with what the device answered.
	Missing Way = "missing"
	// Unfinished: the host closed before it had sent everything.
	Unfinished Way = "unfinished"
)

// shown bounds Deviation.Want and Got, in bytes.
const shown = 64

// Deviation is where the host is not as recorded.
type Deviation struct {
	// Link counts the links that were opened, from 1; At is the byte in what was
	// recorded as sent over it, from 0.
	Link int
	At   int64
	Way  Way
	// Want is what was recorded, masked bytes as stars, and Got what came, both cut
	// after 64 bytes.
	Want, Got []byte
}

// Replay is the device of a recording. It sends what the device sent, at the
// recorded pace, when the host has sent what it had sent until then; masked bytes
// may be any. It is played once.
type Replay struct {
	rec     *Recording
	options ReplayOptions

	mu       sync.Mutex
	begun    []bool // by link of rec
	played   []bool
	deviated int
}

// NewReplay makes a replay of rec.
func NewReplay(rec *Recording, options ReplayOptions) *Replay {
	return &Replay{rec: rec, options: options, begun: make([]bool, len(rec.Links)), played: make([]bool, len(rec.Links))}
}

// Attach makes drivers that are called with the context that it returns speak to
// the recorded device, and make up the words that they made up then.
func (p *Replay) Attach(ctx context.Context) context.Context {
	ctx = link.WithSeed(ctx, p.rec.Header.Seed)
	return link.Through(ctx, func(link.Opener) link.Opener { return p.Open })
}

// Deviations is how often the host deviated so far.
func (p *Replay) Deviations() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.deviated
}

// Finished tells whether every link that was recorded was played to its end.
func (p *Replay) Finished() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !slices.Contains(p.played, false)
}

// Open is a link.Opener: each call gives what the recorded call for address gave,
// in order, links and errors. An address that was not recorded stands for any.
// Beyond the end of the recording nothing is there (kind Absent).
func (p *Replay) Open(ctx context.Context, address devices.Address, _ link.Settings) (link.Link, error) {
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	i, ok := p.next(address)
	if !ok {
		return nil, &devices.Error{Op: "record: open", At: string(address), Kind: devices.Absent, Note: NoteNoMore, Args: []any{string(address)}}
	}
	if err := p.rec.Links[i].Refused; err != nil {
		p.done(i)
		return nil, err
	}
	host, device := link.Pipe()
	playing, stop := context.WithCancel(context.Background()) // Close ends it
	l := &replayed{Link: host, rate: p.rec.Links[i].Rate}
	l.close = sync.OnceValue(func() error {
		err := host.Close()
		l.player.Wait()
		stop()
		return err
	})
	l.player.Go(func() {
		defer device.Close()
		p.play(playing, i, device, true, nil)
	})
	return l, nil
}

// replayed is the host's end.
type replayed struct {
	link.Link
	rate   int
	player sync.WaitGroup
	close  func() error
}

func (l *replayed) Rate() int    { return l.rate }
func (l *replayed) Close() error { return l.close() }

// next takes the next link that was opened at address.
func (p *Replay) next(address devices.Address) (int, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	known := slices.ContainsFunc(p.rec.Links, func(l Link) bool { return l.Port == address })
	for i, l := range p.rec.Links {
		if !p.begun[i] && (l.Port == address || !known) {
			p.begun[i] = true
			return i, true
		}
	}
	return 0, false
}

func (p *Replay) done(i int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.played[i] = true
}

func (p *Replay) deviates(d Deviation) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.deviated++
	d.Want, d.Got = d.Want[:min(len(d.Want), shown)], d.Got[:min(len(d.Got), shown)]
	if p.options.Deviates != nil {
		p.options.Deviates(d)
	}
}

// opened is the number of link i among those that were opened.
func (p *Replay) opened(i int) int {
	n := 0
	for _, l := range p.rec.Links[:i+1] {
		if l.Refused == nil {
			n++
		}
	}
	return n
}

// paced is d at the pace of the replay.
func (p *Replay) paced(d time.Duration) time.Duration {
	return time.Duration(float64(max(d, 0)) * p.options.Pace)
}

// pause waits until ctx ends, too.
func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return context.Cause(ctx)
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
