// Command fotabench upgrades the firmware of cellular and IoT modules. Without
// a verb it opens its window; fotabench --help lists the verbs.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"fotabench/assets"
	"fotabench/devices"
	"fotabench/devices/haas"
	"fotabench/devices/link"
	"fotabench/devices/quecpython"
	"fotabench/devices/quectel"
	"fotabench/devices/quecthing"
	"fotabench/packages/signature"
	"fotabench/ui"
	"fotabench/ui/bench"
	"fotabench/ui/cli"
	"fotabench/ui/demo"
	"fotabench/updater"
	"fotabench/updater/awake"
)

// version is set by the build.
var version = "dev"

// ways to speak to a device on a cable, in the order in which they are tried.
var ways = append(devices.WaysAt(devices.RoleREPL, quecpython.Family, haas.Family, quecthing.Family),
	devices.WaysAt(devices.RoleAT, quectel.Family, quecthing.Family)...)

func main() {
	models, modelsErr := assets.LoadModels()
	usb, usbErr := assets.USB()
	if err := errors.Join(modelsErr, usbErr); err != nil {
		fmt.Fprintln(os.Stderr, "fotabench:", err)
		os.Exit(cli.ExitFailed)
	}
	shelf, table, ports := &demo.Shelf{}, bench.New(), link.NewDiscoverer(usb)
	platform := quecthing.New(quecthing.Config{})
	cable := []devices.Driver{quecpython.New(quecpython.Config{Models: models}), haas.New(haas.Config{}), quectel.New(quectel.Config{}), platform}
	open := func(ctx context.Context, folder string) (*updater.Engine, error) {
		return updater.Open(ctx, updater.Config{
			Drivers: append(cable, table.Drivers()...), Discoverers: []devices.Discoverer{ports, shelf, table.Desk()},
			Ways: ways, Offerers: map[string]devices.Offerer{quecthing.Family: platform}, DataDir: folder, KeepAwake: awake.Hold, Signatures: signature.NewDesk(folder).Judge, Share: table.Host, Giver: table, Version: version,
		})
	}
	window := ui.Config{
		Open:  func(ctx context.Context, folder string) (ui.Engine, error) { return open(ctx, folder) },
		Bench: table, Simulate: shelf.Run, Ways: ways, Platforms: []string{quecthing.Family}, Version: version,
	}
	os.Exit(cli.Run(context.Background(), cli.Config{
		Open: func(ctx context.Context, folder string) (cli.Engine, error) { return open(ctx, folder) }, Discoverer: ports,
		Ways: ways, Platform: quecthing.Family, Simulate: shelf.Run, Bench: table,
		Window:     func(ctx context.Context, w cli.Window) error { return ui.Run(ctx, window, w) },
		Interrupts: cli.Interrupts(), In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Version: version,
	}, os.Args[1:]))
}
