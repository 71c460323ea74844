package quecpython

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"fotabench/assets"
	"fotabench/devices"
	"fotabench/devices/repl"
	"fotabench/packages"
)

// bench is a device whose scripts run on CPython with the stand-in modules of
// testdata/modules, and what a test does with it.
type bench struct {
	t      testing.TB
	folder string
	driver *driver
	python string
}

func newBench(t testing.TB, orders map[string]any) *bench {
	t.Helper()
	python, err := exec.LookPath("python3")
	if err != nil {
		if os.Getenv("FOTABENCH_PEERS") == "required" {
			t.Fatal("python3 is needed to run the device's scripts")
		}
		t.Skip("python3 is not installed: the scripts run on MicroPython alone")
	}
	models, err := assets.LoadModels()
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, folder: t.TempDir(), python: python}
	if err := os.MkdirAll(filepath.Join(b.folder, "usr"), 0o700); err != nil {
		t.Fatal(err)
	}
	own := map[string]any{"target": targetVersion}
	maps.Copy(own, orders) // which other tests have, too
	b.order(own)
	b.driver = &driver{models: models, connect: b.connect, budgets: budgets{
		poll: 20 * time.Millisecond, silence: 20 * time.Second, blind: 20 * time.Second,
		restart: 10 * time.Second, command: 20 * time.Second, grace: 5 * time.Second, cleanUp: 20 * time.Second,
	}}
	return b
}

const (
	sourceVersion = "EC600NCNLCR03A11M16_OCPU_QPY_BETA0313"
	targetVersion = "EC600NCNLCR03A12M16_OCPU_QPY"
)

func (b *bench) order(orders map[string]any) {
	b.t.Helper()
	text, err := json.Marshal(orders)
	if err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(b.folder, "orders.json"), text, 0o600); err != nil {
		b.t.Fatal(err)
	}
}

// state is what outlived the device's restarts.
func (b *bench) state() map[string]any {
	b.t.Helper()
	state := map[string]any{}
	text, err := os.ReadFile(filepath.Join(b.folder, "state.json"))
	if err == nil {
		err = json.Unmarshal(text, &state)
	}
	if err != nil && !os.IsNotExist(err) {
		b.t.Fatal(err)
	}
	return state
}

func (b *bench) file(path string) string {
	text, err := os.ReadFile(filepath.Join(b.folder, path))
	if err != nil {
		return ""
	}
	return string(text)
}

func (b *bench) address() devices.Address { return devices.Address(b.folder) }

func (b *bench) open() devices.Session {
	b.t.Helper()
	s, err := b.driver.Open(b.t.Context(), b.address(), devices.Access{})
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = s.Close() })
	return s
}

// connect starts an interpreter on the device whose folder is the address.
func (b *bench) connect(_ context.Context, address devices.Address, _ devices.Access) (interpreter, error) {
	folder := string(address)
	if _, err := os.Stat(filepath.Join(folder, "orders.json")); err != nil {
		return nil, &devices.Error{Op: "test: open", Kind: devices.Absent, Err: err}
	}
	script, err := filepath.Abs(filepath.Join("testdata", "host.py"))
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(b.python, "-B", script)
	cmd.Env = append(os.Environ(), "FOLDER="+folder, "no_proxy=*")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &python{cmd: cmd, in: in, replies: make(chan reply)}
	p.reader.Go(func() { p.read(bufio.NewReader(out)) })
	return p, nil
}

// python is a CPython that answers as a raw REPL would.
type python struct {
	cmd     *exec.Cmd
	in      io.WriteCloser
	replies chan reply
	reader  sync.WaitGroup
	pending bool
	once    sync.Once
}

type reply struct {
	Out, Type, Text string
	Errno           int
}

func (p *python) read(r *bufio.Reader) {
	defer close(p.replies)
	for {
		head, err := r.ReadString('\n')
		if err != nil {
			return
		}
		n, err := strconv.Atoi(strings.TrimSpace(head))
		if err != nil {
			return
		}
		body := make([]byte, n)
		if _, err := io.ReadFull(r, body); err != nil {
			return
		}
		var got reply
		if json.Unmarshal(body, &got) != nil {
			return
		}
		p.replies <- got
	}
}

var errUnplugged = &devices.Error{Op: "test", Kind: devices.Lost}

func (p *python) Exec(ctx context.Context, code string) ([]byte, error) {
	if _, err := fmt.Fprintf(p.in, "%d\n%s", len(code), code); err != nil {
		return nil, errUnplugged
	}
	p.pending = true
	select {
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case got, ok := <-p.replies:
		p.pending = false
		if !ok {
			return nil, errUnplugged
		}
		if got.Type != "" {
			return nil, &raised{Type: got.Type, Text: got.Text, Errno: got.Errno}
		}
		return []byte(got.Out), nil
	}
}

func (p *python) Stop(ctx context.Context) error {
	if !p.pending {
		return nil
	}
	_ = p.cmd.Process.Signal(os.Interrupt)
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case _, ok := <-p.replies:
		p.pending = false
		if !ok {
			return errUnplugged
		}
		return nil
	}
}

func (p *python) Close(context.Context, bool) error {
	p.once.Do(func() {
		_ = p.cmd.Process.Kill()
		for range p.replies {
			continue
		}
		p.reader.Wait()
		_ = p.cmd.Wait()
	})
	return nil
}

func (p *python) Stream(ctx context.Context, up upload, report devices.Report) (sent, error) {
	setup := up.Setup + "\nimport hashlib as _h\n_h = _h.sha256()\ndef _feed(b):\n    _h.update(b)\n    return " + up.Sink + "(b)\n"
	if _, err := p.Exec(ctx, setup); err != nil {
		return sent{}, err
	}
	ours, done := sha256.New(), int64(0)
	for block := make([]byte, 4096); ; {
		n, err := io.ReadFull(up.Body, block)
		if n > 0 {
			out, err := p.Exec(ctx, fmt.Sprintf("print(_feed(bytes.fromhex('%x')))", block[:n]))
			if err != nil {
				return sent{}, err
			}
			if word := strings.TrimSpace(string(out)); word != "0" && word != "None" {
				code, _ := strconv.Atoi(word)
				return sent{}, &devices.Error{Op: "test: sink", Kind: devices.Refused, Code: code, HasCode: true, Note: repl.NoteSink, Args: []any{done, word}}
			}
			ours.Write(block[:n])
			done += int64(n)
			report.Progress(done, up.Size)
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			break
		}
		if err != nil {
			return sent{}, err
		}
	}
	out, err := p.Exec(ctx, "print(_h.hexdigest())")
	return sent{
		SHA256: hex.EncodeToString(ours.Sum(nil)), Algorithm: "sha256",
		Hex: strings.TrimSpace(string(out)), Way: "test",
	}, err
}

// log is a devices.Report that holds the promises of progress.
type log struct {
	t           testing.TB
	mu          sync.Mutex
	done, total int64
	steps       int
	notes       []devices.Code
	see         func(done int64)
}

func (l *log) Progress(done, total int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if done < l.done || (l.steps > 0 && total != l.total) || done > total {
		l.t.Errorf("progress %d of %d after %d of %d", done, total, l.done, l.total)
	}
	l.done, l.total = done, total
	l.steps++
	if l.see != nil {
		l.see(done)
	}
}

func (l *log) Note(code devices.Code, _ ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.notes = append(l.notes, code)
}

func (l *log) has(code devices.Code) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.notes {
		if c == code {
			return true
		}
	}
	return false
}

// pack makes a package of files by name; the content follows from the name.
func pack(t testing.TB, size int, names ...string) *packages.Package {
	t.Helper()
	p := &packages.Package{Name: names[0], Manifest: packages.Manifest{TargetVersion: targetVersion}}
	for i, name := range names {
		body := bytes.Repeat([]byte(name+"\x00\x01\x03\x04\xff"), size/len(name)+1)[:size+i]
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, body, 0o600); err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(body)
		p.Files = append(p.Files, packages.File{
			Path: path, Name: name, Size: int64(len(body)),
			Digests: packages.Digests{packages.SHA256: hex.EncodeToString(sum[:])},
		})
	}
	return p
}

// serve hosts a package and makes the sources of a job, with or without a count
// of what was served.
func serve(t testing.TB, p *packages.Package, count bool) []devices.Source {
	t.Helper()
	var sources []devices.Source
	for _, f := range p.Files {
		var mu sync.Mutex
		var served int64
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			body, err := os.ReadFile(f.Path)
			if err != nil {
				t.Error(err)
			}
			n, _ := w.Write(body)
			mu.Lock()
			served += int64(n)
			mu.Unlock()
		}))
		t.Cleanup(server.Close)
		source := devices.Source{URL: server.URL + "/" + f.Name}
		if count {
			source.Served = func() int64 {
				mu.Lock()
				defer mu.Unlock()
				return served
			}
		}
		sources = append(sources, source)
	}
	return sources
}
