package settings

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"strings"

	"fotabench/updater/origin"
)

// Mode is how this computer reaches other hosts.
type Mode string

// The modes. These values are on disk.
const (
	// Environment goes the way that the environment of the program says.
	Environment Mode = ""
	// Direct uses no proxy.
	Direct Mode = "none"
	// Own uses the proxy at Address.
	Own Mode = "own"
)

// Proxy is for this computer: downloads, and URLs that are proved. Devices do not use it.
type Proxy struct {
	Mode Mode `json:"mode,omitempty"`
	// Address is http, https or socks5 with a host, without a login.
	Address string `json:"address,omitempty"`
	User    string `json:"user,omitempty"`
	// Turn is another one with each password that is kept for User, so that every open
	// program sees that it has an old one. PutProxy sets it; it is "" where there is no
	// password, or still the one by earlierSecret.
	Turn string `json:"turn,omitempty"`
}

// Secret is the name of its password among the secrets: another one for each server and
// user, so that what was kept for one is never sent to another, whoever writes the
// settings.
func (p Proxy) Secret() string {
	at := p.Address
	if u, err := url.Parse(p.Address); err == nil {
		at = u.Scheme + "://" + strings.ToLower(u.Host)
	}
	sum := sha256.Sum256([]byte(at + "\n" + p.User))
	return "proxy." + hex.EncodeToString(sum[:16])
}

// earlierSecret is the name of the password in earlier versions, which had but one, for the
// proxy that was set. It counts as long as no Turn says that another one was kept since.
const earlierSecret = "proxy-password"

// ParseProxy reads an address that a person typed; a login in it is taken out of it.
// What was typed may hold a password, so that the error does not repeat it.
func ParseProxy(text string) (p Proxy, password string, err error) {
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "socks5" {
		return p, "", bad(NoteProxy)
	}
	if u.User != nil {
		p.User = u.User.Username()
		password, _ = u.User.Password()
		u.User = nil
	}
	p.Mode, p.Address = Own, u.String()
	return p, password, p.check()
}

// turned has the Turn that a password gives it; without one it is that of before, as long as
// the proxy is. Where there is no password it is "", which earlier versions can read, if bare
// says that there is surely none by earlierSecret either: another proxy would get that.
func (p Proxy) turned(was Proxy, password *string, bare bool) Proxy {
	switch {
	case p.User == "":
		p.Turn = ""
	case password == nil && p.Secret() == was.Secret():
		p.Turn = was.Turn
	case holds(password) || !bare:
		p.Turn = NewPointID()
	default:
		p.Turn = ""
	}
	return p
}

func (p Proxy) check() error {
	if p.Mode == Environment || p.Mode == Direct {
		if p != (Proxy{Mode: p.Mode}) {
			return bad(NoteProxy)
		}
		return nil
	}
	u, err := url.Parse(p.Address)
	web := err == nil && (u.Scheme == "http" || u.Scheme == "https" || u.Scheme == "socks5")
	if p.Mode != Own || !web || u.Hostname() == "" || u.User != nil || !plain(p.Address, maxURL) || !plain(p.User, maxUser) || p.Turn != "" && !goodID.MatchString(p.Turn) {
		return bad(NoteProxy)
	}
	return nil
}

// Bare is the proxy as origin.Request.Proxy wants it, without its login.
func (p Proxy) Bare() string {
	if p.Mode == Direct {
		return origin.ProxyNone
	}
	return p.Address
}

// Whole is Bare with the login. Errors are those of the secrets, and the result is then
// without password; that a user has none is no error.
func (p Proxy) Whole(ctx context.Context, open Opener) (string, error) {
	u, err := url.Parse(p.Address)
	if err != nil || p.User == "" {
		return p.Bare(), nil
	}
	u.User = url.User(p.User)
	safe, err := open(ctx)
	if err != nil {
		return u.String(), err
	}
	password, err := p.password(ctx, safe)
	if absent(err) {
		return u.String(), nil
	}
	if err == nil {
		u.User = url.UserPassword(p.User, password)
	}
	return u.String(), err
}

// password is the one for User, if need be by its earlier name.
func (p Proxy) password(ctx context.Context, safe Safe) (string, error) {
	password, err := safe.Get(ctx, p.Secret())
	if p.Turn == "" && absent(err) {
		return safe.Get(ctx, earlierSecret)
	}
	return password, err
}
