package library

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/gofrs/flock"

	"fotabench/packages"
	"fotabench/packages/durable"
)

// Fetcher brings what a URL serves into the file part, and goes on where an earlier call
// stopped if the server can show that the file is still the same. It may keep notes in
// a file called part + ".json". It refuses more than packages.MaxBytes. name is what
// the server calls the file, "" if it does not say.
type Fetcher func(ctx context.Context, part string, progress func(done, total int64)) (name string, err error)

// Download is something to import from a URL.
type Download struct {
	// Address is the URL as it may be shown and kept: without credentials.
	Address string
	// Name is the file's name; "" takes the server's, or that in Address.
	Name string
	// Typed are digests that the file must have; a download that differs is refused.
	Typed []packages.Expected
	Fetch Fetcher
	// Progress is told bytes; total 0 is unknown. nil is allowed.
	Progress func(done, total int64)
	// More are the other files of the package in their order, each with Address, Name and
	// Fetch.
	More []Download
}

// Download imports a package from URLs, one for each of its files. What had arrived when a
// download broke off is kept, for a month, and the next call goes on there, also in
// another run of the program. Errors: Fetch's; packages.Mismatch for other bytes than
// Typed states; BadAddress; Fetching while the same is downloaded already; those of Import.
func (l *Library) Download(ctx context.Context, d Download) (Imported, error) {
	all := append([]Download{d}, d.More...)
	parts := make([]*arriving, 0, len(all))
	arrived := false
	defer func() {
		for _, p := range parts {
			p.close(l, arrived)
		}
	}()
	for _, one := range all {
		p, err := l.arrive(ctx, one)
		if err != nil {
			return Imported{}, err
		}
		parts = append(parts, p)
	}
	if d.Progress == nil {
		d.Progress = func(int64, int64) {}
	}
	for i, p := range parts {
		var err error
		if p.served, err = all[i].Fetch(ctx, p.part(), d.Progress); err != nil {
			return Imported{}, err
		}
	}
	imported, err := l.take(ctx, parts, ImportOptions{Typed: d.Typed, How: Fetched, place: parts[0].address})
	if arrived = err == nil; arrived || passing(err) || ctx.Err() != nil {
		return imported, l.trouble("download", err)
	}
	for _, p := range parts { // of no use: begin anew
		err = errors.Join(err, p.forget())
	}
	return imported, l.trouble("download", err)
}

// arriving is a file that is downloaded, and whose lock says that somebody is at it.
type arriving struct {
	dir, address string
	name         string // as the caller wants it, "" if that does not matter
	served       string // as the server calls it
	alive        *flock.Flock
}

// partName is the file of a download under way.
const partName = "part"

func (a *arriving) part() string { return filepath.Join(a.dir, partName) }

// file is where the file is while it is imported: under its name, with nothing beside it
// that could be taken for a statement about it.
func (a *arriving) file() string {
	return filepath.Join(a.dir, "file", fileName(a.name, a.served, a.address))
}

// close gives it back. What arrived and was imported is of no more use.
func (a *arriving) close(l *Library, arrived bool) {
	_ = a.alive.Close() // where that fails, so does what follows
	if arrived {
		l.tidy(a.dir)
	}
}

// forget removes what arrived.
func (a *arriving) forget() (err error) {
	for _, path := range []string{a.part(), a.part() + ".json"} {
		if removed := os.Remove(path); removed != nil && !errors.Is(removed, os.ErrNotExist) {
			err = errors.Join(err, removed)
		}
	}
	return err
}

// take imports parts that are complete, under their names. After an error they are parts
// again.
func (l *Library) take(ctx context.Context, parts []*arriving, opts ImportOptions) (imported Imported, err error) {
	var files []string
	defer func() {
		for i := range files {
			if err != nil {
				err = errors.Join(err, durable.Move(files[i], parts[i].part()))
			}
		}
	}()
	for _, p := range parts {
		if err := os.MkdirAll(filepath.Dir(p.file()), 0o700); err != nil {
			return Imported{}, err
		}
		if err := durable.Move(p.part(), p.file()); err != nil {
			return Imported{}, err
		}
		files = append(files, p.file())
	}
	return l.Import(ctx, files, opts)
}

// bare is an address without user, password and fragment, whoever left them in.
func bare(address string) (string, error) {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil || u.Host == "" || len(address) > maxText {
		return "", &packages.Error{Op: "download", Code: BadAddress} // the text may hold a password
	}
	u.User, u.Fragment = nil, ""
	return u.String(), nil
}

// arrive gives the place where the download of an address is kept.
func (l *Library) arrive(ctx context.Context, d Download) (*arriving, error) {
	address, err := bare(d.Address)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256([]byte(address))
	dir := filepath.Join(l.dir, incoming, "fetch-"+hex.EncodeToString(sum[:16]))
	a := &arriving{dir: dir, address: address, name: d.Name, alive: flock.New(filepath.Join(dir, aliveName))}
	err = l.locked(ctx, "download", func() error {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
		l.discard(filepath.Join(dir, dueName)) // somebody goes on with it
		got, err := a.alive.TryLock()
		if err != nil || !got {
			err = errors.Join(err, a.alive.Close())
			if err == nil {
				err = &packages.Error{Op: "download", Code: Fetching, Args: []any{address}}
			}
			return err
		}
		now := l.opts.Now()
		_ = os.Chtimes(a.alive.Path(), now, now) // else it is as old as what arrived last
		return nil
	})
	if err != nil {
		return nil, err
	}
	return a, nil
}

// fileName is the first name that a file may have.
func fileName(names ...string) string {
	if u, err := url.Parse(names[len(names)-1]); err == nil {
		names[len(names)-1] = path.Base(u.Path)
	}
	for _, n := range names {
		n = path.Base(strings.ReplaceAll(n, `\`, "/"))
		if packages.GoodBase(n) && n != "/" {
			return n
		}
	}
	return "download.bin"
}
