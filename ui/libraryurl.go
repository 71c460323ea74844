package ui

import (
	"context"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	base "fyne.io/fyne/v2/theme"

	"fotabench/packages"
	"fotabench/packages/library"
	"fotabench/ui/theme"
	"fotabench/ui/widgets"
	"fotabench/updater/origin"
)

// typedURL is what was typed for a download, until that went well; address has a line for
// each file, without credentials.
type typedURL struct{ address, user, password, digest string }

// urlSheet asks for addresses to import from.
type urlSheet struct {
	w                       *window
	address, user, password *widgets.Entry
	digest                  *widgets.Entry
	wrong                   *widgets.Prose
}

// askURL asks for the addresses of a package's files.
func (w *window) askURL() {
	t := &w.state.library.typed
	s := &urlSheet{
		w: w, address: w.field("", t.address), user: w.field("", t.user), password: widgets.NewPassword("", w.close),
		digest: w.field(noteDigest, t.digest), wrong: widgets.NewProse("", base.ColorNameError),
	}
	s.address.MultiLine = true
	s.address.SetMinRowsVisible(3)
	s.password.Text = t.password
	s.wrong.Hide()
	for _, field := range []*widgets.Entry{s.user, s.password, s.digest} {
		field.OnSubmitted = func(string) { s.fetch() }
	}
	content := column(10, widgets.NewProse(w.book.Say(noteURLHow), theme.Dim), w.labelled(labelURLLines, s.address),
		container.New(beside{12}, w.labelled(labelUser, s.user), w.labelled(labelPassword, s.password)), w.labelled(labelDigest, s.digest))
	w.open(w.book.Say(actFromURL), border(nil, s.wrong, nil, nil, widgets.NewVScroll(content)), fyne.NewSize(640, 430), s.address,
		sheetButton{label: actClose, tapped: w.close},
		sheetButton{label: actDownload, tapped: s.fetch, primary: true})
}

// fetch begins the download of what was typed.
func (s *urlSheet) fetch() {
	requests, err := s.requests()
	var typed []packages.Expected
	if digest := trimmed(s.digest); err == nil && digest != "" {
		var x packages.Expected
		if x, err = packages.Typed(digest); err == nil {
			typed = append(typed, x)
		}
	}
	switch {
	case err != nil:
		s.wrong.Set(s.w.explained(err))
	case len(requests) == 0:
		s.wrong.Set(s.w.book.Say(noteNeeded))
	default:
		var lines []string
		for _, r := range requests {
			lines = append(lines, r.URL)
		}
		s.w.state.library.typed = typedURL{strings.Join(lines, "\n"), requests[0].User, requests[0].Password, trimmed(s.digest)}
		s.w.close()
		s.w.importURL(requests, typed)
	}
}

// requests are the downloads, one for each line.
func (s *urlSheet) requests() (all []origin.Request, err error) {
	for _, line := range entries(s.address.Text, "\n") {
		r := origin.Request{}
		if r.URL, r.User, r.Password, err = origin.Split(line); err != nil {
			return nil, err
		}
		if name := trimmed(s.user); name != "" {
			r.User, r.Password = name, s.password.Text
		}
		all = append(all, r)
	}
	return all, nil
}

// importURL downloads the files of one package, going on where an earlier try broke off.
// typed are the hashes of the first one.
func (w *window) importURL(requests []origin.Request, typed []packages.Expected) {
	if err := w.state.settings.houseErr; err != nil { // nobody knows by which proxy
		w.libraryTrouble(err)
		return
	}
	var files []library.Download
	for i, r := range requests {
		r.Proxy, r.Want = w.throughProxy(), packages.File{Digests: packages.Digests{}}
		if i == 0 {
			for _, x := range typed {
				r.Want.Digests[x.Algorithm] = x.Hex
			}
		}
		files = append(files, library.Download{
			Address: origin.Mask(r.URL),
			Fetch: func(ctx context.Context, part string, progress func(done, total int64)) (string, error) {
				return origin.Download(ctx, r, part, progress)
			},
		})
	}
	order := files[0]
	order.Typed, order.More = typed, files[1:]
	w.inTurn(func() {
		var got library.Imported
		w.lendUntil(order.Address, func(ctx context.Context, l *library.Library, progress func(done, total int64)) (err error) {
			order.Progress = progress
			got, err = l.Download(ctx, order)
			return err
		}, func(err error) {
			if err != nil {
				w.refuse(order.Address, err)
				return
			}
			w.state.library.typed = typedURL{}
			w.brought(got, noteAddedHere)
		})
	})
}
