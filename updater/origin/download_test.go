package origin

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"fotabench/devices"
	"fotabench/packages"
)

// TestDownloadAgainstFaultyServers: with the digests known, a Download meets every
// fault as Prove does, and what it keeps is the file.
func TestDownloadAgainstFaultyServers(t *testing.T) {
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var asked atomic.Int64
				net := newLane("8.8.8.8:80")
				defer net.serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { row.site(w, r, int(asked.Add(1))) }))()
				req := Request{URL: "http://files.example.com/fw.bin", Want: wanted(good), Proxy: ProxyNone, dial: net.dial}
				if row.change != nil {
					row.change(&req)
				}
				part := filepath.Join(t.TempDir(), "part")
				_, err := Download(t.Context(), req, part, nil)
				if row.note != "" {
					requireNote(t, err, row.kind, row.note)
					return
				}
				require.NoError(t, err)
				kept, err := os.ReadFile(part)
				require.NoError(t, err)
				require.Equal(t, string(good), string(kept))
				if row.asked > 0 {
					require.Equal(t, row.asked, int(asked.Load()), "requests")
				}
			})
		})
	}
}

// fetches runs Downloads of what nothing is known about from one server, each into the
// same part.
type fetches struct {
	t     *testing.T
	part  string
	site  func(w http.ResponseWriter, r *http.Request)
	spans []string // the Range headers
	want  packages.File
	seen  func(done int64) // called with the progress, if not nil
}

func (f *fetches) get(ctx context.Context) (string, error) {
	net := newLane("8.8.8.8:80")
	defer net.serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.spans = append(f.spans, r.Header.Get("Range"))
		f.site(w, r)
	}))()
	var last int64
	return Download(ctx, Request{URL: "http://u:geheim@files.example.com/fw.bin", Want: f.want, Proxy: ProxyNone, dial: net.dial}, f.part, func(done, total int64) {
		require.GreaterOrEqual(f.t, done, last)
		if last = done; f.seen != nil {
			f.seen(done)
		}
	})
}

func (f *fetches) holds(want []byte) {
	f.t.Helper()
	kept, err := os.ReadFile(f.part)
	require.NoError(f.t, err)
	require.Equal(f.t, string(want), string(kept))
}

// stopAfter serves n bytes of data with a validator and then hangs.
func stopAfter(n int, data []byte, etag string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", etag)
		w.Header().Set("Content-Length", strconv.Itoa(len(data)))
		_, _ = w.Write(data[:n])
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}
}

func serving(data []byte, etag string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Disposition", `attachment; filename="../real.bin"`)
		content(w, r, data, etag)
	}
}

func inBubble(t *testing.T, do func(t *testing.T, f *fetches)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { do(t, &fetches{t: t, part: filepath.Join(t.TempDir(), "part")}) })
}

func (f *fetches) interrupt(n int) {
	f.t.Helper()
	f.site = stopAfter(n, good, `"v1"`)
	stop := errors.New("stop")
	ctx, cancel := context.WithTimeoutCause(f.t.Context(), 5*time.Second, stop)
	defer cancel()
	_, err := f.get(ctx)
	require.ErrorIs(f.t, err, stop)
	require.NotContains(f.t, err.Error(), "geheim")
}

// TestDownloadGoesOn: the next call asks for what is missing, and only for that.
func TestDownloadGoesOn(t *testing.T) {
	for _, n := range []int{1, 511, 100_000, size - 1} {
		inBubble(t, func(t *testing.T, f *fetches) {
			f.interrupt(n)
			f.site, f.spans = serving(good, `"v1"`), nil
			name, err := f.get(t.Context())
			require.NoError(t, err)
			require.Equal(t, "real.bin", name)
			f.holds(good)
			require.Equal(t, []string{"bytes=" + strconv.Itoa(n) + "-"}, f.spans)
			name, err = f.get(t.Context()) // all is there: nobody is asked
			require.NoError(t, err)
			require.Equal(t, "real.bin", name)
			require.Len(t, f.spans, 1)
		})
	}
}

// TestDownloadKilled: of a program that was killed during a download the next goes on with
// what lies there: with all of it where a digest proves the whole, else with what had been
// brought to the disk.
func TestDownloadKilled(t *testing.T) {
	for name, want := range map[string]packages.File{"proved": wanted(good), "nothing known": {}} {
		for _, at := range []int{1, 100_000, size / 2} {
			inBubble(t, func(t *testing.T, f *fetches) {
				f.want = want
				left := killedAt(t, f, at)
				f.part = left
				lay, err := os.Stat(left)
				require.NoError(t, err)
				f.site, f.spans = serving(good, `"v1"`), nil
				_, err = f.get(t.Context())
				require.NoError(t, err, name)
				f.holds(good)
				require.Len(t, f.spans, 1)
				from, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimPrefix(f.spans[0], "bytes="), "-"), 10, 64)
				if name == "nothing known" && lay.Size() < syncLeast {
					return // too little to have been settled
				}
				require.NoError(t, err, f.spans[0])
				if name == "proved" {
					require.Equal(t, lay.Size(), from)
				}
				require.GreaterOrEqual(t, from, lay.Size()/2, "of what lay there")
			})
		}
	}
}

// killedAt downloads n bytes and gives a part as it lay there at that moment, in other
// files: what a program does when it ends in good order is not in it.
func killedAt(t *testing.T, f *fetches, n int) string {
	t.Helper()
	left := filepath.Join(t.TempDir(), "part")
	f.seen = func(done int64) {
		if done != int64(n) {
			return
		}
		for _, suffix := range []string{"", ".json"} {
			b, err := os.ReadFile(f.part + suffix)
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(left+suffix, b, 0o600))
		}
	}
	f.interrupt(n)
	return left
}

// TestDownloadKilledPatched: what lies there and is not of the file is found by its digest,
// and the file is fetched anew.
func TestDownloadKilledPatched(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fetches) {
		f.want = wanted(good)
		f.part = killedAt(t, f, 100_000)
		b, err := os.ReadFile(f.part)
		require.NoError(t, err)
		clear(b[len(b)-4096:]) // as after a loss of power
		require.NoError(t, os.WriteFile(f.part, b, 0o600))
		f.site = serving(good, `"v1"`)
		_, err = f.get(t.Context())
		require.NoError(t, err)
		f.holds(good)
	})
}

// TestDownloadOfAnotherFile: what came of the old one is not mixed with the new one.
func TestDownloadOfAnotherFile(t *testing.T) {
	for name, site := range map[string]func(http.ResponseWriter, *http.Request){
		"another":         serving(other, `"v2"`),
		"another, longer": serving(firmware(size+7, 2), `"v2"`),
		"no validators":   serving(other, ""),
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, f *fetches) {
				f.interrupt(100_000)
				f.site = site
				_, err := f.get(t.Context())
				require.NoError(t, err)
				kept, err := os.ReadFile(f.part)
				require.NoError(t, err)
				require.Equal(t, string(firmware(len(kept), 2)), string(kept))
				require.GreaterOrEqual(t, len(kept), size)
			})
		})
	}
}

// TestDownloadWithDamagedNote: a note that does not fit the part begins it anew.
func TestDownloadWithDamagedNote(t *testing.T) {
	for _, note := range []string{"", "{", `{"done":-1}`, `{"done":99999999}`, `{"done":1e99}`, `[]`} {
		inBubble(t, func(t *testing.T, f *fetches) {
			f.interrupt(1000)
			require.NoError(t, os.WriteFile(f.part+".json", []byte(note), 0o600))
			f.site, f.spans = serving(good, `"v1"`), nil
			_, err := f.get(t.Context())
			require.NoError(t, err)
			f.holds(good)
			require.Equal(t, []string{""}, f.spans)
		})
	}
}

func TestDownloadRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		site func(http.ResponseWriter, *http.Request)
		kind devices.Kind
		note devices.Code
	}{
		"a size that no package has": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", strconv.Itoa(packages.MaxBytes+1))
			_, _ = w.Write(good[:1])
		}, devices.Integrity, NoteEndless},
		"no end":         {func(w http.ResponseWriter, r *http.Request) { endless(w, r, 1) }, devices.Integrity, NoteEndless},
		"a hotel's page": {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(portal) }, devices.Integrity, NoteWebPage},
		"nothing":        {func(w http.ResponseWriter, _ *http.Request) {}, devices.Integrity, NoteSize},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, f *fetches) {
				f.site = c.site
				_, err := f.get(t.Context())
				requireNote(t, err, c.kind, c.note)
			})
		})
	}
}

// TestDownloadWithoutRoom: a part that cannot be written is told as that.
func TestDownloadWithoutRoom(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fetches) {
		f.part = filepath.Join(t.TempDir(), "no such folder", "part")
		f.site = serving(good, `"v1"`)
		_, err := f.get(t.Context())
		requireNote(t, err, devices.Space, NoteKeep)
		require.Empty(t, f.spans)
	})
}

// TestDownloadFTP: of a server that states a size or none, also where the line drops.
func TestDownloadFTP(t *testing.T) {
	for _, limits := range [][]int64{nil, {1000}, {1000, 50_000}} {
		server := &ftpd{t: t, name: "fw.bin", data: good}
		lines := &cutData{limits: limits}
		part := filepath.Join(t.TempDir(), "part")
		_, err := Download(t.Context(), Request{URL: "ftp://" + server.listen() + "/fw.bin", dial: lines.dial, Limits: Limits{Stall: 5 * time.Second}}, part, nil)
		require.NoError(t, err)
		kept, err := os.ReadFile(part)
		require.NoError(t, err)
		require.Equal(t, string(good), string(kept))
		require.LessOrEqual(t, lines.carried, int64(size+1), "resumed, not begun anew")
	}
}

// TestDownloadFTPGoesOn: over FTP, too, the next call asks for what is missing.
func TestDownloadFTPGoesOn(t *testing.T) {
	server := &ftpd{t: t, name: "fw.bin", data: good}
	lines := &cutData{limits: []int64{100_000}}
	part := filepath.Join(t.TempDir(), "part")
	req := Request{URL: "ftp://" + server.listen() + "/fw.bin", dial: lines.dial, Limits: Limits{Stall: 5 * time.Second, Tries: 1}}
	_, err := Download(t.Context(), req, part, nil)
	requireNote(t, err, devices.Lost, NoteDropped)
	_, err = Download(t.Context(), req, part, nil)
	require.NoError(t, err)
	kept, err := os.ReadFile(part)
	require.NoError(t, err)
	require.Equal(t, string(good), string(kept))
	require.LessOrEqual(t, lines.carried, int64(size+1), "resumed, not begun anew")
}
