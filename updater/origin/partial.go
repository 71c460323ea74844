package origin

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"time"

	"fotabench/packages"
)

const (
	// syncLeast and syncMost are between how many bytes a loss of power may cost, syncEvery
	// how much time; of a file whose digest is known the end of the program costs none.
	syncLeast = 64 << 10
	syncMost  = 8 << 20
	syncEvery = time.Second
	// maxPartialNote bounds the note of a part, in bytes.
	maxPartialNote = 16 << 10
)

// partial is what has arrived of a download, in a file.
type partial struct {
	partialNote
	file *os.File
	path string
	// at is how far the file is written; Done how far it is known to be on the disk.
	at int64
	// noted is true where a note said what the file is part of.
	noted bool
	// settled is when that was last brought to the disk.
	settled time.Time
}

// partialNote is what is remembered of a part, in JSON beside it.
type partialNote struct {
	mark
	// Done bytes are on the disk; Size is that of the whole, 0 if unknown.
	Done int64 `json:"done"`
	Size int64 `json:"size,omitempty"`
}

// read takes the note, if there is one that fits the file; otherwise the part begins
// anew.
func (p *partial) read() {
	var note partialNote
	info, err := p.file.Stat()
	text, readErr := readNote(p.path + ".json")
	if err != nil || readErr != nil || json.Unmarshal(text, &note) != nil || note.Done < 0 || note.Done > info.Size() || note.Done > packages.MaxBytes {
		return
	}
	p.partialNote, p.noted = note, true
}

// extend counts what is there behind what is known to be on the disk, if a program that
// was killed wrote it. After a loss of power it may be anything, so this is for files that
// are proved by a digest.
func (p *partial) extend() error {
	info, err := p.file.Stat()
	if err != nil {
		return unkept(err)
	}
	if p.noted && info.Size() <= packages.MaxBytes {
		p.Done = info.Size()
	}
	return nil
}

func readNote(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxPartialNote))
}

// fits tells whether the part may be one of the file that is wanted.
func (p *partial) fits(want packages.File) bool {
	return want.Size == 0 || p.Done <= want.Size && (p.Size == 0 || p.Size == want.Size)
}

// replay reads what is there and leaves the part open behind it.
func (p *partial) replay(take func([]byte)) error {
	if err := p.file.Truncate(p.Done); err != nil {
		return unkept(err)
	}
	if _, err := p.file.Seek(0, io.SeekStart); err != nil {
		return unkept(err)
	}
	buf := make([]byte, 256<<10)
	for p.at = 0; p.at < p.Done; {
		n, err := p.file.Read(buf)
		take(buf[:n])
		p.at += int64(n)
		if err != nil {
			return unkept(err)
		}
	}
	return nil
}

// restart throws away what is there.
func (p *partial) restart() error {
	p.at = 0
	p.partialNote = partialNote{}
	err := p.file.Truncate(0)
	if _, seek := p.file.Seek(0, io.SeekStart); seek != nil {
		err = errors.Join(err, seek)
	}
	if err != nil {
		return unkept(err)
	}
	return nil
}

// write adds bytes.
func (p *partial) write(b []byte) error {
	n, err := p.file.Write(b)
	p.at += int64(n)
	if err != nil {
		return unkept(err)
	}
	// The more there is, the more may be lost: a short file is settled often.
	if due := min(max(p.Done/2, syncLeast), syncMost); p.at-p.Done >= due || time.Since(p.settled) >= syncEvery {
		return p.settle()
	}
	return nil
}

// settle brings the bytes to the disk and then says so in the note.
func (p *partial) settle() error {
	if err := p.file.Sync(); err != nil {
		return unkept(err)
	}
	p.Done, p.settled = p.at, time.Now()
	text, err := json.Marshal(p.partialNote)
	if err == nil {
		err = os.WriteFile(p.path+".json.new", text, 0o600)
	}
	if err == nil {
		err = os.Rename(p.path+".json.new", p.path+".json")
	}
	if err != nil {
		return unkept(err)
	}
	return nil
}

// close keeps what there is for the next time.
func (p *partial) close() error {
	err := p.settle()
	if closed := p.file.Close(); closed != nil && err == nil {
		err = unkept(closed)
	}
	return err
}
