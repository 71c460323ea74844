package cli

import (
	"context"

	"fotabench/packages"
	"fotabench/packages/library"
	"fotabench/ui/lab"
	"fotabench/updater/settings"
)

// fromLibrary is a package of the library, ready for an upgrade; why there is none has been
// told.
func (a *app) fromLibrary(ctx context.Context, id string) (*packages.Package, error) {
	p, err := a.inLibrary(ctx, id)
	return p, (&shelfOrder{app: a}).turnedAway(err)
}

// inLibrary finds a package of the library.
func (a *app) inLibrary(ctx context.Context, id string) (*packages.Package, error) {
	dir, err := lab.LibraryIn(a.folder)
	if err != nil {
		return nil, err
	}
	l, err := library.Open(ctx, dir, library.Options{Look: true})
	if err != nil {
		return nil, err
	}
	if err := lab.Away(l, a.folder); err != nil {
		return nil, err
	}
	e, err := l.Find(id)
	if err != nil {
		return nil, err
	}
	return l.Package(ctx, e.ID)
}

// follow takes the watched folder of the settings.
func (o *importOrder) follow(a *app) error {
	house, err := settings.Read(a.folder)
	if err == nil && house.Watch == "" {
		err = misuse("--watched: the settings name no folder; see fotabench settings set watch FOLDER")
	}
	o.watch = house.Watch
	return err
}
