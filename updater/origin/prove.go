// Package origin is where a fetching device gets its bytes: a URL that somebody
// else serves, which Prove first fetches and holds against the package, or our
// own host, which Serve runs on an address of this computer.
//
// It trusts no server: sizes are capped, redirects and certificates are checked,
// silence and a crawl end, and what was put together from several answers is the
// package only if its digests say so. It does not talk to devices.
package origin

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"time"

	"fotabench/devices"
	"fotabench/packages"
)

// Request says what to fetch and what it must turn out to be.
type Request struct {
	// URL is http, https or ftp. Credentials in it are used if User is empty.
	URL string
	// User and Password are sent to the URL's own host only, never to where a
	// redirect leads.
	User, Password string
	// CA is a PEM text to trust beside the system's certificates.
	CA string
	// AllowDowngrade lets a redirect lead from https to http.
	AllowDowngrade bool
	// Want is the file of the package that the URL must serve.
	Want packages.File
	// Proxy is "" for what the environment says, ProxyNone, or a proxy's URL. FTP
	// always goes directly.
	Proxy string
	// Limits bound the patience; the zero value means the usual ones.
	Limits Limits

	// dial replaces the network in tests.
	dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// ProxyNone is a Request.Proxy that goes directly, whatever the environment says.
const ProxyNone = "none"

// Limits bound the patience of Prove. A zero field means the usual value.
type Limits struct {
	// Dial bounds connecting, usually 15 s.
	Dial time.Duration
	// Stall is how long a server may be silent, usually 30 s.
	Stall time.Duration
	// MinRate is the slowest rate, in bytes/s over one Stall, that is not yet
	// taken for a crawl (TUF's "slow retrieval"), usually 256.
	MinRate int64
	// Total bounds all attempts together, usually 1 h.
	Total time.Duration
	// Tries is how many attempts in a row may bring nothing new, usually 5.
	Tries int
}

func (l Limits) orUsual() Limits {
	usual := func(d *time.Duration, v time.Duration) {
		if *d <= 0 {
			*d = v
		}
	}
	usual(&l.Dial, 15*time.Second)
	usual(&l.Stall, 30*time.Second)
	usual(&l.Total, time.Hour)
	if l.MinRate <= 0 {
		l.MinRate = 256
	}
	if l.Tries <= 0 {
		l.Tries = 5
	}
	return l
}

const (
	// maxAttempts bounds even a server that gives a little each time.
	maxAttempts = 100
	// firstPause and maxPause are the bounds of the pauses between attempts, which
	// double as long as nothing new arrives.
	firstPause = time.Second
	maxPause   = 30 * time.Second
)

// Prove fetches all that the URL serves and returns nil only if that is exactly
// Want: its size and its digests. Nothing is kept; memory is constant. A drop is
// resumed where the server can prove that the file is still the same, and what
// cannot get better is not tried again. progress is called from the caller's
// goroutine with bytes that never fall. Errors are *devices.Error with a Note,
// or wrap context.Cause(ctx).
func Prove(ctx context.Context, req Request, progress func(done, total int64)) error {
	f, err := newFetch(req, progress)
	if err != nil {
		return err
	}
	budget := problem(devices.Timeout, NoteBudget, nil, f.limits.Total.Seconds())
	ctx, cancel := context.WithTimeoutCause(ctx, f.limits.Total, budget)
	defer cancel()
	if err := f.run(ctx); err != nil {
		return located(err, f.url.String())
	}
	return nil
}

// newFetch reads a request.
func newFetch(req Request, progress func(done, total int64)) (*fetch, error) {
	u, err := parse(req.URL)
	if err != nil {
		return nil, err
	}
	if u.User != nil && req.User == "" {
		req.User = u.User.Username()
		req.Password, _ = u.User.Password()
	}
	u.User = nil
	req.Limits = req.Limits.orUsual()
	if progress == nil {
		progress = func(int64, int64) {}
	}
	return &fetch{req: req, url: u, limits: req.Limits, intake: newIntake(req.Want, progress)}, nil
}

// fetch is one Prove or Download under way.
type fetch struct {
	req    Request
	url    *url.URL
	limits Limits
	intake *intake
}

// answer is one body, from one offset on.
type answer interface {
	Read(p []byte) (int, error)
	// Close tells whether the server, too, thinks that it sent all it had.
	Close() error
	// ends is true if a clean end of the body is the end of the file, and not
	// perhaps the end of the connection.
	ends() bool
}

// source is a place that can be asked for the bytes from intake.done on. It
// calls intake.restart if it cannot go on there.
type source interface {
	open(ctx context.Context, in *intake) (answer, error)
	// mark is what the next open holds the file to, resume takes that of another run.
	mark() mark
	resume(mark)
}

func (f *fetch) source() (source, error) {
	if f.url.Scheme == "ftp" {
		return newFTPSite(f)
	}
	return newWebSite(f)
}

// again marks an error that time may heal, perhaps not before after.
type again struct {
	err   *devices.Error
	after time.Duration
}

func (a *again) Error() string { return a.err.Error() }
func (a *again) Unwrap() error { return a.err }

// run attempts until the file is proved, the error is one that stays, or the
// budget is used up.
func (f *fetch) run(ctx context.Context) error {
	site, err := f.source()
	if err != nil {
		return err
	}
	if f.intake.keep != nil {
		site.resume(f.intake.keep.mark)
	}
	idle, pause := 0, firstPause
	for attempt := 1; ; attempt++ {
		before := f.intake.taken
		err := f.attempt(ctx, site)
		if ctx.Err() != nil && err != nil {
			return context.Cause(ctx)
		}
		passing, ok := errors.AsType[*again](err)
		if !ok {
			return err
		}
		if f.intake.taken > before {
			idle, pause = 0, firstPause
		}
		idle++
		wait := max(pause, passing.after)
		if idle >= f.limits.Tries || attempt >= maxAttempts || !fits(ctx, wait) {
			return gaveUp(passing, attempt)
		}
		if err := sleep(ctx, wait); err != nil {
			return err
		}
		pause = min(2*pause, maxPause)
	}
}

// gaveUp is the last error with the number of attempts that it took.
func gaveUp(last *again, attempts int) error {
	if attempts > 1 {
		last.err.Op = "origin: fetch"
		tries := fmt.Sprintf("after %d attempts", attempts)
		if last.err.Detail != "" {
			tries = last.err.Detail + ", " + tries
		}
		last.err.Detail = tries
	}
	return last.err
}

// fits tells whether a pause ends before the budget does.
func fits(ctx context.Context, pause time.Duration) bool {
	deadline, ok := ctx.Deadline()
	return !ok || time.Until(deadline) > pause
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// attempt asks once, takes what comes, and proves it if it is complete.
func (f *fetch) attempt(ctx context.Context, site source) error {
	body, err := site.open(ctx, f.intake)
	if err != nil {
		return err
	}
	if keep := f.intake.keep; keep != nil {
		// From now on another run of the program can go on with what there is.
		keep.mark = site.mark()
		if err := keep.settle(); err != nil {
			return errors.Join(err, body.Close())
		}
	}
	readErr := f.intake.pump(body, pace{min: f.limits.MinRate, window: f.limits.Stall})
	closeErr := body.Close()
	if e, ok := errors.AsType[*devices.Error](readErr); ok {
		return e
	}
	if f.intake.complete() {
		return f.intake.prove()
	}
	if err := errors.Join(readErr, closeErr); err != nil {
		return f.trouble(err)
	}
	if body.ends() {
		return f.intake.ended()
	}
	return &again{err: problem(devices.Lost, NoteDropped, nil, f.url.Host)}
}
