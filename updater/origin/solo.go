package origin

import (
	"context"
	"errors"

	"fotabench/packages"
)

// Solo is a host of its own for the files of one job.
type Solo struct {
	*Share
	stats func() Stats
	shut  func() error
}

// Serve reads each file once, to prove that it is what the package says, and
// then serves them over plain HTTP at listen ("address:port", port 0 picks one)
// until Close or until ctx ends. Errors: those of OpenHost and Host.Share.
func Serve(ctx context.Context, listen string, files []packages.File) (*Solo, error) {
	host, err := OpenHost(ctx, HostConfig{Listen: listen})
	if err != nil {
		return nil, err
	}
	share, err := host.Share(ctx, files)
	return solo(share, host.Stats, host.Close, err)
}

// ServeFTP is Serve over FTP; the URLs hold a user and a password made for this job.
func ServeFTP(ctx context.Context, listen string, files []packages.File) (*Solo, error) {
	host, err := OpenFTPHost(ctx, FTPConfig{Listen: listen})
	if err != nil {
		return nil, err
	}
	share, err := host.Share(ctx, files)
	return solo(share, host.Stats, host.Close, err)
}

func solo(share *Share, stats func() Stats, shut func() error, err error) (*Solo, error) {
	if err != nil {
		return nil, errors.Join(err, shut())
	}
	return &Solo{Share: share, stats: stats, shut: shut}, nil
}

// Strangers is that of the host's Stats.
func (s *Solo) Strangers() int64 { return s.stats().Strangers }

// Close ends share and host, see there.
func (s *Solo) Close() error { return errors.Join(s.Share.Close(), s.shut()) }
