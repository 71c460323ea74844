package haas

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"fotabench/devices"
	"fotabench/devices/sim/micropython"
)

// TestNumbers: every number of the firmware has a sentence of its own.
func TestNumbers(t *testing.T) {
	t.Parallel()
	seen := map[devices.Code]int{}
	for n := -1; n >= -25; n-- {
		e := numbered("fetch", n)
		if !e.HasCode || e.Code != n || e.Note != devices.Code(fmt.Sprintf("haas.code.%d", -n)) || e.Kind == "" || seen[e.Note] != 0 {
			t.Errorf("%d: %+v (again after %d)", n, e, seen[e.Note])
		}
		seen[e.Note] = n
	}
	for _, n := range []int{-26, -1000, 0} {
		if e := numbered("fetch", n); e.Note != NoteCode || len(e.Args) != 1 || e.Code != n {
			t.Errorf("%d: %+v", n, e)
		}
	}
}

// TestNumbersOfTheBoard: what the callbacks say, each with its kind.
func TestNumbersOfTheBoard(t *testing.T) {
	t.Parallel()
	p := pack(t, app(newVersion)...)
	for number, kind := range map[int]devices.Kind{
		5: devices.Refused, 7: devices.Absent, 9: devices.Timeout, 14: devices.Space, 16: devices.Space, 25: devices.Refused,
	} {
		t.Run(fmt.Sprint(-number), func(t *testing.T) {
			t.Parallel()
			b := newBoard(t, micropython.Options{Network: -1}, fmt.Sprintf("download-error=%d", number))
			err := whole(t, quick(), b, &devices.Job{Package: p, Method: devices.HTTP, Sources: host(t, p)})
			var e *devices.Error
			if !errors.As(err, &e) || e.Code != -number || e.Kind != kind || e.Note != meanings[number].note {
				t.Errorf("%v", err)
			}
		})
	}
}

// TestURLs: what a URL may be, refused before anything is asked of the board.
func TestURLs(t *testing.T) {
	t.Parallel()
	p := pack(t, app(newVersion)...)
	var visits atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		visits.Add(1)
		http.ServeFile(w, r, p.Files[0].Path)
	}))
	t.Cleanup(server.Close)
	b := newBoard(t, micropython.Options{Network: -1})
	s := opened(t, quick(), b)
	long := func(n int) string { return server.URL + "/" + strings.Repeat("x", n-len(server.URL)-1) }
	for _, c := range []struct {
		source devices.Source
		note   devices.Code
	}{
		{devices.Source{URL: long(256)}, NoteURLLong},
		{devices.Source{URL: "ftp://127.0.0.1/a.zip"}, NoteURLScheme},
		{devices.Source{URL: "a.zip"}, NoteURLBad},
		{devices.Source{URL: server.URL + "/'); evil('"}, NoteURLBad},
		{devices.Source{URL: server.URL + "/中.zip"}, NoteURLBad},
		{devices.Source{URL: server.URL + "/a.zip", User: "me"}, NoteURLLogin},
		{devices.Source{URL: "http://me:secret@127.0.0.1/a.zip"}, NoteURLLogin},
	} {
		_, err := s.Deliver(t.Context(), &devices.Job{Package: p, Method: devices.HTTP, Sources: []devices.Source{c.source}}, &journal{})
		if !errors.Is(err, devices.Unsupported) || noted(err) != c.note || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", c.source.URL, err)
		}
	}
	if visits.Load() != 0 || b.State().Written != 0 {
		t.Errorf("%d visits, %d bytes for URLs that are refused", visits.Load(), b.State().Written)
	}
	job := &devices.Job{Package: p, Method: devices.HTTP, Sources: []devices.Source{{URL: long(255)}}}
	if _, err := s.Deliver(t.Context(), job, &journal{}); err != nil {
		t.Errorf("255 bytes: %v", err)
	}
}
