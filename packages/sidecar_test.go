package packages

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"
)

const text = "the firmware"

// TestSidecars: how a digest may be stated, and what it is then worth (P4).
func TestSidecars(t *testing.T) {
	s256, md := sum256(text), sumMD5(text)
	crc := mustOpen(t, folder(t, map[string]string{"f.bin": text}), "f.bin").Files[0].Digests[CRC32]
	bad := strings.Repeat("0", 64)
	for name, c := range map[string]struct {
		files map[string]string
		level Level
		code  Code
	}{
		"none":                {nil, Amber, TrustNone},
		"bare":                {map[string]string{"f.bin.sha256": s256}, Green, TrustProved},
		"upper case":          {map[string]string{"f.bin.sha256": strings.ToUpper(s256)}, Green, TrustProved},
		"suffix upper":        {map[string]string{"f.bin.SHA256": s256}, Green, TrustProved},
		"sha256sum":           {map[string]string{"f.bin.sha256sum": s256 + "  f.bin\n"}, Green, TrustProved},
		"BOM, CRLF, *":        {map[string]string{"f.bin.sha256": "\xef\xbb\xbf" + s256 + " *f.bin\r\n"}, Green, TrustProved},
		"UTF-16":              {map[string]string{"f.bin.sha256": utf16Text(s256 + "\r\n")}, Green, TrustProved},
		"BSD":                 {map[string]string{"f.bin.sha256": "SHA256 (f.bin) = " + s256}, Green, TrustProved},
		"BSD in SHA256SUMS":   {map[string]string{"SHA256SUMS": "SHA256 (f.bin) = " + s256}, Green, TrustProved},
		"list":                {map[string]string{"SHA256SUMS": bad + "  g.bin\n" + s256 + "  ./f.bin\n"}, Green, TrustProved},
		"list of others":      {map[string]string{"SHA256SUMS": bad + "  g.bin\n" + bad + "  sub/f.bin\n"}, Amber, TrustNone},
		"list with heading":   {map[string]string{"md5.txt": "Checksums of May\n\n" + md + " f.bin"}, Amber, TrustWeak},
		"renamed":             {map[string]string{"f.bin.sha256": s256 + "  old.bin\n"}, Green, TrustProved},
		"comment":             {map[string]string{"f.bin.sha256": "# by me\n" + s256}, Green, TrustProved},
		"MD5 only":            {map[string]string{"f.bin.md5": md}, Amber, TrustWeak},
		"MD5 in md5.txt":      {map[string]string{"md5.txt": md + "\n"}, Amber, TrustWeak},
		"CRC only":            {map[string]string{"f.bin.crc32": "0x" + strings.ToUpper(crc)}, Amber, TrustWeak},
		"wrong":               {map[string]string{"f.bin.sha256": bad}, Red, Mismatch},
		"wrong MD5 beside ok": {map[string]string{"f.bin.sha256": s256, "f.bin.md5": bad[:32]}, Red, Mismatch},
		"two disagree":        {map[string]string{"f.bin.sha256": s256, "SHA256SUMS": bad + "  f.bin"}, Red, Disagree},
		"two agree":           {map[string]string{"f.bin.sha256": s256, "SHA256SUMS": s256 + "  f.bin", "MD5SUMS": md + " *f.bin"}, Green, TrustProved},
	} {
		t.Run(name, func(t *testing.T) {
			dir := folder(t, c.files)
			write(t, dir, "f.bin", text)
			p := mustOpen(t, dir, "f.bin")
			got := p.Trust()
			if got.Level != c.level || got.Code != c.code {
				t.Errorf("%s %s, want %s %s: %+v", got.Level, got.Code, c.level, c.code, got.Files)
			}
			if err := p.Check(); (err != nil) != (c.level == Red) {
				t.Errorf("Check: %v", err)
			}
		})
	}
}

func write(t testing.TB, dir, name, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func utf16Text(s string) string {
	b := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return string(b)
}

func TestSidecarsThatAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		file, text string
		want       Code
	}{
		"empty":           {"f.bin.md5", "\r\n \n", EmptySidecar},
		"web page":        {"f.bin.md5", "<!DOCTYPE html>\n", BadSidecar},
		"wrong length":    {"f.bin.md5", sum256(text), BadSidecar},
		"no hex":          {"f.bin.md5", strings.Repeat("z", 32), BadSidecar},
		"unknown tag":     {"f.bin.sha256", "SHA3-256 (f.bin) = " + sum256(text), BadSidecar},
		"list, our line":  {"SHA256SUMS", sum256(text)[:60] + "  f.bin", BadSidecar},
		"endless":         {"SHA256SUMS", strings.Repeat("a", maxSidecar+1), LargeSidecar},
		"endless own one": {"f.bin.sha256", strings.Repeat("a", maxSidecar+1), LargeSidecar},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := open(t, folder(t, map[string]string{"f.bin": text, c.file: c.text}), "f.bin")
			if err == nil {
				t.Fatal("accepted")
			}
			if got := codeOf(t, err); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

func TestTyped(t *testing.T) {
	s := strings.ToUpper(sum256(text))
	for in, want := range map[string]Algorithm{
		s: SHA256, " " + s[:32] + "\r\n" + s[32:]: SHA256, sumMD5(text): MD5, strings.Repeat("ab:", 19) + "ab": SHA1, "0x352441C2": CRC32,
	} {
		if e, err := Typed(in); err != nil || e.Algorithm != want || e.Source != SourceTyped {
			t.Errorf("%q: %v, %v", in, e, err)
		}
	}
	for _, in := range []string{"", "xyz", s + "0", strings.Repeat("z", 64)} {
		if e, err := Typed(in); err == nil || codeOf(t, err) != BadTyped {
			t.Errorf("%q: %v, %v", in, e, err)
		}
	}
}

func TestTypedDigestCounts(t *testing.T) {
	dir := folder(t, map[string]string{"f.bin": text, "f.bin.md5": sumMD5(text)})
	right, err := Typed(sum256(text))
	if err != nil {
		t.Fatal(err)
	}
	wrong := right
	wrong.Hex = strings.Repeat("0", 64)
	p, err := Open(t.Context(), []string{filepath.Join(dir, "f.bin")}, OpenOptions{Typed: []Expected{wrong}})
	if err != nil {
		t.Fatal(err)
	}
	got := p.Trust()
	row := got.Files[0].Rows[0]
	if got.Level != Red || row.Source != SourceTyped || row.Expected != wrong.Hex || row.Computed != right.Hex {
		t.Errorf("%+v", got)
	}
	q := p.WithExpected(0, right)
	if q.Trust().Level != Green || p.Trust().Level != Red {
		t.Errorf("after correction %+v, before %+v", q.Trust(), p.Trust())
	}
}

func FuzzSidecar(f *testing.F) {
	f.Add([]byte(sum256(text)+"  f.bin\n"), true)
	f.Add([]byte("\xef\xbb\xbfSHA256 (f.bin) = "+sum256(text)+"\r\n"), false)
	f.Add([]byte(utf16Text("abc *f.bin")), true)
	f.Fuzz(func(t *testing.T, in []byte, shared bool) {
		found, err := sidecar{"f.bin.sha256", SHA256, shared}.parse(string(in), "f.bin")
		if err != nil {
			if len(err.Error()) > 1000 {
				t.Errorf("error of %d bytes", len(err.Error()))
			}
			return
		}
		for _, e := range found {
			if v, ok := digestText(e.Algorithm, e.Hex); !ok || v != e.Hex {
				t.Errorf("%+v is no digest", e)
			}
		}
	})
}
