package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"fotabench/ui/evidence"
)

// TestReportOnAFullDisk: where the report is written and its signature finds no room, none of
// the report before is left beside it, and the exit says that something is missing.
func TestReportOnAFullDisk(t *testing.T) {
	b := newCall(t)
	disk := filepath.Join(b.dir, "disk")
	path := filepath.Join(disk, "report.json")
	if err := os.Mkdir(disk, 0o700); err != nil {
		t.Fatal(err)
	}
	call := []string{"report", "job-1", "--format", "json", "--out", path, "--sign", "--force"}
	if code := b.run(t, call...); code != ExitVerified {
		t.Fatalf("exit %d: %s", code, b.err.String())
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}

	// A disk with room for this report alone; what is empty needs none.
	page := os.Getpagesize()
	room := (len(whole) + page - 1) / page * page
	err = syscall.Mount("tmpfs", disk, "tmpfs", 0, fmt.Sprintf("size=%d", room))
	if errors.Is(err, syscall.EPERM) {
		t.Skip("only an administrator may mount the small disk that this needs")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(disk, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	for _, old := range []string{path, path + evidence.SignatureSuffix} {
		if err := os.WriteFile(old, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if code := b.run(t, call...); code != ExitFailed {
		t.Errorf("exit %d", code)
	}
	b.shows(t, "no space left on device")
	if report, err := os.ReadFile(path); err != nil || string(report) != string(whole) {
		t.Errorf("the report has %d bytes instead of %d: %v", len(report), len(whole), err)
	}
	if _, err := os.Lstat(path + evidence.SignatureSuffix); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a signature of another report: %v", err)
	}
}
