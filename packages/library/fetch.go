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
}

// Download imports one file from a URL. What had arrived when a download broke off is
// kept, for a month, and the next call goes on there, also in another run of the
// program. Errors: Fetch's; packages.Mismatch for other bytes than Typed states;
// BadAddress; Busy if another program downloads the same; those of Import.
func (l *Library) Download(ctx context.Context, d Download) (Imported, error) {
	address, err := bare(d.Address)
	if err != nil {
		return Imported{}, err
	}
	var dir string
	var done func(arrived bool) error
	err = l.locked(ctx, "download", func() (err error) {
		dir, done, err = l.fetchFolder(address)
		return err
	})
	if err != nil {
		return Imported{}, err
	}
	imported, err := l.download(ctx, dir, address, d)
	if closed := l.trouble("download", done(err == nil)); err == nil {
		err = closed
	}
	return imported, err
}

func (l *Library) download(ctx context.Context, dir, address string, d Download) (Imported, error) {
	if d.Progress == nil {
		d.Progress = func(int64, int64) {}
	}
	part := filepath.Join(dir, "part")
	name, err := d.Fetch(ctx, part, d.Progress)
	if err != nil {
		return Imported{}, err
	}
	imported, err := l.take(ctx, part, fileName(d.Name, name, address), ImportOptions{Typed: d.Typed, How: Fetched, place: address})
	if err == nil || passing(err) || ctx.Err() != nil {
		return imported, l.trouble("download", err)
	}
	for _, path := range []string{part, part + ".json"} { // of no use: begin anew
		if removed := os.Remove(path); removed != nil && !errors.Is(removed, os.ErrNotExist) {
			err = errors.Join(err, removed)
		}
	}
	return imported, l.trouble("download", err)
}

// take imports a part that is complete, under its name, from a folder in which nothing
// else lies. After an error it is a part again.
func (l *Library) take(ctx context.Context, part, name string, opts ImportOptions) (imported Imported, err error) {
	file := filepath.Join(filepath.Dir(part), "file", name)
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return Imported{}, err
	}
	if err := durable.Move(part, file); err != nil {
		return Imported{}, err
	}
	imported, err = l.Import(ctx, []string{file}, opts)
	return imported, errors.Join(err, durable.Move(file, part))
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

// fetchFolder is where the download of an address is kept, and whose lock says that
// somebody is at it. done gives it back, and removes it if all arrived. It runs under
// the library's lock.
func (l *Library) fetchFolder(address string) (dir string, done func(arrived bool) error, err error) {
	sum := sha256.Sum256([]byte(address))
	dir = filepath.Join(l.dir, incoming, "fetch-"+hex.EncodeToString(sum[:16]))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", nil, err
	}
	alive := flock.New(filepath.Join(dir, aliveName))
	got, err := alive.TryLock()
	if err != nil || !got {
		err = errors.Join(err, alive.Close())
		if err == nil {
			err = &packages.Error{Op: "download", Code: Busy, Args: []any{l.dir}}
		}
		return "", nil, err
	}
	return dir, func(arrived bool) error {
		err := alive.Close()
		if arrived {
			err = errors.Join(err, os.RemoveAll(dir))
		}
		return err
	}, nil
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
