package cli

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"fotabench/devices"
	"fotabench/updater/settings"
)

// avoidCommand is about ports that are to be left alone.
func (a *app) avoidCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "avoid", Short: "ports that are never opened and not shown", Args: cobra.NoArgs,
		Long: "PORT is any name that the system has for it: COM3, /dev/ttyUSB2, a link in /dev/serial/by-id, tcp://host:port.",
		RunE: func(*cobra.Command, []string) error { return a.avoidList() },
	}
	list := &cobra.Command{
		Use: "list", Short: "list them", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return a.avoidList() },
	}
	add := &cobra.Command{
		Use: "add PORT…", Short: "never open these ports", Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, ports []string) error {
			return a.avoid(c, func(s *settings.Settings) {
				for _, p := range ports {
					if at := devices.Address(strings.TrimSpace(p)); !slices.Contains(s.Avoid, at) {
						s.Avoid = append(s.Avoid, at)
					}
				}
			})
		},
	}
	remove := &cobra.Command{
		Use: "remove PORT…", Short: "open these ports again", Args: cobra.MinimumNArgs(1),
		ValidArgsFunction: a.fromSettings(func(s settings.Settings) (all []string) {
			for _, at := range s.Avoid {
				all = append(all, string(at))
			}
			return all
		}),
		RunE: func(c *cobra.Command, ports []string) error { return a.unavoid(c, ports) },
	}
	c.AddCommand(list, add, remove)
	return c
}

func (a *app) avoidList() error {
	s, err := settings.Read(a.folder)
	if err != nil {
		return err
	}
	a.tellAvoided(s)
	return nil
}

func (a *app) tellAvoided(s settings.Settings) {
	a.line(map[string]any{"avoid": append([]devices.Address{}, s.Avoid...)}, a.book.Say(SettingAvoids, a.orNone(joined(s.Avoid))))
}

// avoid changes the list and tells it.
func (a *app) avoid(c *cobra.Command, change func(*settings.Settings)) error {
	s, err := settings.Change(c.Context(), a.folder, change)
	if err == nil {
		a.tellAvoided(s)
	}
	return err
}

// unavoid takes ports off the list; one that is not on it is told before anything changes.
func (a *app) unavoid(c *cobra.Command, ports []string) error {
	s, err := settings.Read(a.folder)
	if err != nil {
		return err
	}
	for _, p := range ports {
		if !s.Avoids(devices.Address(p)) {
			return &devices.Error{Op: "settings: avoid", At: p, Kind: devices.Absent, Note: SettingNotThere, Args: []any{p}}
		}
	}
	return a.avoid(c, func(s *settings.Settings) {
		s.Avoid = slices.DeleteFunc(s.Avoid, func(at devices.Address) bool {
			one := settings.Settings{Avoid: []devices.Address{at}}
			return slices.ContainsFunc(ports, func(p string) bool { return one.Avoids(devices.Address(p)) })
		})
	})
}
