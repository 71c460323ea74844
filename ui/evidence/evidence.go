package evidence

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"fotabench/packages/durable"
	"fotabench/ui/words"
)

// Format is what a report is written as.
type Format string

// The formats.
const (
	JSON Format = "json"
	HTML Format = "html"
	PDF  Format = "pdf"
)

// Formats lists the formats.
func Formats() []Format { return []Format{HTML, PDF, JSON} }

// SignatureSuffix is appended to the name of a JSON file for its signature.
const SignatureSuffix = ".minisig"

// Written is a report as files.
type Written struct {
	// File is the report itself. An HTML or PDF file has its signatures inside.
	File []byte
	// Signature is for a file beside a JSON report, nil if there is none.
	Signature []byte
}

// Beside puts the signature beside the report at path, for those who may read the report;
// where there is none, that of an older report is gone. The signature's name is path with
// SignatureSuffix. Errors are those of the file system.
func (w Written) Beside(path string) error {
	beside := path + SignatureSuffix
	if w.Signature == nil {
		if err := os.Remove(beside); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	report, err := os.Stat(path)
	if err != nil {
		return err
	}
	if err := durable.Export(beside, durable.Whole(w.Signature)); err != nil {
		return err
	}
	return os.Chmod(beside, report.Mode().Perm())
}

// Matter is what a report is of: one upgrade (updater.Report), or a plan (PlanReport).
type Matter interface {
	// Write writes the data as JSON.
	Write(w io.Writer) error
}

// Write makes a report in a format, with the words of b. signer nil leaves it unsigned;
// now is stated in signatures. Without a signer the same report gives the same bytes.
func Write(r Matter, f Format, b *words.Book, signer Signer, now time.Time) (Written, error) {
	data, err := Data(r)
	if err != nil {
		return Written{}, err
	}
	var signature []byte
	if signer != nil {
		fields, err := fieldDigests(data)
		if err != nil {
			return Written{}, err
		}
		if signature, err = sign(signer, data, statement{now, jobOf(data), JSON, fields}.String()); err != nil {
			return Written{}, err
		}
	}
	if f == JSON {
		return Written{data, signature}, nil
	}
	page, err := render(f, data, signature, b)
	if err != nil || signer == nil {
		return Written{File: page}, err
	}
	sealed, err := seal(f, page, signer, statement{at: now, job: jobOf(data), what: f})
	return Written{File: sealed}, err
}

// render makes a page of a report's data, so that whoever has the data can make the
// same page again.
func render(f Format, data, signature []byte, b *words.Book) ([]byte, error) {
	d, err := decode(data, b)
	if err != nil {
		return nil, err
	}
	switch f {
	case HTML:
		return html(d, b, data, signature)
	case PDF:
		room := 0
		if signature != nil {
			room = sealRoom
		}
		return paperOf(d, b, data, signature, room)
	}
	return nil, fmt.Errorf("evidence: there is no format %q", f)
}

// seal signs a page.
func seal(f Format, page []byte, signer Signer, s statement) ([]byte, error) {
	message := page
	if f == PDF {
		message = withoutSeal(page)
	}
	signature, err := sign(signer, message, s.String())
	if err != nil {
		return nil, err
	}
	if f == PDF {
		return sealPDF(page, signature)
	}
	return sealHTML(page, signature), nil
}

// parts are what a file is made of.
type parts struct {
	format Format
	// data is the report, nil if there is none. signature is of data, seal of page,
	// which is all of the file but the seal; both may be nil.
	data, signature, page, seal []byte
	lang                        string
}

// open takes a file apart.
func open(file, signature []byte) parts {
	var p parts
	switch {
	case bytes.HasPrefix(file, []byte("%PDF-")):
		p = openPDF(file)
		p.format = PDF
	case bytes.HasPrefix(bytes.TrimSpace(file[:min(len(file), 512)]), []byte("<")):
		p = openHTML(file)
		p.format = HTML
	default:
		p = parts{format: JSON, data: file, signature: signature}
	}
	return p
}
