//go:build unix

package durable

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestWriteOnlyFiles: a folder, a pipe, a socket, a device, and what leads to one, are not
// written over; a link to a file becomes the file, and the other one stays.
func TestWriteOnlyFiles(t *testing.T) {
	t.Chdir(t.TempDir()) // the name of a socket has to be short
	socket, err := net.Listen("unix", "socket")
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	err = errors.Join(os.Mkdir("folder", 0o700), syscall.Mkfifo("pipe", 0o600), os.WriteFile("file", []byte("old"), 0o600),
		os.Symlink("file", "link"), os.Symlink("gone", "lost"), os.Symlink(os.DevNull, "to device"), os.Symlink("folder", "to folder"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"folder", "pipe", "socket", os.DevNull, "to device", "to folder"} {
		before, _ := os.Lstat(path)
		var kind *KindError
		if err := Write(path, []byte("x")); !errors.As(err, &kind) || !kind.Written || kind.Name != filepath.Base(path) {
			t.Errorf("%s: %v", path, err)
		}
		if after, err := os.Lstat(path); err != nil || after.Mode() != before.Mode() {
			t.Errorf("%s: %v, %v", path, after, err)
		}
	}
	for _, path := range []string{"link", "lost"} {
		if err := Write(path, []byte("new")); err != nil {
			t.Error(err)
		}
		if info, err := os.Lstat(path); err != nil || !info.Mode().IsRegular() {
			t.Errorf("%s: %v, %v", path, info, err)
		}
	}
	if text, err := Read("file", 9); string(text) != "old" || err != nil {
		t.Errorf("%q, %v", text, err)
	}
}
