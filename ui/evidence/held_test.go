package evidence

import (
	"strings"
	"testing"

	"fotabench/packages"
	"fotabench/ui/words"
	"fotabench/updater"
)

// TestHeldContradicts: a digest of the device that is not that of the file is a row that
// contradicts. Where there are several it may be that of all together.
func TestHeldContradicts(t *testing.T) {
	file := func(d packages.Digests) packages.File { return packages.File{Name: "fw.bin", Digests: d} }
	both := packages.Digests{packages.MD5: "aa", packages.SHA256: "bb"}
	one := packages.Digests{packages.SHA256: "cc"}
	for name, c := range map[string]struct {
		files []packages.File
		word  updater.DeviceWord
		want  Mood
	}{
		"the same":          {[]packages.File{file(both)}, updater.DeviceWord{Algorithm: "MD5", Hex: "AA"}, Good},
		"another":           {[]packages.File{file(both)}, updater.DeviceWord{Algorithm: "MD5", Hex: "ab"}, Bad},
		"not known":         {[]packages.File{file(both)}, updater.DeviceWord{Algorithm: "CRC32", Hex: "ab"}, Neutral},
		"the second file's": {[]packages.File{file(both), file(one)}, updater.DeviceWord{Algorithm: "SHA256", Hex: "cc"}, Good},
		"perhaps of both":   {[]packages.File{file(both), file(one)}, updater.DeviceWord{Algorithm: "SHA256", Hex: "dd"}, Neutral},
		"no file":           {nil, updater.DeviceWord{Algorithm: "SHA256", Hex: "dd"}, Neutral},
	} {
		r := updater.Report{Plan: updater.PlanRecord{Files: c.files}, Held: &c.word}
		rows := composer{r: r, b: book(t, words.English)}.hashes().Table.Rows
		if last := rows[len(rows)-1]; last.Mood != c.want || !strings.EqualFold(last.Cells[3], c.word.Hex) {
			t.Errorf("%s: %+v, want %v", name, last, c.want)
		}
	}
}
