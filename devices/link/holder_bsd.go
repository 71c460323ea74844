//go:build unix && !linux

package link

import "fotabench/devices"

// These systems refuse a port that another has claimed, to everyone; who it is,
// they tell to root only.
func exclusive(int) error             { return nil }
func heldElsewhere(string) error      { return nil }
func holder(string) *process          { return nil }
func suspect(string) *process         { return nil }
func lineRate(_ string, baud int) int { return baud }

func denied(e *devices.Error) error {
	e.Kind, e.Note = devices.Denied, NoteDenied
	return e
}
