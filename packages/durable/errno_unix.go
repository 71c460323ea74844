//go:build !windows

package durable

import (
	"errors"
	"syscall"
)

// Full tells whether err says that a disk, or this user's share of it, is full.
func Full(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

// ReadOnly tells whether err says that a disk can only be read.
func ReadOnly(err error) bool { return errors.Is(err, syscall.EROFS) }
