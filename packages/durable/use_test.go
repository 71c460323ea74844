package durable

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// TestUseWhileSomebodyLooks: whoever begins to use a file at the moment at which others ask
// whether it is free uses it all the same.
func TestUseWhileSomebodyLooks(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	var looking sync.WaitGroup
	looking.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				Free(path)
			}
		}
	})
	missed := 0
	for range 1000 {
		done := Use(path)
		if Free(path) {
			missed++
		}
		done()
	}
	close(stop)
	looking.Wait()
	if missed > 0 {
		t.Errorf("%d times nobody knew of it", missed)
	}
}
