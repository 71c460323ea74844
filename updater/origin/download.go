package origin

import (
	"context"
	"mime"
	"os"
	"path"
	"strings"
	"time"

	"fotabench/devices"
	"fotabench/packages"
)

// Download fetches what the URL serves into the file part, and goes on where an earlier
// Download stopped, also one of another run of the program that was killed, if the server can show that
// the file is still the same; part+".json" is its note. req.Want states what is known:
// digests that the whole must have, a size, or nothing; more than packages.MaxBytes is
// refused in any case. It returns the name that the server gives the file, "" if none.
// After an error the part stays for the next Download. progress is called from the
// caller's goroutine; a total of 0 is unknown. Errors: those of Prove.
func Download(ctx context.Context, req Request, part string, progress func(done, total int64)) (name string, err error) {
	f, err := newFetch(req, progress)
	if err != nil {
		return "", err
	}
	budget := problem(devices.Timeout, NoteBudget, nil, f.limits.Total.Seconds())
	ctx, cancel := context.WithTimeoutCause(ctx, f.limits.Total, budget)
	defer cancel()
	keep, err := openPart(part)
	if err == nil {
		err = f.into(ctx, keep)
		if closed := keep.close(); err == nil {
			err = closed
		}
	}
	if err != nil {
		return "", located(err, f.url.String())
	}
	return keep.Name, nil
}

// into runs the fetch with a part that gets the bytes.
func (f *fetch) into(ctx context.Context, keep *partial) error {
	if len(f.req.Want.Digests) > 0 {
		if err := keep.extend(); err != nil {
			return err
		}
	}
	if !keep.fits(f.req.Want) {
		if err := keep.restart(); err != nil {
			return err
		}
	}
	f.intake.keep = keep
	f.intake.sums = f.intake.hashes()
	if err := f.intake.resume(); err != nil {
		return err
	}
	if f.intake.complete() {
		f.intake.patched = true
		err := f.intake.prove()
		if err == nil {
			return nil
		}
	}
	return f.run(ctx)
}

// resume takes in what the part holds.
func (in *intake) resume() error {
	done := in.keep.Done
	in.size = in.keep.Size
	if in.want.Size > 0 {
		in.size = in.want.Size
	}
	if err := in.keep.replay(in.digest); err != nil {
		return err
	}
	in.done, in.high = done, done
	return nil
}

// fileName is what a server calls the file, "" if it does not say.
func fileName(disposition string) string {
	_, params, err := mime.ParseMediaType(disposition)
	if err != nil {
		return ""
	}
	name := path.Base(strings.ReplaceAll(params["filename"], `\`, "/"))
	if !packages.GoodBase(name) {
		return ""
	}
	return name
}

// mark is what the next range can be held to, over restarts of the program.
type mark struct {
	// Validator and ETag are a webSite's, Changed an ftpSite's.
	Validator string    `json:"validator,omitempty"`
	ETag      string    `json:"etag,omitempty"`
	Changed   time.Time `json:"changed,omitzero"`
	Name      string    `json:"name,omitempty"`
}

// openPart opens or makes the part at path.
func openPart(path string) (*partial, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, unkept(err)
	}
	p := &partial{file: file, path: path}
	p.read()
	return p, nil
}

// unkept is the error for a part that cannot be written.
func unkept(err error) error { return problem(devices.Space, NoteKeep, err) }
