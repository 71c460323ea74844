package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"fotabench/updater/secrets"
	"fotabench/updater/settings"
)

// modeName is a mode as it is written.
func modeName(m settings.Mode) string {
	if m == settings.Environment {
		return "environment"
	}
	return string(m)
}

func proxyLine(p settings.Proxy) string {
	if p.Mode != settings.Own {
		return modeName(p.Mode)
	}
	return strings.TrimSpace(p.Address + " " + p.User)
}

// proxyCommand is about how this computer reaches other hosts.
func (a *app) proxyCommand() *cobra.Command {
	var user string
	var n newPassword
	c := &cobra.Command{
		Use:   "proxy [environment|none|URL]",
		Short: "tell or set how this computer reaches other hosts",
		Long: "For downloads into the library, and for URLs that are proved before a device fetches from them. environment is what\n" +
			"HTTPS_PROXY and the like say, and holds where nobody chose. URL begins with http://, https:// or socks5://.\n" +
			"Devices use no proxy, and FTP goes directly.",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: cobra.FixedCompletions([]string{"environment", "none"}, cobra.ShellCompDirectiveNoFileComp),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				s, err := settings.Read(a.folder)
				if err != nil {
					return err
				}
				a.tellProxy(settings.Kept{Settings: s})
				return nil
			}
			ctx, stop := a.interruptible(c.Context())
			defer stop()
			return a.setProxy(ctx, args[0], user, &n)
		},
	}
	c.Flags().StringVar(&user, "user", "", "user name at the proxy")
	n.flags(c)
	return c
}

func (a *app) tellProxy(k settings.Kept) {
	p := k.Proxy
	a.line(shownProxy{modeName(p.Mode), p.Address, p.User, k.Forgot}, a.book.Say(SettingSet, "proxy", proxyLine(p)))
}

func (a *app) setProxy(ctx context.Context, text, user string, n *newPassword) error {
	password, err := n.read(ctx, a)
	if err != nil {
		return err
	}
	var p settings.Proxy
	switch text {
	case "environment":
	case "none":
		p.Mode = settings.Direct
	default:
		if p, _, err = settings.ParseProxy(text); err != nil {
			return err
		}
		if p.User != "" {
			return misuse("the URL holds a login: arguments are seen by others; use --user, and --password-env, --ask-password or --password-stdin")
		}
		p.User = user
	}
	if p.User == "" && (user != "" || password != nil) {
		return misuse("a user and a password go with the URL of a proxy, and a password with a user")
	}
	var safe *secrets.Store
	kept, err := a.keeper(func(s *secrets.Store) { safe = s }).PutProxy(ctx, p, password)
	if err != nil {
		return err
	}
	a.tellProxy(kept)
	if safe != nil && password != nil {
		a.sayWhere(safe)
	}
	return a.rest(kept)
}

// byProxy is the proxy that is kept, as origin.Request.Proxy wants it.
func (a *app) byProxy(ctx context.Context) (string, error) {
	s, err := settings.Read(a.folder)
	if err != nil {
		return "", err
	}
	return s.Proxy.Whole(ctx, a.safe)
}
