package library

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"fotabench/packages"
	"fotabench/packages/durable"
	"fotabench/packages/signature"
)

// Export writes a package's files into folder under their own names, a manifest that
// packages.Open understands, and the signatures beside each file, and a .sha256 beside each
// that is what was stated of it; it gives the paths. The bytes are proved on the way. Nothing is
// replaced: Occupied names what is there already, and then, as after any error, nothing was
// added to the folder. A hash that nobody stated is in the manifest's remark, for people: as a
// hash it would prove the package to whoever imports it, though it was made from these bytes. A
// package that is not what was stated is refused as by packages.Package.Check. Other errors: those of Package; NotFolder; what the file system said.
func (l *Library) Export(ctx context.Context, id, folder string) ([]string, error) {
	p, err := l.Package(ctx, id)
	if err != nil {
		return nil, err
	}
	if err := p.Check(); err != nil {
		return nil, err
	}
	if info, err := os.Stat(folder); err != nil || !info.IsDir() {
		return nil, &packages.Error{Op: "export", Code: NotFolder, Args: []any{folder}, Err: err}
	}
	trust := p.Trust().Files
	manifest, err := manifestOf(p, trust)
	if err != nil {
		return nil, err
	}
	var written []string
	write := func(name string, fill func(io.Writer) error) {
		if err != nil {
			return
		}
		path := filepath.Join(folder, name)
		if err = create(path, fill); err == nil {
			written = append(written, path)
		}
	}
	for i, f := range p.Files {
		write(f.Name, func(w io.Writer) error { return stream(ctx, w, f) })
		if trust[i].Level == packages.Green {
			write(f.Name+".sha256", text(f.Digests[packages.SHA256]+"  "+f.Name+"\n"))
		}
		for _, suffix := range []string{signature.SuffixMinisign, signature.SuffixRaw} {
			if signed := signed(f, suffix); signed != "" {
				write(f.Name+suffix, text(signed))
			}
		}
	}
	write(p.Files[0].Name+".json", text(string(manifest)))
	if err != nil {
		for _, path := range written {
			_ = os.Remove(path) // given up for a better reason
		}
		return nil, err
	}
	return written, durable.Sync(folder)
}

// signed is the signature for a file with that suffix beside f, "" if there is none: the
// latest that was in such a file, else for minisign a manifest's.
func signed(f packages.File, suffix string) (text string) {
	for _, s := range f.Signatures {
		if strings.HasSuffix(s.Source, suffix) || text == "" && suffix == signature.SuffixMinisign && s.Source == signature.FromManifest {
			text = string(s.Text)
		}
	}
	return text
}

func text(s string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, s)
		return err
	}
}

// stream copies a file's bytes and proves them.
func stream(ctx context.Context, w io.Writer, f packages.File) error {
	s, err := packages.NewStream(ctx, f)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, s)
	return errors.Join(err, s.Close())
}

// create writes a new file; what is there stays.
func create(path string, fill func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return &packages.Error{Op: "export", Code: Occupied, Args: []any{filepath.Base(path)}}
	}
	if err != nil {
		return exportTrouble(path, err)
	}
	err = fill(f)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		_ = os.Remove(path) // given up for a better reason
	}
	return exportTrouble(path, err)
}

// exportTrouble types what the file system said of the folder exported to.
func exportTrouble(path string, err error) error {
	if err == nil || codeOf(err) != "" {
		return err
	}
	code := Failed
	switch {
	case isFull(err):
		code = Full
	case isReadOnly(err), errors.Is(err, fs.ErrPermission):
		code = ReadOnly
	}
	return &packages.Error{Op: "export", Code: code, Args: []any{filepath.Dir(path)}, Err: err}
}

// manifestOf is the manifest of a package with the hashes of each file: all, where it is what
// somebody stated, else those that somebody did; the SHA-256 is then in the remark.
func manifestOf(p *packages.Package, trust []packages.FileTrust) ([]byte, error) {
	doc := struct {
		packages.Manifest
		Remark string           `json:"remark,omitempty"`
		Files  []map[string]any `json:"files"`
	}{Manifest: p.Manifest}
	var unstated []string
	for i, f := range p.Files {
		one := map[string]any{"name": f.Name, "size": f.Size}
		if trust[i].Level == packages.Green {
			for algorithm, hex := range f.Digests {
				one[string(algorithm)] = hex
			}
		} else {
			for _, e := range f.Expected {
				one[string(e.Algorithm)] = e.Hex
			}
			unstated = append(unstated, "sha256 "+f.Digests[packages.SHA256]+"  "+f.Name)
		}
		doc.Files = append(doc.Files, one)
	}
	if len(unstated) > 0 {
		doc.Remark = "As exported, stated by nobody else: " + strings.Join(unstated, "; ")
	}
	text, err := json.MarshalIndent(doc, "", "  ")
	return append(text, '\n'), err
}
