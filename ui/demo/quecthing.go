package demo

import (
	"context"
	"errors"

	"fotabench/devices"
	"fotabench/devices/sim/micropython"
	"fotabench/devices/sim/quecplatform"
)

// QuecThing is a module whose vendor's platform has a plan for it.
const QuecThing Kind = "quecthing"

// The product that a simulated platform knows. They open nothing else.
const (
	ProductKey    = "pDemo1"
	ProductSecret = "ZGVtbyBzZWNyZXQ="
)

// attached is a module together with the platform that it speaks to.
type attached struct {
	*micropython.Module
	platform *quecplatform.Platform
}

// Close ends the module and then its platform.
func (a attached) Close() error { return errors.Join(a.Module.Close(), a.platform.Close()) }

// thing starts a module and a platform that has new firmware for it.
func thing(ctx context.Context, order Order, imei, serial string) (plugged, error) {
	model := modelOf(order.Model)
	platform, err := quecplatform.New()
	if err != nil {
		return nil, err
	}
	platform.AddProduct(ProductKey, ProductSecret)
	_, err = platform.Add(quecplatform.Plan{
		Product: ProductKey, Component: quecplatform.Component{Kind: quecplatform.Module, Name: model, Version: model + toBuild},
		Source: model + fromBuild, MinSignal: -105, Space: packageSize,
		Data: micropython.DemoPackage(model+fromBuild, model+toBuild, packageSize, packageSeed),
	})
	if err != nil {
		return nil, errors.Join(err, platform.Close())
	}
	m, err := micropython.New(ctx, micropython.Options{
		Model: model, IMEI: imei, Serial: serial, Firmware: model + fromBuild, Faults: order.Faults, Baud: order.Baud, Platform: platform,
	})
	if err != nil {
		return nil, errors.Join(err, platform.Close())
	}
	a := attached{m, platform}
	if err := listen(m, order); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	return a, nil
}

// listen opens the port that order names.
func listen(m *micropython.Module, order Order) error {
	if order.PTY != "" {
		_, err := m.ListenPTY(order.PTY)
		return err
	}
	_, err := m.ListenTCP(order.TCP)
	return err
}

// starters are how devices of each kind begin.
var starters = map[Kind]func(ctx context.Context, order Order, imei, serial string) (plugged, error){
	"": module, QuecPython: module, AT: modem, QuecThing: thing,
}

// Login is the product that a simulated device of this kind is enrolled in, nil if it
// has none.
func Login(k Kind) *devices.Platform {
	if k != QuecThing {
		return nil
	}
	return &devices.Platform{ProductKey: ProductKey, ProductSecret: ProductSecret}
}
