package link

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"fotabench/devices"
)

func TestParseAddress(t *testing.T) {
	for typed, want := range map[string]string{
		"COM5":                      "COM5",
		" com5 ":                    "COM5",
		`\\.\COM12`:                 "COM12",
		"/dev/ttyS3":                "/dev/ttyS3",
		"/dev/pts/4":                "/dev/pts/4",
		"/tmp/a module's pty":       "/tmp/a module's pty",
		"/dev/cu.usbmodem14101":     "/dev/cu.usbmodem14101",
		"tcp://127.0.0.1:2000":      "tcp://127.0.0.1:2000",
		"TCP://gateway.local:7/":    "tcp://gateway.local:7",
		"tcp://[::1]:2000":          "tcp://[::1]:2000",
		"tcp://[fe80::1%eth0]:2000": "tcp://[fe80::1%eth0]:2000",
		// Refused:
		"": "", "  ": "", "COM": "", "COM0": "", "COM5x": "", "ttyUSB0": "", "dev/ttyS3": "", "/": "", "/dev/": "",
		"tcp://": "", "tcp://host": "", "tcp://:80": "", "tcp://host:0": "", "tcp://host:65536": "", "tcp://host:x": "",
		"tcp://user:secret@host:80": "", "tcp://host:80/path": "", "tcp:/host:80": "", "http://host:80": "", "udp://h:1": "",
		"/dev/tty\x00S3": "", "/dev/\nx": "", "/" + strings.Repeat("x", maxAddress): "",
	} {
		got, err := ParseAddress(typed)
		require.Equal(t, want, string(got), "%q", typed)
		if want == "" {
			var e *devices.Error
			require.ErrorAs(t, err, &e, "%q", typed)
			require.Equal(t, NoteAddress, e.Note)
			_, err = Open(t.Context(), devices.Address(typed), Settings{})
			require.ErrorIs(t, err, devices.Absent)
		}
	}
}

func TestParseAddressFromHere(t *testing.T) {
	t.Chdir(t.TempDir())
	here, err := filepath.Abs("pty")
	require.NoError(t, err)
	if !strings.HasPrefix(here, "/") {
		return // paths are no ports on Windows
	}
	for _, typed := range []string{"./pty", "./x/../pty", " ./pty"} {
		got, err := ParseAddress(typed)
		require.NoError(t, err)
		require.Equal(t, here, string(got))
	}
	_, err = ParseAddress("../../../../../../../..")
	require.Error(t, err, "the root is no port")
}

func FuzzParseAddress(f *testing.F) {
	for _, s := range []string{"COM5", `\\.\COM12`, "/dev/ttyS3", "/dev/pts/4", "tcp://host:1", "tcp://[::1]:2", "", "tcp://a@b:1", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		got, err := ParseAddress(typed)
		if err != nil {
			if got != "" || !errors.Is(err, devices.Absent) || len(err.Error()) > 1000 {
				t.Fatalf("%q: %q, %v", typed, got, err)
			}
			return
		}
		again, err := ParseAddress(string(got))
		if err != nil || again != got {
			t.Fatalf("%q gives %q, which gives %q, %v", typed, got, again, err)
		}
	})
}
