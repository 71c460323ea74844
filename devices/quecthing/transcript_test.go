package quecthing

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestTranscripts reads what the vendor's documents show: a header with source, parts
// and expect, an empty line, and what is on the line.
func TestTranscripts(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			head, body, _ := strings.Cut(string(text), "\n\n")
			header := map[string]string{}
			for line := range strings.SplitSeq(head, "\n") {
				key, value, _ := strings.Cut(line, ":")
				if !slices.Contains([]string{"source", "parts", "expect"}, key) {
					t.Fatalf("unknown key %q", key)
				}
				header[key] = strings.TrimSpace(value)
			}
			parts := strings.Fields(header["parts"])
			var words []string
			for line := range strings.SplitSeq(body, "\n") {
				if e, ok := atEventOf(line, func(c string) bool { return slices.Contains(parts, c) }); ok {
					words = append(words, e.words()...)
				}
			}
			if got := strings.Join(words, " "); header["source"] == "" || got != header["expect"] {
				t.Errorf("got  %s\nwant %s", got, header["expect"])
			}
		})
	}
}

// words is what was understood of an event.
func (e atEvent) words() []string {
	u := e.upgrade
	switch {
	case e.connected:
		return []string{"connected=true"}
	case e.failed != 0:
		return []string{fmt.Sprintf("failed=%d/%s", e.failed, meaningOf(e.failed).note)}
	case e.block:
		return []string{fmt.Sprintf("block=%d+%d/%d", e.start, e.length, e.total)}
	case u.kind == planned:
		return []string{"plan=" + strings.ReplaceAll(u.plan.String(), " ", "_")}
	case u.kind == described:
		return []string{fmt.Sprintf("described=%s/%d/%d", u.image.component, u.image.size, *u.image.crc)}
	case u.kind == loading:
		return []string{"loading"}
	case u.kind == updating:
		return []string{"updating"}
	case u.kind == settled:
		return []string{fmt.Sprintf("settled=%v", u.ok)}
	}
	return nil
}
