package evidence

import (
	unescape "html"
	"strings"
	"testing"

	"fotabench/ui/words"
	"fotabench/updater"
)

// TestBound: a report says since when a change of its record would have been noticed, and
// so does its check.
func TestBound(t *testing.T) {
	for bound, want := range map[updater.Binding]string{
		updater.BoundAtOnce: "", updater.BoundLater: "later", updater.BoundRescued: "rescued", "something newer": "later",
	} {
		r := sample()
		r.Bound = bound
		w := written(t, r, JSON, words.English, key(1))
		v := Check(w.File, w.Signature, mine, today)
		if v.Grade != Proved || want != "" && !strings.Contains(found(v), want) || want == "" && strings.Contains(found(v), "later") {
			t.Errorf("%q: %s: %s", bound, v.Grade, found(v))
		}
		if got := chainNote(bound); want != "" && !strings.HasSuffix(string(got), want) {
			t.Errorf("%q: %s", bound, got)
		}
		page := unescape.UnescapeString(string(written(t, r, HTML, words.English, key(1)).File))
		if text := book(t, words.English).Say(chainNote(bound)); !strings.Contains(page, text[:20]) {
			t.Errorf("%q: the page does not say %q", bound, text)
		}
	}
}
