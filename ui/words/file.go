package words

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"fotabench/devices"
	"fotabench/packages/durable"
)

// What went wrong with a file, {0}.
const (
	FileDenied   devices.Code = "file.denied"
	FileReadOnly devices.Code = "file.readonly"
	FileFull     devices.Code = "file.full"
	FileAbsent   devices.Code = "file.absent"
)

// ofFile says what err is about if the system refused a file; "" if it is no such error.
func ofFile(err error) (devices.Code, []any) {
	var path string
	var one *fs.PathError
	var two *os.LinkError
	switch {
	case errors.As(err, &one):
		path = one.Path
	case errors.As(err, &two):
		path = two.New
	default:
		return "", nil
	}
	switch {
	case durable.Full(err):
		return FileFull, []any{path}
	case durable.ReadOnly(err):
		return FileReadOnly, []any{path}
	case errors.Is(err, fs.ErrPermission):
		return FileDenied, []any{path}
	case errors.Is(err, fs.ErrNotExist):
		if folder := filepath.Dir(path); !there(folder) {
			path = folder
		}
		return FileAbsent, []any{path}
	}
	return "", nil
}

func there(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}
