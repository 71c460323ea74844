package cli

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"fotabench/packages"
	"fotabench/packages/library"
	"fotabench/updater"
	"fotabench/updater/origin"
)

// importOrder is what import was called with.
type importOrder struct {
	digest, name, watch, user, passwordEnv string
	urls                                   []string
	each, watched                          bool
}

func (s *shelfOrder) importCommand() *cobra.Command {
	o := &importOrder{}
	c := &cobra.Command{
		Use:   "import [FILE…]",
		Short: "take a package into the library: files, a URL, or whatever comes into a folder",
		Long: "The files given are one package, unless --each is given. Hash files and a manifest beside them are read too.\n" +
			"What is there already is not stored twice: what is new about it is added.",
		RunE: func(c *cobra.Command, files []string) error {
			if ways := count(len(files) > 0, len(o.urls) > 0, o.watch != "", o.watched); ways != 1 {
				return misuse("name files, or one of --url, --watch and --watched")
			}
			if i := slices.IndexFunc(files, elsewhere); i >= 0 {
				return misuse("%s is a URL: fetch it with --url %[1]s", origin.Mask(files[i]))
			}
			if err := withoutLogins(o.urls); err != nil {
				return err
			}
			if o.watched {
				if err := o.follow(s.app); err != nil {
					return err
				}
			}
			return s.making(c, func(ctx context.Context, l *library.Library) error { return s.bring(ctx, l, o, files) })
		},
	}
	f := c.Flags()
	f.StringVar(&o.digest, "digest", "", "expected hash of the first file: MD5, SHA-1, SHA-256 or CRC-32")
	f.BoolVar(&o.each, "each", false, "each file is a package of its own")
	f.StringArrayVar(&o.urls, "url", nil, "fetch a file from here, going on where an earlier call stopped; once for each file of the package")
	f.StringVar(&o.name, "name", "", "file name of what the first --url serves (default: the server's)")
	f.StringVar(&o.user, "user", "", "user name for --url")
	f.StringVar(&o.passwordEnv, "password-env", "", "environment variable with the password for --url")
	f.StringVar(&o.watch, "watch", "", "import what is in this folder and what comes, until Ctrl-C")
	f.BoolVar(&o.watched, "watched", false, "the same with the folder that the settings name")
	return c
}

// elsewhere tells whether what was given as a file is the URL of one.
func elsewhere(file string) bool {
	u, err := url.Parse(file)
	if err != nil || u.Host == "" || !slices.Contains([]string{"http", "https", "ftp"}, u.Scheme) {
		return false
	}
	_, err = os.Stat(file)
	return err != nil
}

// withoutLogins refuses URLs that hold a user name or a password.
func withoutLogins(urls []string) error {
	for _, at := range urls {
		_, user, password, err := origin.Split(at)
		if err != nil {
			return err
		}
		if user+password != "" {
			return misuse("a --url holds a user name: arguments are seen by others; use --user and --password-env")
		}
	}
	return nil
}

// count counts what is true.
func count(all ...bool) (n int) {
	for _, b := range all {
		if b {
			n++
		}
	}
	return n
}

func (s *shelfOrder) bring(ctx context.Context, l *library.Library, o *importOrder, files []string) error {
	typed, err := ofFirst(o.digest)
	if err != nil {
		return err
	}
	switch {
	case o.watch != "":
		return s.watch(ctx, l, o.watch)
	case len(o.urls) > 0:
		return s.download(ctx, l, o, typed)
	}
	lots := [][]string{files}
	if o.each {
		lots = nil
		for _, f := range files {
			lots = append(lots, []string{f})
		}
	}
	whole := true
	for _, lot := range lots {
		if inOrder, known := packages.Ordered(lot); known && !slices.Equal(inOrder, lot) {
			fmt.Fprintln(s.Err, s.book.Say(LibraryOrder, names(inOrder)))
		}
		got, err := l.Import(ctx, lot, library.ImportOptions{Typed: typed})
		if err != nil {
			return err
		}
		whole = s.brought(got) && whole
	}
	return asStated(whole)
}

// names are those of files, in one line.
func names(paths []string) string {
	all := make([]string, len(paths))
	for i, p := range paths {
		all[i] = filepath.Base(p)
	}
	return strings.Join(all, ", ")
}

// asStated is the exit code of verify where a package is not what somebody stated.
func asStated(whole bool) error {
	if !whole {
		return ended(updater.RefusedBefore)
	}
	return nil
}

// watch imports what comes until Ctrl-C, which is its usual end. A folder that is not there
// at first is more often misspelt than away.
func (s *shelfOrder) watch(ctx context.Context, l *library.Library, dir string) error {
	if _, err := os.Stat(dir); err != nil {
		return &packages.Error{Op: "watch", Code: library.NotFolder, Args: []any{dir}, Err: err}
	}
	err := l.ImportFolder(ctx, dir, func(f library.Found) {
		if f.Err != nil {
			s.complain(f.Err)
			return
		}
		s.brought(f.Imported)
	})
	if errors.Is(err, errInterrupted) {
		return nil
	}
	return err
}

// sameHost tells whether two URLs are of one host, port included.
func sameHost(one, other string) bool {
	a, wrong := url.Parse(one)
	b, err := url.Parse(other)
	return wrong == nil && err == nil && a.Scheme == b.Scheme && a.Host == b.Host
}

// download fetches the files of one package by the proxy that is kept.
func (s *shelfOrder) download(ctx context.Context, l *library.Library, o *importOrder, typed []packages.Expected) error {
	proxy, err := s.byProxy(ctx)
	if err != nil {
		return err
	}
	var files []library.Download
	for i, at := range o.urls {
		r := origin.Request{Proxy: proxy, User: o.user, Want: packages.File{Digests: packages.Digests{}}}
		if r.URL, _, _, err = origin.Split(at); err != nil {
			return err
		}
		if i > 0 && o.passwordEnv+o.user != "" && !sameHost(at, o.urls[0]) {
			return misuse("--user and --password-env would go to several hosts; import from one host, or the files one by one")
		}
		if o.passwordEnv != "" {
			if r.Password, err = secret(o.passwordEnv); err != nil {
				return err
			}
		}
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
	order.Name, order.Typed, order.More = o.name, typed, files[1:]
	got, err := l.Download(ctx, order)
	if err != nil {
		return err
	}
	return asStated(s.brought(got))
}
