package settings

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"regexp"
	"slices"

	"fotabench/devices"
)

// Point is an access point: a named way into the cellular network.
type Point struct {
	// ID names its password among the secrets; it never changes.
	ID string `json:"id"`
	// Name is what people call it; each has its own.
	Name string `json:"name"`
	APN  string `json:"apn"`
	// IPType is 0 for IPv4, 1 for IPv6.
	IPType int    `json:"ipType,omitempty"`
	User   string `json:"user,omitempty"`
	// Locked says that it has a password.
	Locked bool `json:"password,omitempty"`
}

// goodID is what an ID may be: a part of a secret's name.
var goodID = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,31}$`)

// NewPointID is an ID that no other point has.
func NewPointID() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails, crypto/rand
	return hex.EncodeToString(b[:])
}

// Secret is the name of its password among the secrets.
func (p Point) Secret() string { return "apn." + p.ID }

// Unlocked is the point as a device takes it, with its password. Errors are those of the
// secrets; the rest is given all the same.
func (p Point) Unlocked(ctx context.Context, open Opener) (devices.APN, error) {
	at := devices.APN{Name: p.APN, IPType: p.IPType, User: p.User}
	if !p.Locked {
		return at, nil
	}
	safe, err := open(ctx)
	if err == nil {
		at.Password, err = safe.Get(ctx, p.Secret())
	}
	return at, err
}

// Point finds an access point by its name.
func (s Settings) Point(name string) (Point, error) {
	i := slices.IndexFunc(s.Points, func(p Point) bool { return p.Name == name })
	if i < 0 {
		return Point{}, &devices.Error{Op: "settings: point", Kind: devices.Absent, Note: NotePointNone, Args: []any{name}}
	}
	return s.Points[i], nil
}

// byID is the access point with an ID; one without ID if there is none.
func (s Settings) byID(id string) Point {
	i := slices.IndexFunc(s.Points, func(p Point) bool { return p.ID == id })
	if i < 0 {
		return Point{}
	}
	return s.Points[i]
}

// put takes a point in, in place of the one with its ID.
func (s *Settings) put(p Point) {
	s.drop(p.ID)
	s.Points = append(s.Points, p)
	slices.SortFunc(s.Points, func(a, b Point) int { return cmp.Compare(a.Name, b.Name) })
}

// drop forgets a point.
func (s *Settings) drop(id string) {
	s.Points = slices.DeleteFunc(s.Points, func(p Point) bool { return p.ID == id })
}

func checkPoints(list []Point) error {
	if len(list) > MaxPoints {
		return bad(NotePointMany, MaxPoints)
	}
	names, ids := map[string]bool{}, map[string]bool{}
	for _, p := range list {
		switch {
		case p.Name == "" || !plain(p.Name, maxName), p.APN == "" || !plain(p.APN, maxAPN), !plain(p.User, maxUser),
			!goodID.MatchString(p.ID), ids[p.ID]:
			return bad(NotePoint, p.Name, maxName, maxAPN, maxUser)
		case p.IPType != 0 && p.IPType != 1:
			return bad(NotePointIP, p.Name, p.IPType)
		case names[p.Name]:
			return bad(NotePointTwin, p.Name)
		}
		names[p.Name], ids[p.ID] = true, true
	}
	return nil
}
