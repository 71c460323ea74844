package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"fotabench/assets"
	"fotabench/devices"
	"fotabench/devices/link"
	"fotabench/updater/settings"
)

// What devices udev-rule tells.
const (
	UdevHow     devices.Code = "cli.udev.how"     // file, command
	UdevNobody  devices.Code = "cli.udev.nobody"  // –
	UdevUnknown devices.Code = "cli.udev.unknown" // port
)

// accessRules is where the rule for access belongs, and accessReload what makes it count.
const (
	accessRules  = "/etc/udev/rules.d/70-fotabench.rules"
	accessReload = "sudo udevadm control --reload && sudo udevadm trigger --subsystem-match=tty --action=change"
)

// udevRule is what --json prints.
type udevRule struct {
	Rule   string `json:"rule"`
	File   string `json:"file"`
	Reload string `json:"reload"`
}

// udevCommand prints what the window copies where ModemManager holds a port.
func (a *app) udevCommand() *cobra.Command {
	var port string
	var access bool
	c := &cobra.Command{
		Use:   "udev-rule",
		Short: "print the udev rule that keeps ModemManager away from modules",
		Long: "Prints, on Linux, the lines for the modules that are present, or for the one at --port; for all of Quectel's where none is\n" +
			"present. Where they belong is told beside them, so that they can be written there at once:\n\n" +
			"\tfotabench devices udev-rule | sudo tee -a " + link.ModemManagerRules,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if access && port != "" {
				return misuse("choose one: --port or --access")
			}
			if access {
				a.tellRules(accessRules, accessReload, assets.UdevAccess)
				return nil
			}
			rules, err := a.udevRules(c.Context(), port)
			if err != nil {
				return err
			}
			a.tellRules(link.ModemManagerRules, link.ModemManagerReload, rules...)
			return nil
		},
	}
	c.Flags().StringVar(&port, "port", "", "only for the module with this port")
	c.Flags().BoolVar(&access, "access", false, "print instead the rule that gives whoever sits at the computer the ports of modules")
	return c
}

// udevRules are those for the modules that are present, one for each pair of USB ids.
func (a *app) udevRules(ctx context.Context, port string) (rules []string, err error) {
	list, err := a.present(ctx, lookAround)
	if err != nil {
		return nil, err
	}
	found := port == ""
	for _, s := range list {
		at := func(p devices.Port) bool { return string(p.Address) == port }
		if port != "" && !slices.ContainsFunc(s.Ports, at) {
			continue
		}
		found = true
		if rule := link.ModemManagerRule(s.VID, s.PID); s.VID != "" && !slices.Contains(rules, rule) {
			rules = append(rules, rule)
		}
	}
	switch {
	case !found, port != "" && len(rules) == 0:
		return nil, &devices.Error{Op: "udev rule", At: port, Kind: devices.Absent, Note: UdevUnknown, Args: []any{port}, Err: errors.New("no USB ids")}
	case len(rules) == 0:
		if !a.json {
			fmt.Fprintln(a.Err, a.book.Say(UdevNobody))
		}
		rules = append(rules, link.ModemManagerRule("", ""))
	}
	return rules, nil
}

// tellRules prints rules, and beside them what to do with them.
func (a *app) tellRules(file, reload string, rules ...string) {
	for _, rule := range rules {
		if a.json {
			a.object(udevRule{rule, file, reload})
			continue
		}
		fmt.Fprintln(a.Out, strings.TrimSuffix(rule, "\n"))
	}
	if !a.json {
		fmt.Fprintln(a.Err, a.book.Say(UdevHow, file, reload))
	}
}

// present are the devices that are there now, without ports that are never opened; after
// bound, those that were found until then.
func (a *app) present(ctx context.Context, bound time.Duration) (list []devices.Sighting, err error) {
	house, err := settings.Read(a.folder)
	if err != nil || a.Discoverer == nil {
		return nil, err
	}
	ctx, stop := context.WithTimeoutCause(ctx, bound, errSeen)
	defer stop()
	ctx, enough := context.WithCancelCause(ctx)
	defer enough(nil)
	err = a.Discoverer.Watch(ctx, func(now []devices.Sighting) {
		list = house.Spare(now)
		enough(errSeen)
	})
	if errors.Is(err, errSeen) {
		err = nil
	}
	return list, err
}
