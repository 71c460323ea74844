package packages

import (
	"slices"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"
)

func gbk(t testing.TB, text string) string {
	t.Helper()
	raw, err := simplifiedchinese.GBK.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// TestGBK: what a vendor's tool on a Chinese Windows writes is read as what it says, and told.
func TestGBK(t *testing.T) {
	p := mustOpen(t, folder(t, map[string]string{
		"固件.bin":      text,
		"固件.bin.json": gbk(t, `{"name":"水表固件","targetVersion":"2","files":[{"name":"固件.bin","md5":"`+sumMD5(text)+`"}]}`),
		"SHA256SUMS":  gbk(t, sum256(text)+"  固件.bin\r\n"),
	}), "固件.bin")
	if p.Name != "水表固件" || p.Trust().Level != Green || len(p.Files[0].Expected) != 2 {
		t.Errorf("%q, %+v", p.Name, p.Files[0].Expected)
	}
	if !slices.Equal(p.GBK, []string{"SHA256SUMS", "固件.bin.json"}) {
		t.Errorf("told: %q", p.GBK)
	}
	shared := map[string]string{"固件.bin": text, "manifest.json": gbk(t, `{"name":"水表","files":[{"name":"固件.bin"}]}`)}
	if p := mustOpen(t, folder(t, shared), "固件.bin"); p.Name != "水表" || !slices.Equal(p.GBK, []string{"manifest.json"}) {
		t.Errorf("shared: %q, %q", p.Name, p.GBK)
	}
	utf8 := map[string]string{"固件.bin": text, "固件.bin.json": `{"name":"水表固件"}`}
	if p := mustOpen(t, folder(t, utf8), "固件.bin"); p.Name != "水表固件" || p.GBK != nil {
		t.Errorf("UTF-8: %q, %q", p.Name, p.GBK)
	}
}

// TestNoText: what is in no encoding that is read here is refused by its name, unless it is a
// list or a manifest that speaks of something else.
func TestNoText(t *testing.T) {
	const odd = "\xff\x80 \x81"
	for _, name := range []string{"f.bin.json", "f.bin.md5"} {
		_, err := open(t, folder(t, map[string]string{"f.bin": text, name: odd}), "f.bin")
		if err == nil || codeOf(t, err) != BadText {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, name := range []string{"manifest.json", "f.json", "SHA256SUMS"} {
		mustOpen(t, folder(t, map[string]string{"f.bin": text, name: odd}), "f.bin")
	}
	if _, err := open(t, folder(t, map[string]string{"f.bin": text, "SHA256SUMS": odd + " f.bin"}), "f.bin"); err == nil || codeOf(t, err) != BadText {
		t.Errorf("a list with our name: %v", err)
	}
}
