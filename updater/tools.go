package updater

import (
	"context"

	"fotabench/devices"
	"fotabench/devices/link"
	"fotabench/packages"
	"fotabench/updater/origin"
)

// host serves the files of a package.
type host interface {
	URLs() []string
	// Served is how many bytes of file i were handed out so far.
	Served(i int) int64
	// Received tells whether all of file i is known to have arrived.
	Received(i int) bool
	// Err tells of a file that changed on the disk while it was served.
	Err() error
	Close() error
}

// tools are what the engine needs of the rooms beside it.
type tools struct {
	// prove fetches url and proves that it serves exactly want.
	prove func(ctx context.Context, o OriginPlan, url string, want packages.File, progress func(done, total int64)) error
	// serve opens our own host, or a place on one that is there, for HTTP or FTP.
	serve func(ctx context.Context, method devices.Method, listen string, files []packages.File) (host, error)
	// reach classifies a URL.
	reach func(url string) origin.Reach
	// claim takes a name among all programs of this user; an error names who has
	// it.
	claim func(name, who string) (func(), error)
	// probe asks ports what they are.
	probe func(ctx context.Context, s devices.Sighting) (devices.Sighting, error)
}

// sharing gives a place on a host that serves already, see Config.Share.
type sharing = func(context.Context, devices.Method, string, []packages.File) (*origin.Share, error)

// realTools are those of the program; dir is its data folder, share gives a place
// on a host that is there already.
func realTools(dir string, share sharing) tools {
	return tools{
		prove: func(ctx context.Context, o OriginPlan, url string, want packages.File, progress func(done, total int64)) error {
			return origin.Prove(ctx, origin.Request{
				URL: url, User: o.User, Password: o.Password, CA: o.CA,
				AllowDowngrade: o.AllowDowngrade, Want: want, Proxy: o.Proxy,
			}, progress)
		},
		serve: func(ctx context.Context, method devices.Method, listen string, files []packages.File) (host, error) {
			if share != nil {
				switch h, err := share(ctx, method, listen, files); {
				case err != nil:
					return nil, err
				case h != nil:
					return h, nil
				}
			}
			serve := origin.Serve
			if method == devices.FTP {
				serve = origin.ServeFTP
			}
			h, err := serve(ctx, listen, files)
			if err != nil {
				return nil, err
			}
			return h, nil
		},
		reach: origin.Classify,
		claim: claimIn(dir, sharedFolder()),
		probe: link.ProbeHere,
	}
}

// reports tells whether a device's own answers name the target version.
func reports(now devices.Identity, proof devices.Proof, target string) bool {
	for _, v := range []string{now.Firmware, now.Runtime, proof.Version} {
		if packages.SameVersion(v, target) {
			return true
		}
	}
	return false
}
