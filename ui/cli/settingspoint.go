package cli

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"fotabench/devices"
	"fotabench/updater/secrets"
	"fotabench/updater/settings"
)

// keeper changes what consists of a setting and a password. told is called once the
// safe is open.
func (a *app) keeper(told func(*secrets.Store)) settings.Keeper {
	return settings.Keeper{
		Read: func() (settings.Settings, error) { return settings.Read(a.folder) },
		Change: func(ctx context.Context, change func(*settings.Settings)) (settings.Settings, error) {
			return settings.Change(ctx, a.folder, change)
		},
		Open: func(ctx context.Context) (settings.Safe, error) {
			store, err := a.secrets(ctx)
			if err != nil {
				return nil, err
			}
			told(store)
			return store, nil
		},
	}
}

// safe opens the secrets of this installation for what is kept beside the settings.
func (a *app) safe(ctx context.Context) (settings.Safe, error) {
	store, err := a.secrets(ctx)
	if err != nil {
		return nil, err
	}
	return store, nil
}

// sayWhere tells where a secret is that was just kept.
func (a *app) sayWhere(s *secrets.Store) {
	if !a.json {
		fmt.Fprintln(a.Err, a.book.Say(s.Note()))
	}
}

// rest tells what came of the password that was kept before; the error is why it is still
// there although nothing uses it.
func (a *app) rest(kept settings.Kept) error {
	if kept.Forgot && !a.json {
		fmt.Fprintln(a.Err, a.book.Say(settings.NoteForgot))
	}
	if kept.Left != nil && !a.json {
		fmt.Fprintln(a.Err, a.book.Say(settings.NoteLeft))
	}
	return kept.Left
}

// newPassword is a password that is handed over, in no argument.
type newPassword struct {
	env        string
	ask, stdin bool
	none       bool
}

func (n *newPassword) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&n.env, "password-env", "", "environment variable with the password")
	f.BoolVar(&n.ask, "ask-password", false, "ask for the password on this terminal")
	f.BoolVar(&n.stdin, "password-stdin", false, "read the password from standard input")
}

// read gives the password, nil if none was handed over, an empty one to forget it.
func (n *newPassword) read(ctx context.Context, a *app) (*string, error) {
	if count(n.env != "", n.ask, n.stdin, n.none) > 1 {
		return nil, misuse("hand over the password in one way: --password-env, --ask-password or --password-stdin")
	}
	var text string
	var err error
	switch {
	case n.none:
		return &text, nil
	case n.env != "":
		text, err = secret(n.env)
	case n.ask:
		text, err = a.hiddenUntil(ctx, AskSecret, "--ask-password needs a terminal; use --password-env or --password-stdin")
	case n.stdin:
		var all []byte
		all, err = io.ReadAll(io.LimitReader(a.In, secrets.MaxValue+3))
		text = strings.TrimRight(string(all), "\r\n")
	default:
		return nil, nil
	}
	if err == nil && text == "" {
		err = misuse("the password is empty")
	}
	return &text, err
}

// pointCommand is about access points.
func (a *app) pointCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "point", Short: "access points (APN) that upgrade and offers take with --point", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return a.pointList() },
	}
	list := &cobra.Command{
		Use: "list", Short: "list them", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return a.pointList() },
	}
	remove := &cobra.Command{
		Use: "remove NAME", Short: "forget an access point and its password", Args: cobra.ExactArgs(1), ValidArgsFunction: a.fromSettings(pointNames),
		RunE: func(c *cobra.Command, names []string) error {
			ctx, stop := a.interruptible(c.Context())
			defer stop()
			p, err := a.point(names[0])
			if err != nil {
				return err
			}
			kept, err := a.keeper(func(*secrets.Store) {}).DropPoint(ctx, p)
			if err != nil {
				return err
			}
			a.line(map[string]any{"removed": p}, a.book.Say(PointDropped, p.Name))
			return a.rest(kept)
		},
	}
	c.AddCommand(list, a.pointChangeCommand(false), a.pointChangeCommand(true), remove)
	return c
}

// point finds an access point of the settings.
func (a *app) point(name string) (settings.Point, error) {
	s, err := settings.Read(a.folder)
	if err != nil {
		return settings.Point{}, err
	}
	return s.Point(name)
}

func (a *app) pointList() error {
	s, err := settings.Read(a.folder)
	if err != nil {
		return err
	}
	if len(s.Points) == 0 && !a.json {
		fmt.Fprintln(a.Out, a.book.Say(PointsNone))
	}
	for _, p := range s.Points {
		a.line(p, a.pointLine(p))
	}
	return nil
}

// pointLine is an access point for people.
func (a *app) pointLine(p settings.Point) string {
	text := a.book.Say(PointLine, p.Name, p.APN, []string{"IPv4", "IPv6"}[p.IPType&1], p.User)
	if p.Locked {
		text += " " + a.book.Say(PointSecret)
	}
	return strings.TrimSpace(text)
}

// pointChangeCommand adds an access point, or changes what its flags name.
func (a *app) pointChangeCommand(edit bool) *cobra.Command {
	var p settings.Point
	var n newPassword
	c := &cobra.Command{Use: "add NAME --apn APN", Short: "keep an access point", Args: cobra.ExactArgs(1)}
	f := c.Flags()
	if edit {
		c.Use, c.Short, c.ValidArgsFunction = "edit NAME", "change what is named of an access point", a.fromSettings(pointNames)
		f.StringVar(&p.Name, "name", "", "what to call it from now on")
		f.BoolVar(&n.none, "no-password", false, "forget its password")
	}
	f.StringVar(&p.APN, "apn", "", "name of the access point in the network")
	f.IntVar(&p.IPType, "ip", 0, "0 IPv4, 1 IPv6")
	f.StringVar(&p.User, "user", "", "user name")
	n.flags(c)
	c.RunE = func(c *cobra.Command, names []string) error {
		ctx, stop := a.interruptible(c.Context())
		defer stop()
		wanted := settings.Point{Name: names[0], APN: p.APN, IPType: p.IPType, User: p.User}
		if edit {
			now, err := a.point(names[0])
			if err != nil {
				return err
			}
			wanted = edited(now, p, f.Changed)
		}
		password, err := n.read(ctx, a)
		if err != nil {
			return err
		}
		return a.putPoint(ctx, wanted, password)
	}
	return c
}

// edited is a point with what was named anew.
func edited(now, p settings.Point, changed func(flag string) bool) settings.Point {
	for flag, take := range map[string]func(){
		"name": func() { now.Name = p.Name },
		"apn":  func() { now.APN = p.APN },
		"ip":   func() { now.IPType = p.IPType },
		"user": func() { now.User = p.User },
	} {
		if changed(flag) {
			take()
		}
	}
	return now
}

func (a *app) putPoint(ctx context.Context, p settings.Point, password *string) error {
	var safe *secrets.Store
	kept, err := a.keeper(func(s *secrets.Store) { safe = s }).PutPoint(ctx, p, password)
	if err != nil {
		return err
	}
	if p, err = kept.Point(p.Name); err != nil {
		return err
	}
	a.line(p, a.book.Say(PointKept, a.pointLine(p)))
	if safe != nil && p.Locked {
		a.sayWhere(safe)
	}
	return a.rest(kept)
}

// keptPoint is an access point of the settings as a device takes it.
func (a *app) keptPoint(ctx context.Context, name string) (*devices.APN, error) {
	p, err := a.point(name)
	if err != nil {
		return nil, err
	}
	at, err := p.Unlocked(ctx, a.safe)
	if err != nil {
		return nil, err
	}
	return &at, nil
}
