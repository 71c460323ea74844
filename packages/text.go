package packages

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// errText says that a text is in no encoding that is read here.
var errText = errors.New("neither UTF-8, UTF-16 with a mark nor GBK")

// plain decodes what editors, PowerShell and vendors' tools write: UTF-8 with or without a
// byte order mark, UTF-16 with one, and GBK, which programs on a Chinese Windows write
// unasked; gbk says that it was this, since other encodings look alike. It is read as
// GB18030, which holds all of GBK.
func plain(raw []byte) (text string, gbk bool, err error) {
	switch {
	case bytes.HasPrefix(raw, []byte("\xef\xbb\xbf")):
		raw = raw[3:]
	case bytes.HasPrefix(raw, []byte("\xff\xfe")):
		return wide(raw[2:], binary.LittleEndian), false, nil
	case bytes.HasPrefix(raw, []byte("\xfe\xff")):
		return wide(raw[2:], binary.BigEndian), false, nil
	}
	if utf8.Valid(raw) {
		return string(raw), false, nil
	}
	decoded, err := simplifiedchinese.GB18030.NewDecoder().Bytes(raw)
	if err != nil || bytes.ContainsRune(decoded, utf8.RuneError) {
		return "", false, errText
	}
	return string(decoded), true, nil
}

func wide(text []byte, order binary.ByteOrder) string {
	units := make([]uint16, len(text)/2)
	for i := range units {
		units[i] = order.Uint16(text[2*i:])
	}
	return string(utf16.Decode(units))
}

// readAsGBK remembers the names of files beside the package that were read so.
func (p *Package) readAsGBK(names ...string) {
	for _, name := range names {
		if !slices.Contains(p.GBK, name) {
			p.GBK = append(p.GBK, name)
		}
	}
}
