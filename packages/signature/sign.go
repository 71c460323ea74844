package signature

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"fotabench/packages"
	"fotabench/packages/durable"
)

// Signer signs with a key that it does not give away.
type Signer interface {
	// Sign is the Ed25519 signature of message.
	Sign(message []byte) ([]byte, error)
	// Public is the key with which that is checked.
	Public() ed25519.PublicKey
}

// SignedByOther says that a file has a signature by another key already.
// Args: signature file, number of that key or what stands for it.
const SignedByOther packages.Code = "signature.sign.other"

// Sign makes a minisign signature of the file, as minisign -S would at now: over its
// BLAKE2b-512, with the time and the file's name in the trusted comment. Errors: an
// *packages.Error for what is no file that a package could hold.
func Sign(ctx context.Context, path string, by Signer, now time.Time) ([]byte, error) {
	hash, err := hashFile(ctx, path)
	if err != nil {
		return nil, err
	}
	trusted := fmt.Sprintf("timestamp:%d\tfile:%s\thashed", now.Unix(), printable(filepath.Base(path), maxComment))
	signature, err := by.Sign(hash)
	if err != nil {
		return nil, fmt.Errorf("sign %q: %w", filepath.Base(path), err)
	}
	global, err := by.Sign(append(bytes.Clone(signature), trusted...))
	if err != nil {
		return nil, fmt.Errorf("sign %q: %w", filepath.Base(path), err)
	}
	id := IDOf(by.Public())
	return marshal(id, "signature from fotabench key "+id.String(), trusted, signature, global)
}

// hashFile is what minisign signs of a file.
func hashFile(ctx context.Context, path string) ([]byte, error) {
	bad := func(code packages.Code, err error) error {
		name := filepath.Base(path)
		return &packages.Error{Op: "sign", File: name, Code: code, Args: []any{name}, Err: err}
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, bad(packages.Missing, err)
	case err != nil:
		return nil, bad(packages.Unreadable, err)
	case !info.Mode().IsRegular():
		return nil, bad(packages.NotFile, nil)
	case info.Size() > packages.MaxBytes:
		e := bad(packages.TooLarge, nil).(*packages.Error)
		e.Args = append(e.Args, info.Size(), int64(packages.MaxBytes))
		return nil, e
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, bad(packages.Unreadable, err)
	}
	defer file.Close()
	sum, err := prehash(reader{ctx, file})
	if ctx.Err() != nil {
		return nil, fmt.Errorf("sign %q: %w", filepath.Base(path), context.Cause(ctx))
	}
	if err != nil {
		return nil, bad(packages.Unreadable, err)
	}
	return sum[:], nil
}

// reader ends with its context.
type reader struct {
	ctx  context.Context
	file *os.File
}

func (r reader) Read(p []byte) (int, error) {
	if r.ctx.Err() != nil {
		return 0, context.Cause(r.ctx)
	}
	return r.file.Read(p)
}

// SignFile writes the signature of the file beside it and gives the name of what it
// wrote. An older signature by the same key is replaced; one by another key only where
// replace says so, else it is an error with SignedByOther.
func SignFile(ctx context.Context, path string, by Signer, now time.Time, replace bool) (string, error) {
	beside := path + SuffixMinisign
	if _, err := os.Lstat(beside); err == nil && !replace {
		if id := keyIn(beside); id != IDOf(by.Public()) {
			return "", &packages.Error{
				Op: "sign", File: filepath.Base(path), Code: SignedByOther, Args: []any{filepath.Base(beside), id.String()},
			}
		}
	}
	text, err := Sign(ctx, path, by, now)
	if err != nil {
		return "", err
	}
	if err := durable.Export(beside, durable.Whole(text)); err != nil {
		return "", fmt.Errorf("sign %q: %w", filepath.Base(path), err)
	}
	return beside, nil
}
