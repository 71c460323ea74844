package packages

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

func contentFile(t *testing.T, body []byte) File {
	t.Helper()
	path := filepath.Join(t.TempDir(), "full.bin")
	if err := os.WriteFile(path, body, 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := Open(t.Context(), []string{path}, OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return p.Files[0]
}

func TestContentsShare(t *testing.T) {
	t.Parallel()
	body := bytes.Repeat([]byte("firmware"), 200_000)
	f := contentFile(t, body)
	var all Contents
	var wg sync.WaitGroup
	taken := make([]*Content, 16)
	for i := range taken {
		wg.Go(func() {
			c, err := all.Take(t.Context(), f)
			if err != nil {
				t.Error(err)
				return
			}
			taken[i] = c
		})
	}
	wg.Wait()
	// The file on the disk may go: what was proved is held.
	if err := os.WriteFile(f.Path, []byte("other"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range taken {
		if !bytes.Equal(c.Bytes(), body) || &c.Bytes()[0] != &taken[0].Bytes()[0] {
			t.Fatal("the bytes are not the same ones")
		}
		c.Release()
		c.Release()
	}
	if len(all.held) != 0 {
		t.Errorf("%d files are held, nobody has them", len(all.held))
	}
}

func TestContentsRefuse(t *testing.T) {
	t.Parallel()
	var all Contents
	for name, change := range map[string]struct {
		spoil func(path string) error
		want  Code
	}{
		"gone":    {os.Remove, Missing},
		"shorter": {func(p string) error { return os.Truncate(p, 3) }, Changed},
		"longer":  {func(p string) error { return os.Truncate(p, 30) }, Changed},
		"other":   {func(p string) error { return os.WriteFile(p, []byte("Firmware"), 0o600) }, Changed},
	} {
		f := contentFile(t, []byte("firmware"))
		if err := change.spoil(f.Path); err != nil {
			t.Fatal(err)
		}
		_, err := all.Take(t.Context(), f)
		if e, ok := errors.AsType[*Error](err); !ok || e.Code != change.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	f := contentFile(t, []byte("firmware"))
	stopped := errors.New("stopped")
	ctx, stop := context.WithCancelCause(t.Context())
	stop(stopped)
	if _, err := all.Take(ctx, f); !errors.Is(err, stopped) {
		t.Errorf("stopped: %v", err)
	}
	// One that failed does not stand in the way of the next.
	c, err := all.Take(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	c.Release()
	if len(all.held) != 0 {
		t.Error("something is held")
	}
}
