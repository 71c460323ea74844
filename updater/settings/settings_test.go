package settings

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fotabench/devices"
	"fotabench/devices/link/record"
)

// full is a setting of everything.
func full() Settings {
	return Settings{
		Baud: 9600, Avoid: []devices.Address{"COM9"}, Recordings: 3, RecordingBytes: record.Limit, Wait: 3600,
		Points: []Point{{ID: "a", Name: "China Mobile", APN: "cmiot", IPType: 1, User: "u", Locked: true}},
		TLS:    TLS{CA: "/ca", Cert: "/cert", Key: "/key"}, Proxy: Proxy{Mode: Own, Address: "http://proxy:3128", User: "joe", Turn: "a1"},
		Watch: "/in", Library: "/packages", Language: "zh-Hans", Look: "dark", Picked: "/picked",
	}
}

// TestRoundTrip: what is kept is read again, whole, and a folder without a file has what
// is usual.
func TestRoundTrip(t *testing.T) {
	dir := t.TempDir()
	if s, err := Read(dir); err != nil || !s.Equal(Settings{}) {
		t.Fatal(s, err)
	}
	if _, err := Change(t.Context(), dir, func(s *Settings) { *s = full() }); err != nil {
		t.Fatal(err)
	}
	if s, err := Read(dir); err != nil || !s.Equal(full()) {
		t.Errorf("%+v %v", s, err)
	}
	if most, size := (Settings{}).Kept(); most != UsualRecordings || size != UsualRecordingBytes {
		t.Error(most, size)
	}
	if most, size := full().Kept(); most != 3 || size != record.Limit {
		t.Error(most, size)
	}
	if _, err := Change(t.Context(), "", func(*Settings) {}); err == nil {
		t.Error("settings without a folder")
	}
}

// TestBounds: what is out of them is named and changes nothing, and in a file it is told.
func TestBounds(t *testing.T) {
	long := func(n int) string { return strings.Repeat("x", n) }
	for name, bad := range map[string]struct {
		spoil func(*Settings)
		note  devices.Code
	}{
		"slow":            {func(s *Settings) { s.Baud = MinBaud - 1 }, NoteBaud},
		"fast":            {func(s *Settings) { s.Baud = MaxBaud + 1 }, NoteBaud},
		"negative":        {func(s *Settings) { s.Recordings = -1 }, NoteRecordings},
		"many":            {func(s *Settings) { s.Recordings = MaxRecordings + 1 }, NoteRecordings},
		"impatient":       {func(s *Settings) { s.Wait = 59 }, NoteWait},
		"backward":        {func(s *Settings) { s.Wait = -1 }, NoteWait},
		"without end":     {func(s *Settings) { s.Wait = 1 << 62 }, NoteWait},
		"small":           {func(s *Settings) { s.RecordingBytes = record.Limit - 1 }, NoteRecordingBytes},
		"empty port":      {func(s *Settings) { s.Avoid = []devices.Address{""} }, NoteAvoid},
		"long port":       {func(s *Settings) { s.Avoid = []devices.Address{devices.Address(long(257))} }, NoteAvoid},
		"many ports":      {func(s *Settings) { s.Avoid = make([]devices.Address, MaxAvoid+1) }, NoteAvoid},
		"many points":     {func(s *Settings) { s.Points = make([]Point, MaxPoints+1) }, NotePointMany},
		"no name":         {func(s *Settings) { s.Points[0].Name = "" }, NotePoint},
		"no APN":          {func(s *Settings) { s.Points[0].APN = "" }, NotePoint},
		"long APN":        {func(s *Settings) { s.Points[0].APN = long(maxAPN + 1) }, NotePoint},
		"long user":       {func(s *Settings) { s.Points[0].User = long(maxUser + 1) }, NotePoint},
		"terminal":        {func(s *Settings) { s.Points[0].Name = "\x1b[2J" }, NotePoint},
		"strange id":      {func(s *Settings) { s.Points[0].ID = "../proxy-password" }, NotePoint},
		"twin id":         {func(s *Settings) { s.Points = append(s.Points, Point{ID: "a", Name: "n", APN: "x"}) }, NotePoint},
		"twin name":       {func(s *Settings) { s.Points = append(s.Points, Point{ID: "b", Name: s.Points[0].Name, APN: "x"}) }, NotePointTwin},
		"IPv5":            {func(s *Settings) { s.Points[0].IPType = 2 }, NotePointIP},
		"long path":       {func(s *Settings) { s.TLS.CA = long(maxPath + 1) }, NotePath},
		"NUL":             {func(s *Settings) { s.Watch = "/in\x00" }, NotePath},
		"mode":            {func(s *Settings) { s.Proxy.Mode = "auto" }, NoteProxy},
		"no address":      {func(s *Settings) { s.Proxy.Address = "" }, NoteProxy},
		"scheme":          {func(s *Settings) { s.Proxy.Address = "ftp://proxy" }, NoteProxy},
		"password":        {func(s *Settings) { s.Proxy.Address = "http://joe:s3cret@proxy" }, NoteProxy},
		"strange turn":    {func(s *Settings) { s.Proxy.Turn = "../x" }, NoteProxy},
		"address of none": {func(s *Settings) { s.Proxy.Mode = Direct }, NoteProxy},
		"language":        {func(s *Settings) { s.Language = "fr" }, NoteLanguage},
		"look":            {func(s *Settings) { s.Look = "pink" }, NoteLook},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			before, err := Change(t.Context(), dir, func(s *Settings) { *s = full() })
			if err != nil {
				t.Fatal(err)
			}
			_, err = Change(t.Context(), dir, bad.spoil)
			known, is := errors.AsType[*devices.Error](err)
			if !is || known.Kind != devices.Unsupported || known.Note != bad.note || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("%v", err)
			}
			if s, err := Read(dir); err != nil || !s.Equal(before) {
				t.Errorf("%+v %v", s, err)
			}
		})
	}
}

// TestUnbelieved: a file that lies is told and not written over, except by who says so;
// then it is put aside.
func TestUnbelieved(t *testing.T) {
	for _, text := range []string{"", "{", "[]", `{"baud":1}`, `{"new":true}`, `{"look":"pink"}`, "{} {}", strings.Repeat(" ", maxFile+1)} {
		dir := t.TempDir()
		path := filepath.Join(dir, File)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Read(dir)
		known, is := errors.AsType[*devices.Error](err)
		if !is || known.Kind != devices.Integrity || known.Note != NoteUnreadable {
			t.Errorf("%.20q: %v", text, err)
		}
		set := func(s *Settings) { s.Baud = 9600 }
		if _, err := Change(t.Context(), dir, set); !errors.Is(err, devices.Integrity) {
			t.Errorf("%.20q: %v", text, err)
		}
		if s, err := Renew(t.Context(), dir, set); err != nil || s.Baud != 9600 {
			t.Errorf("%.20q: %v", text, err)
		}
		aside, err := filepath.Glob(filepath.Join(dir, "settings.damaged-*.json"))
		if err != nil || len(aside) != 1 {
			t.Fatal(aside, err)
		}
		if old, err := os.ReadFile(aside[0]); err != nil || string(old) != text {
			t.Errorf("%.20q is gone: %v", text, err)
		}
		if s, err := Renew(t.Context(), dir, func(s *Settings) { s.Look = "dark" }); err != nil || s.Baud != 9600 {
			t.Error("a sound file was begun anew", s, err)
		}
	}
}

// TestFieldsAreChecked: a field looks at what it is given, and at what it becomes.
func TestFieldsAreChecked(t *testing.T) {
	for _, f := range Fields() {
		if _, usual := f.Get(Settings{}); !usual {
			t.Errorf("%s has nothing usual", f.Name)
		}
		if _, usual := f.Get(full()); usual {
			t.Errorf("%s: what is set is not seen", f.Name)
		}
		s := full()
		if f.Clear(&s); s.Equal(full()) {
			t.Errorf("%s cannot be cleared", f.Name)
		}
		if _, err := f.Change("no such\x00thing", t.TempDir()); err == nil {
			t.Errorf("%s takes anything", f.Name)
		}
	}
}
