// Package strictjson reads JSON documents that people or programs keep in files: one whole
// document and nothing after it, without a field that the reader does not know, since that
// may be a mistyped one or a restriction of a newer version. It does not know what the
// documents say, does not look for fields that stand twice, and opens no files.
package strictjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

// ErrMore says that a text goes on after its document.
var ErrMore = errors.New("there is more after the end")

// Read reads the document of a text over what into says already. Errors: ErrMore, or what
// encoding/json says; at is then the byte, counted from 0, up to which it was read.
func Read(text []byte, into any) (at int64, err error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return decoder.InputOffset(), err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return decoder.InputOffset(), ErrMore
	}
	return decoder.InputOffset(), nil
}
