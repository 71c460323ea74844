package packages

import (
	"context"
	"crypto/md5"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// BenchmarkOnePass compares all four digests in one pass with the slowest of
// them alone, MD5, on a file of 100 MB, and reports the ratio: two cores should
// keep it under 1.2.
func BenchmarkOnePass(b *testing.B) {
	path := filepath.Join(b.TempDir(), "a.bin")
	if err := os.WriteFile(path, make([]byte, MaxBytes), 0o600); err != nil {
		b.Fatal(err)
	}
	f, err := stat(path, Types())
	if err != nil {
		b.Fatal(err)
	}
	var all, alone time.Duration
	for b.Loop() {
		// Best of five each, taken in turn: other work on the machine only adds.
		all, alone = time.Hour, time.Hour
		for range 5 {
			alone = min(alone, spent(b, func() error { return hashAlone(path) }))
			all = min(all, spent(b, func() error { return f.read(context.Background(), nil, func(int64) {}) }))
		}
	}
	b.ReportMetric(all.Seconds()/alone.Seconds(), "onepass/md5")
	b.ReportMetric(MaxBytes/1e6/all.Seconds(), "MB/s")
	b.ReportMetric(0, "ns/op")
}

func spent(b *testing.B, do func() error) time.Duration {
	b.Helper()
	began := time.Now()
	if err := do(); err != nil {
		b.Fatal(err)
	}
	return time.Since(began)
}

func hashAlone(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	h := md5.New()
	_, err = io.CopyBuffer(struct{ io.Writer }{h}, struct{ io.Reader }{file}, make([]byte, blockSize))
	return err
}
