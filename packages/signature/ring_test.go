package signature

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"fotabench/packages"
)

func TestRing(t *testing.T) {
	s := NewStore(filepath.Join(t.TempDir(), "新的"))
	r, err := s.Load()
	if err != nil || r.Policy != None || len(r.Keys) != 0 {
		t.Fatalf("%+v, %v", r, err)
	}
	a, b := newPen(1).key("甲"), newPen(2).key("b")
	change := func(do func(*Ring) error) error { return s.Change(t.Context(), do) }
	if err := change(func(r *Ring) error {
		r.Policy = Require
		return errors.Join(r.Trust(a), r.Trust(b), r.Trust(a))
	}); err != nil {
		t.Fatal(err)
	}
	if r, err = s.Load(); err != nil || len(r.Keys) != 2 || r.Policy != Require || !r.Keys[0].Added.Equal(a.Added) {
		t.Fatalf("%+v, %v", r, err)
	}
	for _, which := range []string{a.ID.String(), "甲", a.Fingerprint()} {
		if k, err := r.Find(which); err != nil || !k.same(a) {
			t.Errorf("%q: %+v, %v", which, k, err)
		}
	}
	revoke := func(r *Ring) error { _, err := r.Revoke("甲", today); return err }
	if err := errors.Join(change(revoke), change(revoke)); err != nil {
		t.Fatal(err)
	}
	if err := change(func(r *Ring) error { return r.Trust(a) }); codeOf(err) != KeyRevoked {
		t.Errorf("trusted a revoked key again: %v", err)
	}
	if err := change(func(r *Ring) error { _, err := r.Remove("甲"); return err }); err != nil {
		t.Error(err)
	}
	if r, err = s.Load(); err != nil || len(r.Keys) != 1 || !r.Keys[0].same(b) {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestRingRefuses(t *testing.T) {
	r := Ring{Keys: []Key{newPen(1).key("same"), newPen(2).key("same")}}
	late := newPen(3).key("x")
	late.NotBefore, late.NotAfter = today, today.AddDate(0, 0, -1)
	long := newPen(3).key(string(make([]byte, 100)))
	full := Ring{}
	for i := range MaxKeys {
		if err := full.Trust(newPen(byte(i)).key("")); err != nil {
			t.Fatal(err)
		}
	}
	_, several := r.Find("same")
	_, none := r.Revoke("nobody", today)
	_, empty := (&Ring{Keys: []Key{newPen(1).key("")}}).Remove("")
	for i, c := range []struct {
		err  error
		want packages.Code
	}{
		{several, KeySeveral},
		{none, KeyNone},
		{empty, KeyNone},
		{r.Trust(late), KeySpan},
		{r.Trust(long), KeyName},
		{full.Trust(newPen(200).key("")), KeyMany},
		{r.Trust(Key{}), KeyUnreadable},
	} {
		if codeOf(c.err) != c.want {
			t.Errorf("%d: %v, want %s", i, c.err, c.want)
		}
	}
}

// TestRingDamaged: a file that cannot be believed is an error, is kept, and makes the
// desk refuse.
func TestRingDamaged(t *testing.T) {
	for _, text := range []string{
		"", "{", "[]", "null", `{"format":2,"policy":"none","keys":[]}`, `{"format":1,"policy":"maybe","keys":[]}`,
		`{"format":1,"policy":"none","keys":[],"except":"x"}`, `{"format":1,"policy":"none","keys":[]} {}`,
		`{"format":1,"policy":"none","keys":[{"name":"x","id":"0","public":"AAAA","added":"2026-01-01T00:00:00Z"}]}`,
		`{"format":1,"policy":"none","keys":[{"name":"x","id":"0","public":"AAAA","added":"99999-01-01T00:00:00Z"}]}`,
	} {
		dir := t.TempDir()
		path := write(t, dir, ringFile, []byte(text))
		s := NewStore(dir)
		if _, err := s.Load(); codeOf(err) != CodeDamaged {
			t.Errorf("%q: %v", text, err)
		}
		if err := s.Change(t.Context(), func(*Ring) error { return nil }); codeOf(err) != CodeDamaged {
			t.Errorf("%q: %v", text, err)
		}
		if kept, err := os.ReadFile(path); err != nil || string(kept) != text {
			t.Errorf("%q became %q", text, kept)
		}
		p := open(t, write(t, dir, "fw.bin", []byte("firmware")))
		if r := NewDesk(dir).Judge(t.Context(), p); r.Level != packages.Red || r.MustAccept {
			t.Errorf("%q: %+v", text, r)
		}
	}
}

// TestRingTogether: two programs lose no key of each other.
func TestRingTogether(t *testing.T) {
	dir := t.TempDir()
	var all sync.WaitGroup
	for i := range 6 {
		all.Go(func() {
			s := NewStore(dir)
			if err := s.Change(t.Context(), func(r *Ring) error { return r.Trust(newPen(byte(i)).key("")) }); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if r, err := NewStore(dir).Load(); err != nil || len(r.Keys) != 6 {
		t.Errorf("%d keys, %v", len(r.Keys), err)
	}
}

func TestDesk(t *testing.T) {
	dir, own := t.TempDir(), newPen(1)
	p := &packages.Package{Files: []packages.File{signed(t, own, today)}}
	desk := NewDesk(dir)
	if r := desk.Judge(t.Context(), p); !r.Quiet || r.Code != CodeUnknown {
		t.Errorf("%+v", r)
	}
	key := own.key("release")
	if err := NewStore(dir).Change(t.Context(), func(r *Ring) error { return r.Trust(key) }); err != nil {
		t.Fatal(err)
	}
	if r := desk.Judge(t.Context(), p); r.Level != packages.Green || r.Code != CodeGood || r.Verdicts[0].Comment == "" {
		t.Errorf("%+v", r)
	}
	if r := desk.Judge(t.Context(), &packages.Package{Offer: &packages.Offer{}}); !r.Quiet || r.Code != CodeOffer {
		t.Errorf("%+v", r)
	}
	if err := os.WriteFile(p.Files[0].Path, []byte("evil one"), 0o600); err != nil {
		t.Fatal(err)
	}
	if r := NewDesk(dir).Judge(t.Context(), p); r.Level != packages.Red || r.Code != packages.Changed || r.Remedy == "" {
		t.Errorf("%+v", r)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if r := NewDesk(dir).Judge(ctx, p); r.Level != packages.Red || r.Code != CodeUnfinished {
		t.Errorf("%+v", r)
	}
}

// TestPolicies is the table of docs/guide/signatures.md: none, warn, require.
func TestPolicies(t *testing.T) {
	const quiet, green, amber, ask, askRed, red = "quiet", "green", "amber", "ask", "ask red", "red"
	for _, c := range []struct {
		v    Verdict
		want [3]string
	}{
		{Verdict{State: Good, Code: CodeGood}, [3]string{green, green, green}},
		{Verdict{State: Unsigned, Code: CodeUnsigned}, [3]string{quiet, amber, red}},
		{Verdict{State: UnknownKey, Code: CodeUnknown}, [3]string{quiet, amber, red}},
		{Verdict{State: UnknownKey, Code: CodeUnmatched}, [3]string{quiet, ask, red}},
		{Verdict{State: Unreadable, Code: CodeUnreadable}, [3]string{quiet, amber, red}},
		{Verdict{State: Expired, Code: CodeExpired}, [3]string{quiet, amber, red}},
		{Verdict{State: NotYetValid, Code: CodeEarly}, [3]string{quiet, amber, red}},
		{Verdict{State: Revoked, Code: CodeRevoked}, [3]string{amber, ask, red}},
		{Verdict{State: Bad, Code: CodeBad}, [3]string{amber, askRed, red}},
	} {
		c.v.Args = []any{"fw.bin", "key"}
		good := Verdict{State: Good, Code: CodeGood, Args: c.v.Args}
		for i, policy := range Policies() {
			for _, all := range [][]Verdict{{c.v}, {good, c.v}, {c.v, good}} {
				r := Judge(policy, all)
				if got := colour(r); got != c.want[i] {
					t.Errorf("%s, %s of %d: %s, want %s", policy, c.v.Code, len(all), got, c.want[i])
				}
				if (r.Remedy == "") != (r.Level == packages.Green) {
					t.Errorf("%s, %s: remedy %q", policy, c.v.Code, r.Remedy)
				}
			}
		}
	}
}

func colour(r Result) string {
	switch {
	case r.Quiet:
		return "quiet"
	case r.Level == packages.Green:
		return "green"
	case r.MustAccept && r.Level == packages.Red:
		return "ask red"
	case r.Level == packages.Red:
		return "red"
	case r.MustAccept:
		return "ask"
	}
	return "amber"
}

// TestAll: several signed files are told in one sentence.
func TestAll(t *testing.T) {
	v := func(id ID) Verdict { return Verdict{State: Good, KeyID: id, Code: CodeGood, Args: []any{"f", "key"}} }
	if r := Judge(Require, []Verdict{v(1), v(1)}); r.Code != CodeAll || len(r.Args) != 2 {
		t.Errorf("%+v", r)
	}
	if r := Judge(Require, []Verdict{v(1), v(2)}); r.Code != CodeMany || len(r.Args) != 1 {
		t.Errorf("%+v", r)
	}
}

func FuzzRing(f *testing.F) {
	text, err := json.Marshal(stored{ringFormat, Ring{Warn, []Key{newPen(1).key("x")}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := parseRing(text)
		if err != nil {
			return
		}
		text, err = json.Marshal(stored{ringFormat, r})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parseRing(text); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	})
}
