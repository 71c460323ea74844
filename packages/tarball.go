package packages

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
)

// errTail is of an archive that goes on after its end.
var errTail = errors.New("there is something after the end")

func walkTarGz(ctx context.Context, file source, v *inventory) error {
	packed, err := gzip.NewReader(file)
	if err != nil {
		return err
	}
	defer packed.Close()
	return walkTarStream(ctx, &scale{r: packed, v: v}, v)
}

func walkTar(ctx context.Context, file source, v *inventory) error {
	return walkTarStream(ctx, file, v)
}

func walkTarStream(ctx context.Context, r io.Reader, v *inventory) error {
	t := tar.NewReader(r)
	for {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			if v.entries == 0 {
				return io.ErrUnexpectedEOF
			}
			return nothingLeft(ctx, r)
		}
		if err != nil {
			return err
		}
		if h.Typeflag == tar.TypeXGlobalHeader {
			continue // a remark of who packed it
		}
		m := member{name: h.Name, nature: tarNature(h.Typeflag), size: h.Size}
		if err := v.add(m); err != nil {
			return err
		}
		if m.nature == symlink || m.nature == hardLink {
			if err := v.follow(m, h.Linkname); err != nil {
				return err
			}
		}
	}
}

func tarNature(flag byte) nature {
	switch flag {
	case tar.TypeReg, tar.TypeGNUSparse, tar.TypeCont:
		return plainFile
	case tar.TypeDir:
		return directory
	case tar.TypeSymlink:
		return symlink
	case tar.TypeLink:
		return hardLink
	}
	return oddity
}

// nothingLeft reads what follows the mark of the end: zeros to the end of a block, as
// tape drives had them, and nothing else.
func nothingLeft(ctx context.Context, r io.Reader) error {
	const longest = 1 << 20 // bytes, far more than any block
	part := make([]byte, 32<<10)
	for n := 0; n <= longest; {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		k, err := r.Read(part)
		if len(bytes.Trim(part[:k], "\x00")) > 0 {
			return errTail
		}
		n += k
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return errTail
}

// scale stops the unpacking of a stream that grows absurdly.
type scale struct {
	r io.Reader
	v *inventory
	n int64
}

func (s *scale) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	s.n += int64(n)
	if bomb := s.v.weigh(s.n); bomb != nil {
		return n, bomb
	}
	return n, err
}
