package evidence

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"aead.dev/minisign"

	"fotabench/assets"
	"fotabench/packages/plaintext"
	"fotabench/packages/signature"
	"fotabench/ui/evidence/pdf"
	"fotabench/ui/words"
)

func fonts(t *testing.T) *pdf.Font {
	t.Helper()
	f, err := pdf.ParseFont(assets.Font(false), plaintext.CodePoint)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

var mine = []signature.Key{KeyOf(key(1))}

// today is when the reports of these tests are checked.
var today = after(7200)

// swap replaces the first of a text that must be there.
func swap(t *testing.T, file []byte, from, to string) []byte {
	t.Helper()
	if !bytes.Contains(file, []byte(from)) {
		t.Fatalf("%q is not in the file", from)
	}
	return bytes.Replace(file, []byte(from), []byte(to), 1)
}

func TestCheckUnaltered(t *testing.T) {
	for _, lang := range []string{words.English, words.Chinese} {
		for _, f := range Formats() {
			w := written(t, sample(), f, lang, key(1))
			v := Check(w.File, w.Signature, mine, today)
			if v.Grade != Proved || !v.Trusted || v.Key != mine[0].Fingerprint() || v.Signed.Unix() != after(3600).Unix() || v.Job != sample().Job {
				t.Errorf("%s: %+v", f, v)
			}
			if v = Check(w.File, w.Signature, nil, today); v.Grade != Unproved || v.Trusted || !strings.Contains(found(v), "unknownKey") {
				t.Errorf("%s, a key that nobody trusts: %s: %s", f, v.Grade, found(v))
			}
			w = written(t, sample(), f, lang, nil)
			if v = Check(w.File, w.Signature, mine, today); v.Grade != Unproved || !strings.HasPrefix(found(v), "unsigned") {
				t.Errorf("%s, unsigned: %s: %s", f, v.Grade, found(v))
			}
		}
	}
}

// TestCheckRing: a key that was trusted here counts by its name, and one that was revoked or
// whose time is another does not.
func TestCheckRing(t *testing.T) {
	for _, f := range Formats() {
		w := written(t, sample(), f, words.English, key(1))
		for name, c := range map[string]struct {
			change func(*signature.Key)
			now    time.Time
			state  signature.State
			found  string
		}{
			"trusted":         {func(*signature.Key) {}, today, signature.Good, "trustedKey"},
			"within its days": {func(k *signature.Key) { k.NotBefore, k.NotAfter = after(-1), after(7201) }, today, signature.Good, "trustedKey"},
			"revoked":         {func(k *signature.Key) { k.Revoked = after(7100) }, today, signature.Revoked, "revokedKey"},
			"expired":         {func(k *signature.Key) { k.NotAfter = after(7100) }, today, signature.Expired, "expiredKey"},
			"not yet":         {func(k *signature.Key) { k.NotBefore = after(7300) }, today, signature.NotYetValid, "earlyKey"},
			"a clock behind":  {func(*signature.Key) {}, after(3600 - 25*3600), signature.NotYetValid, "futureDate"},
		} {
			k := mine[0]
			k.Name, k.Added = "Bench 03", after(-3600*48)
			c.change(&k)
			v := Check(w.File, w.Signature, []signature.Key{KeyOf(key(2)), k}, c.now)
			if v.KeyState != c.state || v.KeyName != "Bench 03" || !strings.Contains(found(v), c.found) || !strings.Contains(fmt.Sprint(v.Found), k.Label()) {
				t.Errorf("%s, %s: %+v", f, name, v)
			}
			if good := c.state == signature.Good; v.Trusted != good || (v.Grade == Proved) != good || !good && v.Grade != Unproved {
				t.Errorf("%s, %s: %s, trusted %v", f, name, v.Grade, v.Trusted)
			}
		}
	}
}

// TestMinisign: minisign itself takes a JSON report's signature.
func TestMinisign(t *testing.T) {
	w := written(t, sample(), JSON, words.English, key(1))
	var public minisign.PublicKey
	if err := public.UnmarshalText(mine[0].File()); err != nil {
		t.Fatal(err)
	}
	if !minisign.Verify(public, w.File, w.Signature) {
		t.Error("minisign does not take it")
	}
	if minisign.Verify(public, append(w.File, ' '), w.Signature) {
		t.Error("minisign takes everything")
	}
}

// TestAltered: each way in which a signed report can be changed is told.
func TestAltered(t *testing.T) {
	other := sample()
	other.Job, other.Outcome = "20261121T000000.000-11111111", "failed-old-version"
	others := written(t, other, JSON, words.English, key(1))
	stranger := written(t, sample(), HTML, words.English, key(2))
	signed := map[Format]Written{}
	for _, f := range Formats() {
		signed[f] = written(t, sample(), f, words.English, key(1))
	}
	without := func(field string) []byte {
		var m map[string]any
		if err := json.Unmarshal(signed[JSON].File, &m); err != nil {
			t.Fatal(err)
		}
		delete(m, field)
		b, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	page := signed[HTML].File
	for name, c := range map[string]struct {
		file, signature []byte
		found           string
	}{
		"a field": {swap(t, signed[JSON].File, `"outcome": "verified"`, `"outcome": "cancelled"`), signed[JSON].Signature, "altered, changed outcome"},
		"a deep field": {
			swap(t, signed[JSON].File, `"user": "li.wei"`, `"user": "nobody"`), signed[JSON].Signature, "altered, changed where",
		},
		"a stage": {
			swap(t, signed[JSON].File, `"stage": "verify",`, `"stage": "check",`), signed[JSON].Signature, "altered, changed stages",
		},
		"no stages":    {without("stages"), signed[JSON].Signature, "altered, removed stages"},
		"a new field":  {swap(t, signed[JSON].File, `"version": 1,`, `"version": 1, "more": 1,`), signed[JSON].Signature, "altered, added more"},
		"only blanks":  {append(bytes.Clone(signed[JSON].File), '\n'), signed[JSON].Signature, "altered, form"},
		"a twin field": {swap(t, signed[JSON].File, `"version": 1,`, `"version": 1, "outcome": "failed",`), signed[JSON].Signature, "altered, form"},
		"another report's signature": {
			signed[JSON].File, others.Signature, "otherJob " + other.Job,
		},
		"a page's signature": {signed[JSON].File, openHTML(page).seal, "altered"},
		"a damaged signature": {
			signed[JSON].File, swap(t, signed[JSON].Signature, "timestamp:", "timestamp:1"), "badSignature",
		},
		"an algorithm of old":  {signed[JSON].File, swap(t, signed[JSON].Signature, "\nRU", "\nRW"), "badSignature"},
		"no signature at all":  {signed[JSON].File, []byte("hello"), "badSignature"},
		"the text of a page":   {swap(t, page, "<dd>li.wei</dd>", "<dd>nobody</dd>"), nil, "data, trustedKey, pageAltered, line"},
		"the outcome shown":    {swap(t, page, "Done: the device", "Done: no device"), nil, "data, trustedKey, pageAltered, line"},
		"a page's data":        {swap(t, page, `"user": "li.wei"`, `"user": "nobody"`), nil, "altered, changed where, pageAltered, line"},
		"text after a page":    {append(bytes.Clone(page), "<p>more</p>"...), nil, "data, trustedKey, pageAltered, line"},
		"a seal of a stranger": {swap(t, page, string(openHTML(page).seal), string(openHTML(stranger.File).seal)), nil, "data, trustedKey, foreignKey"},
		"no seal, other text": {
			swap(t, swap(t, page, sealBegin+string(openHTML(page).seal)+sealEnd, ""), "<dd>li.wei</dd>", "<dd>nobody</dd>"), nil, "data, trustedKey, pageAltered, line",
		},
		"text in a seal": {
			swap(t, page, sealBegin+untrusted+keyRemark, sealBegin+untrusted+"--><h1>Released</h1><!-- "+keyRemark), nil, "data, trustedKey, pageAltered",
		},
		"text after the key in a seal": {
			swap(t, page, sealBegin+untrusted+keyRemark+mine[0].String(), sealBegin+untrusted+"--><h1>Released</h1><!--"), nil, "data, trustedKey, pageAltered",
		},
		"text in a printed seal": {
			swap(t, signed[PDF].File, "%"+untrusted+keyRemark, "%"+untrusted+"\r9 0 obj << %%"), nil, "data, trustedKey, pageAltered",
		},
		"text in the room of a printed seal": {swap(t, signed[PDF].File, "\n%          ", "\n 9 0 obj <<"), nil, "data, trustedKey, badSignature"},
		"a printed page":                     {swap(t, signed[PDF].File, "/Title <feff", "/Title <fefe"), nil, "data, trustedKey, pageAltered"},
		"printed data":                       {swap(t, signed[PDF].File, `"user": "li.wei"`, `"user": "nobody"`), nil, "altered, changed where, pageAltered"},
	} {
		v := Check(c.file, c.signature, mine, today)
		if got := found(v); v.Grade != Altered || !strings.HasPrefix(got, c.found) {
			t.Errorf("%s: %s: %s, want %s", name, v.Grade, got, c.found)
		}
		if c.file != nil && strings.HasPrefix(c.found, "altered") && v.Trusted {
			t.Errorf("%s: counts as signed by a trusted key", name)
		}
	}
}

// TestUnsealed: a page whose seal was cut off still must say what its data says.
func TestUnsealed(t *testing.T) {
	page := written(t, sample(), HTML, words.Chinese, key(1)).File
	bare := swap(t, page, sealBegin+string(openHTML(page).seal)+sealEnd, "")
	if v := Check(bare, nil, mine, today); v.Grade != Proved || found(v) != "data, trustedKey, twin" {
		t.Errorf("%s: %s", v.Grade, found(v))
	}
	old := swap(t, bare, `"fotabench-layout" content="3-`, `"fotabench-layout" content="0-`)
	if v := Check(old, nil, mine, today); v.Grade != Unproved || found(v) != "data, trustedKey, unsealed" {
		t.Errorf("%s: %s", v.Grade, found(v))
	}
	unsigned := swap(t, written(t, sample(), HTML, words.English, nil).File, "<dd>li.wei</dd>", "<dd>nobody</dd>")
	if v := Check(unsigned, nil, mine, today); v.Grade != Altered || !strings.HasPrefix(found(v), "unsigned, pageAltered, line") {
		t.Errorf("%s: %s", v.Grade, found(v))
	}
}

// TestNewer: a report of a newer program is told so, and its signature still counts.
func TestNewer(t *testing.T) {
	r := sample()
	r.Version = DataVersion + 1
	for _, f := range Formats() {
		w := written(t, r, f, words.English, key(1))
		if v := Check(w.File, w.Signature, mine, today); v.Grade != Unproved || !v.Trusted || !strings.HasSuffix(found(v), "newer 2") {
			t.Errorf("%s: %s: %s", f, v.Grade, found(v))
		}
	}
}

// TestJournalAltered: that the journal was altered is told, whoever signed.
func TestJournalAltered(t *testing.T) {
	r := sample()
	r.Altered = true
	for _, f := range Formats() {
		w := written(t, r, f, words.English, key(1))
		if v := Check(w.File, w.Signature, mine, today); v.Grade != Altered || !strings.HasSuffix(found(v), "chain") {
			t.Errorf("%s: %s: %s", f, v.Grade, found(v))
		}
	}
	text := string(written(t, r, HTML, words.English, nil).File)
	if !strings.Contains(text, "records of this upgrade were altered") || !strings.Contains(text, `class="verdict bad"`) {
		t.Error("the page does not tell it")
	}
}

func TestUnreadable(t *testing.T) {
	pdf := written(t, sample(), PDF, words.English, key(1)).File
	for _, file := range []string{
		"", "{}", "[1]", "null", `{"job":""}`, "<", "<html>", "%PDF-1.7", "%PDF-1.7\n" + strings.Repeat(" ", 5000), string(pdf[:3000]), "\x00\xff",
		string(pdf) + string(pdf), // two reports: which one is meant?
	} {
		if v := Check([]byte(file), nil, mine, today); v.Grade != Unreadable {
			t.Errorf("%.20q: %s: %s", file, v.Grade, found(v))
		}
	}
}

// FuzzCheck: whatever the file, a check ends with a grade, and nothing is proved that
// the key did not sign.
func FuzzCheck(f *testing.F) {
	for _, format := range Formats() {
		w := written(f, sample(), format, words.English, key(1))
		f.Add(w.File, w.Signature)
		f.Add(w.File[:len(w.File)/2], w.Signature)
	}
	f.Add([]byte(`{"version":1,"job":"x","stages":[{"seconds":1e308,"curve":[{"s":-1,"done":-9}]}]}`), []byte(nil))
	f.Add([]byte(`<html lang="en"><meta name="fotabench-layout" content="`+layoutMark(book(f, words.English))+`">`+dataBegin+`{"job":"x"}`+scriptEnd+pageEnd), []byte(nil))
	good := map[string]bool{}
	for _, format := range Formats() {
		good[string(written(f, sample(), format, words.English, key(1)).File)] = true
	}
	f.Fuzz(func(t *testing.T, file, signature []byte) {
		v := Check(file, signature, mine, today)
		switch v.Grade {
		case Unproved, Altered, Unreadable:
		case Proved:
			if !good[string(file)] && v.Format == JSON {
				t.Errorf("proved: %q", file)
			}
		default:
			t.Errorf("grade %q", v.Grade)
		}
		if len(v.Found) == 0 {
			t.Error("nothing was found")
		}
	})
}
