package record

import (
	"archive/zip"
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"

	"fotabench/devices"
	"fotabench/packages/durable"
)

// BundleName is the recording's name in a support bundle.
const BundleName = "recording.jsonl"

// Load reads a recording from a file: by itself, or in a support bundle. A bundle
// without one gives an error of kind Absent with the code NoteNone.
func Load(path string) (*Recording, error) {
	f, err := durable.Open(path)
	if err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	defer f.Close()
	r := bufio.NewReader(f)
	rec, err := (*Recording)(nil), error(nil)
	if magic, _ := r.Peek(2); string(magic) == "PK" {
		rec, err = inBundle(f)
	} else {
		rec, err = Read(r)
	}
	var e *devices.Error
	if errors.As(err, &e) {
		e.At = path
		if e.Note == NoteNotRecording {
			e.Args[0] = path
		}
	}
	return rec, err
}

func inBundle(f *os.File) (*Recording, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	z, err := zip.NewReader(f, info.Size())
	if err != nil {
		return nil, &devices.Error{Op: "record: read", Kind: devices.Protocol, Note: NoteNotRecording, Args: []any{"", 0}, Err: err}
	}
	in, err := z.Open(BundleName)
	if err != nil {
		return nil, &devices.Error{Op: "record: read", Kind: devices.Absent, Note: NoteNone}
	}
	defer in.Close()
	rec, err := Read(io.LimitReader(in, maxRecording))
	if errors.Is(err, zip.ErrChecksum) || errors.Is(err, zip.ErrFormat) {
		return nil, &devices.Error{Op: "record: read", Kind: devices.Protocol, Note: NoteNotRecording, Args: []any{"", 0}, Err: err}
	}
	return rec, err
}
