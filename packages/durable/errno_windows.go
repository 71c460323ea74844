package durable

import (
	"errors"

	"golang.org/x/sys/windows"
)

// Full tells whether err says that a disk, or this user's share of it, is full.
func Full(err error) bool {
	return errors.Is(err, windows.ERROR_DISK_FULL) || errors.Is(err, windows.ERROR_HANDLE_DISK_FULL)
}

// ReadOnly tells whether err says that a disk can only be read.
func ReadOnly(err error) bool { return errors.Is(err, windows.ERROR_WRITE_PROTECT) }
