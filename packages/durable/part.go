package durable

import (
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"time"
)

const (
	partPrefix = ".fotabench-"
	partSuffix = ".part"
	// partRests is how long nothing was written to a part that is swept: one that was just
	// made, or is just being renamed, is held by nobody.
	partRests = time.Minute
	// oldRests is the same for parts of programs before this one, which did not hold theirs.
	oldRests = 24 * time.Hour
)

// parts are the names of parts; before this program they had no ending.
var parts = regexp.MustCompile(`^\.fotabench-[A-Z2-7]{26}(\.part)?$`)

// part is a file beside the one that it becomes. As long as its program has it open it is
// held, where the file system can; see hold.
type part struct{ *os.File }

// newPart makes a part for a file in dir, after what dead programs left there was swept. Its
// name does not hold that of the file, which may be as long as the system allows.
func newPart(dir string, mode fs.FileMode) (*part, error) {
	sweep(dir, time.Now())
	f, err := os.OpenFile(filepath.Join(dir, partPrefix+rand.Text()+partSuffix), os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return nil, err
	}
	hold(f)
	return &part{f}, nil
}

// Sync makes the part survive a loss of power. It may have taken long; for who would sweep
// the part it begins to rest now.
func (p *part) Sync() error {
	err := p.File.Sync()
	_ = os.Chtimes(p.Name(), time.Time{}, time.Now()) // where times cannot be set, Sync was not that slow
	return err
}

// sweep removes what writers that are dead left in a folder: regular files of this user with
// the name of a part, which nobody holds and to which nothing was written for a while.
// Anything else stays, also where that cannot be found out.
func sweep(dir string, now time.Time) {
	d, err := os.Open(dir)
	if err != nil {
		return // it is told when the file is made
	}
	defer d.Close()
	for {
		names, err := d.Readdirnames(1000)
		for _, name := range names {
			if parts.MatchString(name) {
				sweepOne(filepath.Join(dir, name), now)
			}
		}
		if err != nil {
			return // the end, or what cannot be read is not swept
		}
	}
}

func sweepOne(path string, now time.Time) {
	info, err := os.Lstat(path)
	if err != nil || !info.Mode().IsRegular() || !own(info) {
		return
	}
	rests := partRests
	if filepath.Ext(path) != partSuffix {
		rests = oldRests
	}
	if now.Sub(info.ModTime()) < rests {
		return
	}
	removeUnheld(path, info)
}

// Export makes a file that only this user may read, in a folder of his: reports, tables,
// signatures. It is there whole, or what was there before. What write leaves when its
// program is killed is swept by the next Export or Replace into the folder. The folder must
// exist; a link becomes the file itself. Errors: those of write; a *KindError where path is
// or leads to what is no file; and those of the file system.
func Export(path string, write func(io.Writer) error) error {
	if special(path) {
		return &KindError{Name: filepath.Base(path), Written: true}
	}
	p, err := newPart(filepath.Dir(path), 0o600)
	if err != nil {
		return named(err, path)
	}
	return p.become(path, write(p))
}

// become puts the part in the place of the file at path, unless err says that it is not
// whole: then it is removed, and the error is err.
func (p *part) become(path string, err error) error {
	if err == nil {
		err = p.Sync()
	}
	closed := p.Close()
	if err == nil {
		err = closed
	}
	if err == nil {
		err = replace(p.Name(), path)
	}
	if err != nil {
		_ = os.Remove(p.Name()) // given up for a better reason
		return p.about(err, path)
	}
	return syncFolder(filepath.Dir(path))
}

// about is err about path where it is about the part; what write read elsewhere keeps its name.
func (p *part) about(err error, path string) error {
	var of *fs.PathError
	var between *os.LinkError
	if errors.As(err, &of) && of.Path == p.Name() || errors.As(err, &between) && between.Old == p.Name() {
		return named(err, path)
	}
	return err
}

// Whole is a write of Export and Replace for a text that there is.
func Whole(text []byte) func(io.Writer) error {
	return func(out io.Writer) error {
		_, err := out.Write(text)
		return err
	}
}
