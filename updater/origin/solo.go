package origin

import (
	"context"
	"errors"

	"fotabench/packages"
)

// Solo is a plain HTTP host of its own for the files of one job.
type Solo struct {
	*Share
	host *Host
}

// Serve reads each file once, to prove that it is what the package says, and
// then serves them at listen ("address:port", port 0 picks one) until Close or
// until ctx ends. Errors: those of OpenHost and Host.Share.
func Serve(ctx context.Context, listen string, files []packages.File) (*Solo, error) {
	host, err := OpenHost(ctx, HostConfig{Listen: listen})
	if err != nil {
		return nil, err
	}
	share, err := host.Share(ctx, files)
	if err != nil {
		return nil, errors.Join(err, host.Close())
	}
	return &Solo{Share: share, host: host}, nil
}

// Strangers is that of the host's Stats.
func (s *Solo) Strangers() int64 { return s.host.Stats().Strangers }

// Close ends share and host, see there.
func (s *Solo) Close() error { return errors.Join(s.Share.Close(), s.host.Close()) }
