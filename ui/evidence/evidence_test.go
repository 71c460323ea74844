package evidence

import (
	"bytes"
	"compress/zlib"
	"encoding/hex"
	"encoding/json"
	markup "html"
	"io"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"fotabench/packages/signature"
	"fotabench/ui/evidence/pdf"
	"fotabench/ui/words"
	"fotabench/updater"
)

// TestStructure: a page says everything that an upgrade leaves.
func TestStructure(t *testing.T) {
	d := Compose(sample(), book(t, words.English))
	if d.Mood != Good || d.Verdict != "Done: the device itself reports the target version." {
		t.Errorf("%s: %q", d.Mood, d.Verdict)
	}
	var titles []string
	all := d.Title + d.Subtitle
	for _, s := range d.Sections {
		titles = append(titles, s.Title)
		for _, f := range s.Facts {
			all += "\n" + f.Label + ": " + f.Value
		}
		if s.Table == nil {
			continue
		}
		for _, r := range s.Table.Rows {
			all += "\n" + strings.Join(r.Cells, " | ")
			if len(r.Cells) != len(s.Table.Head) || len(r.Cells) != len(s.Table.Weights) {
				t.Errorf("%s: %d cells, %d columns, %d weights", s.Title, len(r.Cells), len(s.Table.Head), len(s.Table.Weights))
			}
		}
	}
	want := []string{
		"Summary", "The device before and after", "Package", "Hashes, and who states them", "Checks before the first byte", "Stages",
		"The device's own answers", "Log", "What this report rests on",
	}
	if !slices.Equal(titles, want) {
		t.Errorf("%q", titles)
	}
	for _, text := range []string{
		"Run by: li.wei", "On computer: bench-03", "Fotabench version: 1.2.3", "System: windows 10.0.26100 amd64", "Started: 2026-11-20 09:30:00 +08:00",
		"Took: 1 min 18 s", "From version: EC600NCNLCR01A01M02_OCPU_QPY", "Answered at: COM5, COM17",
		"Firmware | EC600NCNLCR01A01M02_OCPU_QPY | EC600NCNLCR01A02M01_OCPU_QPY", "Supply | 3.81 V", "iccid | 89860000000000000017",
		"fw.bin · 319532 bytes | computed when it was opened | MD5 | 098f6bcd4621d373cade4e832627b4f6",
		"expected, from fw.bin.sha256 | SHA256 | " + digest, "as it was sent (local) | SHA256 | " + digest, "the device's own word | SHA256 | " + digest,
		"Deliver | 09:30:02.250 | 31.0 s | 312 KiB | 10 KiB/s", "What the device holds: sha256 · " + digest + " · verify() = 0",
		"09:30:18.250 | Deliver | No progress for 3 s.", "Battery | look at it",
	} {
		if !strings.Contains(all, text) {
			t.Errorf("%q is not in\n%s", text, all)
		}
	}
}

func TestSystem(t *testing.T) {
	for want, w := range map[string]updater.Where{
		"": {}, "linux": {OS: "linux"}, "Linux 6.1.0 amd64": {OS: "linux", Arch: "amd64", Release: "Linux 6.1.0"}, "windows 10.0 arm64": {OS: "windows", Arch: "arm64", Release: "10.0"},
	} {
		if got := system(&w); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestMoods(t *testing.T) {
	r := sample()
	r.Sent[0].SHA256, r.Plan.Files[0].Expected[0].Hex = strings.Repeat("0", 64), strings.Repeat("1", 64)
	for _, s := range Compose(r, book(t, words.English)).Sections {
		if s.Title != "Hashes, and who states them" {
			continue
		}
		var moods []string
		for _, row := range s.Table.Rows {
			moods = append(moods, string(row.Mood))
		}
		if got := strings.Join(moods, " "); got != "    bad bad good" {
			t.Errorf("%q", got)
		}
	}
	for o, want := range map[updater.Outcome]Mood{
		updater.Verified: Good, updater.FailedOld: Bad, updater.RefusedBefore: Bad, updater.Uncertain: Unsure, updater.Running: Neutral, "newer": Unsure,
	} {
		if got := moodOf(o); got != want {
			t.Errorf("%q: %s", o, got)
		}
	}
}

// TestBothLanguages: no code is left without its sentence, in no format.
func TestBothLanguages(t *testing.T) {
	code := regexp.MustCompile(`\b(evidence|ui|stage|outcome|engine|check)\.[a-z][a-zA-Z.]+|\{\d`)
	for _, lang := range []string{words.English, words.Chinese} {
		page := written(t, sample(), HTML, lang, nil).File
		visible, _, _ := bytes.Cut(page, []byte(dataBegin))
		_, visible, _ = bytes.Cut(visible, []byte("<body>"))
		if left := code.FindAll(visible, -1); left != nil {
			t.Errorf("%s: %q", lang, left)
		}
		if !bytes.Contains(page, []byte(`<html lang="`+lang+`">`)) {
			t.Errorf("%s is not stated", lang)
		}
	}
}

// TestSame: the same report gives the same bytes.
func TestSame(t *testing.T) {
	for _, f := range Formats() {
		for _, s := range []Signer{nil, key(1)} {
			one, other := written(t, sample(), f, words.Chinese, s), written(t, sample(), f, words.Chinese, s)
			if !bytes.Equal(one.File, other.File) || !bytes.Equal(one.Signature, other.Signature) {
				t.Errorf("%s, signer %v: two runs differ", f, s != nil)
			}
		}
	}
}

// TestHostile: no text of a device gets out of its place, and a page stays bounded.
func TestHostile(t *testing.T) {
	r := hostile()
	page := written(t, r, HTML, words.English, key(1)).File
	for _, bad := range []string{"<script>", "alert(1)</", "\u202e", "\x1b", "\u2028", "<!-- -->", "javascript:alert(1)\""} {
		if visible, _, _ := bytes.Cut(page, []byte(dataBegin)); bytes.Contains(visible, []byte(bad)) {
			t.Errorf("%q stands in the page", bad)
		}
	}
	if n := bytes.Count(page, []byte("<script")); n != 2 {
		t.Errorf("%d scripts, want the data and its signature", n)
	}
	if n := bytes.Count(page, []byte("<tr ")); n > 2*rowsShown {
		t.Errorf("%d rows", n)
	}
	if !bytes.Contains(page, []byte("rows in the middle are not shown")) {
		t.Error("nothing says that rows are left out")
	}
	for _, f := range Formats() {
		w := written(t, r, f, words.English, key(1))
		if v := Check(w.File, w.Signature, []signature.Key{KeyOf(key(1))}, today); v.Grade != Proved {
			t.Errorf("%s: %s: %s", f, v.Grade, found(v))
		}
		var back updater.Report
		if p := open(w.File, w.Signature); json.Unmarshal(p.data, &back) != nil || len(back.Notes) != len(r.Notes) || back.Before.Model != r.Before.Model {
			t.Errorf("%s: the data lost something", f)
		}
	}
}

// TestEmpty: a report of which little is known is a page too.
func TestEmpty(t *testing.T) {
	for _, r := range []updater.Report{{Job: "x"}, {Job: "x", Outcome: "from the future", Stages: []updater.StageReport{{Stage: "new"}}}} {
		for _, f := range Formats() {
			w := written(t, r, f, words.English, nil)
			if v := Check(w.File, nil, nil, today); v.Grade != Unproved || v.Job != "x" {
				t.Errorf("%s: %+v", f, v)
			}
		}
	}
}

func TestTimeline(t *testing.T) {
	line := TimelineOf(sample())
	if len(line.Bars) != 7 || line.Length.Seconds() != 75.5 || len(line.Marks) != 7 {
		t.Fatalf("%d bars, %s, %d marks", len(line.Bars), line.Length, len(line.Marks))
	}
	if d := line.Delivery(); d == nil || d.Stage != updater.Deliver || len(d.Curve) != 31 {
		t.Errorf("%+v", d)
	}
	if p := (Timeline{}).Draw(book(t, words.English), PictureWidth); len(p.Shapes) != 0 {
		t.Error("an upgrade without stages has a picture")
	}
}

// TestPicture: all of a picture is inside, with the names in the language asked for.
func TestPicture(t *testing.T) {
	for lang, want := range map[string]string{words.English: "Deliver", words.Chinese: "传输"} {
		p := TimelineOf(sample()).Draw(book(t, lang), PictureWidth)
		texts := 0
		for _, s := range p.Shapes {
			if s.Text == want {
				texts++
			}
			points := append(s.Points, [2]float64{s.X, s.Y}, [2]float64{s.X + s.W, s.Y + s.H})
			for _, at := range points {
				if at[0] < 0 || at[0] > p.Width || at[1] < 0 || at[1] > p.Height {
					t.Errorf("outside of %gx%g: %+v", p.Width, p.Height, s)
				}
			}
		}
		if texts != 2 {
			t.Errorf("%s: %d texts %q, want one at the bar and one at the curve", lang, texts, want)
		}
	}
}

// TestPictureHasOneTime: whatever its width, the curve lies beneath its bar and no text
// meets another.
func TestPictureHasOneTime(t *testing.T) {
	for _, wide := range []float64{0, LeastWidth, 310, 420, PictureWidth, 1200} {
		for _, lang := range []string{words.English, words.Chinese} {
			line := TimelineOf(sample())
			p := line.Draw(book(t, lang), wide)
			var bar, curve Shape
			type box struct{ left, right, base float64 }
			var boxes []box
			for _, s := range p.Shapes {
				switch {
				case s.Paint == Span && bar.W < s.W && s.X < p.Width/2:
					bar = s
				case s.Paint == Growth:
					curve = s
				case s.Text != "":
					w := 0.0 // a Latin letter takes about half of its size
					for _, r := range s.Text {
						if w += s.Size * 0.56; r > 0x2000 {
							w += s.Size * 0.44
						}
					}
					left := s.X - w*map[Anchor]float64{Middle: 0.5, Right: 1}[s.Anchor]
					boxes = append(boxes, box{left, left + w, s.Y})
				}
			}
			first, last := curve.Points[0][0], curve.Points[len(curve.Points)-1][0]
			if math.Abs(first-bar.X) > 0.01 || last > bar.X+bar.W+0.01 || last < bar.X+bar.W*0.9 {
				t.Errorf("%g: the bar is at %g to %g, the curve at %g to %g", wide, bar.X, bar.X+bar.W, first, last)
			}
			for i, a := range boxes {
				for _, b := range boxes[i+1:] {
					if a.left < b.right && b.left < a.right && math.Abs(a.base-b.base) < letters {
						t.Errorf("%s, %g: texts meet: %+v %+v", lang, wide, a, b)
					}
				}
			}
		}
	}
}

// TestAxis: whatever it took, the axis has a handful of lines.
func TestAxis(t *testing.T) {
	for _, s := range []float64{0, 1e-6, 0.004, 0.9, 1, 7, 59, 61, 599, 3600, 5 * 3600, 86400, 40 * 86400, 1e12} {
		span := seconds(s)
		if n := int64(span / stepOf(span, 7)); n > 9 || n < 2 && s > 0.01 {
			t.Errorf("%g s: %d lines", s, n)
		}
	}
	for at, want := range map[time.Duration]string{
		0: "0:00", 200 * time.Millisecond: "200ms", 2500 * time.Millisecond: "2.5s", 40 * time.Second: "0:40", 10 * time.Minute: "10:00",
		64*time.Minute + 5*time.Second: "1:04:05", 50 * time.Hour: "50:00:00",
	} {
		if got := clock(at); got != want {
			t.Errorf("%s: %q, want %q", at, got, want)
		}
	}
}

// TestPrinted: a PDF has pages, both fonts, and Chinese glyphs that are not boxes.
func TestPrinted(t *testing.T) {
	file := written(t, sample(), PDF, words.Chinese, nil).File
	if n := bytes.Count(file, []byte("/Type /Page ")); n < 2 {
		t.Errorf("%d pages", n)
	}
	if n := bytes.Count(file, []byte("/Subtype /CIDFontType0C")); n != 2 {
		t.Errorf("%d fonts", n)
	}
	if len(file) > 200<<10 {
		t.Errorf("%d bytes: is a whole font inside?", len(file))
	}
	if data := pdf.Attached(file, attachedData); !json.Valid(data) {
		t.Error("the data is not attached")
	}
	if _, err := html(Compose(sample(), book(t, words.English)), book(t, words.English), []byte("</script>"), nil); err == nil {
		t.Error("data that ends its enclosure was taken")
	}
}

// TestAxisInLittleRoom: also the picture of a small window says how long something took.
func TestAxisInLittleRoom(t *testing.T) {
	for _, length := range []time.Duration{time.Second, 74 * time.Second, 3 * time.Hour, 50 * time.Hour} {
		lines := 0
		for _, s := range (Timeline{Length: length, Bars: []Bar{{Stage: updater.Deliver, To: length}}}).Draw(book(t, words.English), 330).Shapes {
			if s.Paint == Grid {
				lines++
			}
		}
		if lines < 2 {
			t.Errorf("%s: %d lines", length, lines)
		}
	}
}

// bfchar is a glyph's number and its character in a font's table.
var bfchar = regexp.MustCompile(`(?m)^<([0-9a-f]{4})> <([0-9a-f]+)>$`)

// printed is the text of a PDF, line by line, as a reader finds it.
func printed(t *testing.T, file []byte) string {
	t.Helper()
	var fonts []map[string]string
	var pages []string
	for _, part := range bytes.Split(file, []byte("stream\n"))[1:] {
		r, err := zlib.NewReader(bytes.NewReader(part))
		if err != nil {
			continue // the data, or the end of a stream
		}
		plain, _ := io.ReadAll(r) // what follows the stream is none of its
		text := string(plain)
		if chars := bfchar.FindAllStringSubmatch(text, -1); chars != nil {
			font := map[string]string{}
			for _, c := range chars {
				units, err := hex.DecodeString(c[2])
				if err != nil {
					t.Fatal(err)
				}
				var wide []uint16
				for i := 0; i+1 < len(units); i += 2 {
					wide = append(wide, uint16(units[i])<<8|uint16(units[i+1]))
				}
				font[c[1]] = string(utf16.Decode(wide))
			}
			fonts = append(fonts, font)
		} else if strings.Contains(text, " Tj ET") {
			pages = append(pages, text)
		}
	}
	var b strings.Builder
	for _, set := range regexp.MustCompile(`BT /F(\d) .*<([0-9a-f]*)> Tj`).FindAllStringSubmatch(strings.Join(pages, "\n"), -1) {
		for glyphs := set[2]; glyphs != ""; glyphs = glyphs[4:] {
			char, ok := fonts[set[1][0]-'0'][glyphs[:4]]
			if !ok {
				char = "(none)"
			}
			b.WriteString(char)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// TestSpelled: a paper has no boxes: what no font of ours has, and what is not seen, is
// there by its number, and a sentence says so where it occurs, and only there.
func TestSpelled(t *testing.T) {
	r := sample()
	r.Before.Model, r.Before.Firmware = "EC600😀", "V1\u202e مرحبا "+strings.Repeat("𠀀", 60)
	for lang, says := range map[string]string{words.English: "stands for one that cannot be drawn", words.Chinese: "无法显示或不可见"} {
		text := printed(t, written(t, r, PDF, lang, key(1)).File)
		for _, want := range []string{"EC600‹U+1F600›", "V1‹U+202E› ‹U+0645›‹U+0631›", "‹U+20000›‹U+20000›", says} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: no %q", lang, want)
			}
		}
		if strings.ContainsAny(text, "□\ufffd") || strings.Contains(text, "(none)") {
			t.Errorf("%s: a box:\n%s", lang, text)
		}
		if page := markup.UnescapeString(string(written(t, r, HTML, lang, nil).File)); !strings.Contains(page, "V1‹U+202E›") || !strings.Contains(page, says) {
			t.Errorf("%s: the page spells nothing", lang)
		}
		for _, f := range []Format{PDF, HTML} {
			file := written(t, sample(), f, lang, nil).File
			if f == PDF {
				file = []byte(printed(t, file))
			}
			if strings.Contains(string(file), says) {
				t.Errorf("%s %s explains what does not occur", f, lang)
			}
		}
	}
	f := fonts(t)
	for _, l := range wrap(f, 10, 120, strings.Repeat("😀", 9)) {
		if w := f.Width(l, 10); w > 120 {
			t.Errorf("a line of %g", w)
		}
	}
	if got := shown(strings.Repeat("x", textShown-2) + "\u202e!"); got != strings.Repeat("x", textShown-2)+"…" {
		t.Errorf("cut in the middle of a number: %q", got[textShown-10:])
	}
}

func TestWrap(t *testing.T) {
	f := fonts(t)
	width := f.Width("0123456789", 10)
	for text, want := range map[string]string{
		"":                           "",
		"one two three fourteen":     "one two|three|fourteen",
		digest[:32]:                  "9f86d081884c7d659a2feaa0c55ad015",
		"版本号为一二三四五六":                 "版本号为一|二三四五六",
		"a very_long_word_indeed ok": "a|very_long_|word_inde|ed ok",
	} {
		lines := wrap(f, 10, width, text)
		for _, l := range lines {
			if f.Width(l, 10) > width {
				t.Errorf("%q is too wide", l)
			}
		}
		if got := strings.Join(lines, "|"); got != want && (strings.Contains(want, "|") || strings.ReplaceAll(got, "|", "") != want) {
			t.Errorf("%q: %q", text, got)
		}
	}
}
