package pdf

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"

	"fotabench/assets"
)

func parsed(t testing.TB, file []byte) *Font {
	t.Helper()
	f, err := ParseFont(file, func(r rune) string { return fmt.Sprintf("‹U+%04X›", r) })
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// small is a document with all that there is.
func small(t testing.TB) *Document {
	f := parsed(t, assets.Font(false))
	d := &Document{Title: "报告 (1)", Lang: "zh-Hans", Made: time.Date(2026, 11, 20, 9, 30, 0, 0, time.FixedZone("", 8*3600))}
	for range 3 {
		p := d.Page()
		p.Text(Point{50, 60}, f, 12, Color{}, "固件 firmware )>> 😀")
		p.Box(Point{10, 20}, 30, 40, Color{1, 0, 0})
		p.Line([]Point{{0, 0}, {Width, Height}}, 1, Color{0, 0.5, 0})
	}
	d.Attach("report.json", "application/json", []byte("{\"a\": \"stream endstream >>\"}\n"))
	return d
}

var object = regexp.MustCompile(`(?m)^(\d+) 0 obj$`)

// TestStructure: every object is where the table of objects says, with and without
// reserved bytes, and what is referred to exists.
func TestStructure(t *testing.T) {
	for _, reserved := range []int{0, 2, 1024} {
		file := small(t).Bytes(reserved)
		start := bytes.LastIndex(file, []byte("startxref\n"))
		at, err := strconv.Atoi(strings.Fields(string(file[start:]))[1])
		if err != nil || !bytes.HasPrefix(file[at:], []byte("xref\n0 ")) {
			t.Fatalf("startxref %d: %v", at, err)
		}
		lines := strings.Split(string(file[at:]), "\n")
		var count int
		if _, err := fmt.Sscanf(lines[1], "0 %d", &count); err != nil {
			t.Fatal(err)
		}
		for n := 1; n < count; n++ {
			var offset int
			if _, err := fmt.Sscanf(lines[2+n], "%010d 00000 n ", &offset); err != nil || !bytes.HasPrefix(file[offset:], fmt.Appendf(nil, "%d 0 obj\n", n)) {
				t.Errorf("object %d is not at %d: %v", n, offset, err)
			}
		}
		if n := len(object.FindAll(file, -1)); n != count-1 {
			t.Errorf("%d objects, the table has %d", n, count-1)
		}
		refers(t, file, count)
		for _, want := range []string{"/Count 3 ", "/Lang (zh-Hans)", "/Title <feff62a5544a0020002800310029>", "(D:20261120013000Z)"} {
			if !bytes.Contains(file, []byte(want)) {
				t.Errorf("no %s", want)
			}
		}
		if !bytes.Equal(file, small(t).Bytes(reserved)) {
			t.Error("two runs differ")
		}
	}
}

// refers fails unless what is referred to is one of so many objects.
func refers(t *testing.T, file []byte, count int) {
	t.Helper()
	for _, r := range regexp.MustCompile(` (\d+) 0 R`).FindAllSubmatch(file, -1) {
		if n, err := strconv.Atoi(string(r[1])); err != nil || n < 1 || n >= count {
			t.Errorf("%q refers to nothing", r[0])
		}
	}
}

func TestAttached(t *testing.T) {
	file := small(t).Bytes(0)
	if got := Attached(file, "report.json"); string(got) != "{\"a\": \"stream endstream >>\"}\n" {
		t.Errorf("%q", got)
	}
	if got := Attached(file, "other.json"); got != nil {
		t.Errorf("%q", got)
	}
	for cut := range len(file) {
		if cut%97 == 0 {
			Attached(file[:cut], "report.json")
		}
	}
	if Attached(append(bytes.Clone(file), file...), "report.json") != nil {
		t.Error("one of two is taken")
	}
	for _, length := range []string{"-1", "99999999", "x", ""} {
		bad := regexp.MustCompile(`(FotabenchName.*/Length )\d+`).ReplaceAll(file, []byte("${1}"+length))
		if Attached(bad, "report.json") != nil {
			t.Errorf("a length of %q is taken", length)
		}
	}
}

// TestSubset: another reader of OpenType sees the same outlines and widths in the font
// that is embedded as in the font it was made of.
func TestSubset(t *testing.T) {
	for name, file := range map[string][]byte{"regular": assets.Font(false), "bold": assets.Font(true), "quadratic": goregular.TTF} {
		t.Run(name, func(t *testing.T) {
			f := parsed(t, file)
			whole, err := sfnt.Parse(file)
			if err != nil {
				t.Fatal(err)
			}
			text := "Aß0, @固件升级。□"
			if name == "quadratic" {
				text = "Aß0, @"
			}
			for _, char := range text {
				f.run(char)
			}
			subset, err := sfnt.Parse(asOpenType(t, assets.Font(false), f))
			if err != nil {
				t.Fatal(err)
			}
			var b sfnt.Buffer
			for n, g := range f.glyphs {
				var from sfnt.GlyphIndex // glyph 0 stands for no character
				if n > 0 {
					if from, err = whole.GlyphIndex(&b, g.char); err != nil || from == 0 {
						t.Fatalf("%q: glyph %d, %v", g.char, from, err)
					}
				}
				want := outline(t, whole, from)
				if got := outline(t, subset, sfnt.GlyphIndex(n)); !slices.Equal(got, want) {
					t.Errorf("%q:\n%v, want\n%v", g.char, got, want)
				}
			}
			if f.Width("AA", 10) != 2*f.Width("A", 10) || f.Width("A", 10) <= 0 {
				t.Errorf("width %g", f.Width("A", 10))
			}
		})
	}
}

// TestMissing: a character that the font does not have is measured and written as its
// number, in the order of the text, and never as a box.
func TestMissing(t *testing.T) {
	for name, file := range map[string][]byte{"regular": assets.Font(false), "bold": assets.Font(true), "quadratic": goregular.TTF} {
		f := parsed(t, file)
		if f.Width("AT+QGMR", 9); f.Spelled() {
			t.Errorf("%s: plain letters are spelled", name)
		}
		text, want := "v😀1 مر\u202e\U0003FFFF", "v‹U+1F600›1 ‹U+0645›‹U+0631›‹U+202E›‹U+3FFFF›"
		if f.Width(text, 9) != f.Width(want, 9) || !f.Spelled() {
			t.Errorf("%s: width %g, want %g", name, f.Width(text, 9), f.Width(want, 9))
		}
		d := &Document{}
		d.Page().Text(Point{}, f, 9, Color{}, text)
		d.Page().Text(Point{}, f, 9, Color{}, want)
		got := d.pages[0].content.String()
		if got != d.pages[1].content.String() {
			t.Errorf("%s: %s is not as %q", name, got, want)
		}
		for _, char := range want {
			if run := f.run(char); len(run) != 1 || run[0] == 0 {
				t.Errorf("%s: %q has no glyph: %v", name, char, run)
			}
		}
	}
	for _, bad := range [][]byte{nil, []byte("OTTO"), assets.Font(false)[:1000]} {
		if _, err := ParseFont(bad, nil); err == nil {
			t.Errorf("a font of %d bytes was taken", len(bad))
		}
	}
}

func TestNumbers(t *testing.T) {
	for n, want := range map[int]string{
		0: "8b", 107: "f6", -107: "20", 108: "f700", 1131: "faff", -108: "fb00", -1131: "feff", 1132: "1c046c", -1132: "1cfb94", -32768: "1c8000",
	} {
		if got := fmt.Sprintf("%x", number(nil, n)); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}

// outline is a glyph's ends of lines and curves. Control points of a quadratic curve are
// others as a cubic one, and their rounding is not what is tested.
func outline(t *testing.T, f *sfnt.Font, n sfnt.GlyphIndex) (points []fixed.Point26_6) {
	t.Helper()
	segments, err := f.LoadGlyph(&sfnt.Buffer{}, n, fixed.I(1000), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range segments {
		end := s.Args[map[sfnt.SegmentOp]int{sfnt.SegmentOpQuadTo: 1, sfnt.SegmentOpCubeTo: 2}[s.Op]]
		points = append(points, fixed.Point26_6{X: fixed.I(end.X.Round()), Y: fixed.I(end.Y.Round())})
	}
	return points
}

// asOpenType puts the embedded font into the frame of another one.
func asOpenType(t *testing.T, frame []byte, f *Font) []byte {
	t.Helper()
	tables := map[string][]byte{}
	for i := range int(binary.BigEndian.Uint16(frame[4:])) {
		entry := frame[12+16*i:]
		at, n := binary.BigEndian.Uint32(entry[8:]), binary.BigEndian.Uint32(entry[12:])
		tables[string(entry[:4])] = bytes.Clone(frame[at : at+n])
	}
	tables["CFF "] = f.compact()
	count := uint16(len(f.glyphs))
	binary.BigEndian.PutUint16(tables["maxp"][4:], count)
	binary.BigEndian.PutUint16(tables["hhea"][34:], count)
	tables["hmtx"] = make([]byte, 4*len(f.glyphs))
	for _, unused := range []string{"GSUB", "GPOS", "GDEF", "kern"} {
		delete(tables, unused)
	}
	names := slices.Sorted(maps.Keys(tables))
	b := binary.BigEndian.AppendUint16([]byte("OTTO"), uint16(len(names)))
	b = append(b, make([]byte, 6)...)
	at := len(b) + 16*len(names)
	for _, name := range names {
		b = binary.BigEndian.AppendUint32(append(b, name...), 0)
		b = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(b, uint32(at)), uint32(len(tables[name])))
		at += (len(tables[name]) + 3) &^ 3
	}
	for _, name := range names {
		b = append(b, tables[name]...)
		b = append(b, make([]byte, -len(tables[name])&3)...)
	}
	return b
}
