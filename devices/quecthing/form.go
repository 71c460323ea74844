package quecthing

import (
	"context"

	"fotabench/devices"
)

// form is how a device is spoken to. Its methods are called one at a time.
type form interface {
	identify(ctx context.Context) (devices.Identity, error)
	// connect sets the device up and has it connect; events tells how that ends.
	connect(ctx context.Context) error
	// act asks for plans, accepts or refuses.
	act(ctx context.Context, what action) error
	// events gives what the device has heard since it was last asked.
	events(ctx context.Context) (heard, error)
	// restart restarts the module: a download that is under way ends by it.
	restart(ctx context.Context) error
	// close leaves the device as it was found, unless it is restarting.
	close(ctx context.Context, restarting bool) error
}

// courier gets firmware to a part beside the module.
type courier interface {
	// carries says why firmware cannot be passed on to a component, nil if it can.
	carries(component string) error
	// fetch brings the image to where it is passed on from, and tells its digests.
	fetch(ctx context.Context, im image, report devices.Report) (digests, error)
	// drop removes what was fetched.
	drop(ctx context.Context)
	// handOver passes it on, and tells the platform the version that then runs.
	handOver(ctx context.Context, component string) (string, error)
}

// action is what the platform is told about its plan.
type action int

// The actions; Qth numbers the first two so, AT commands all but ask.
const (
	refuse action = 0
	accept action = 1
	ask    action = -1
)

// image is what the platform says about firmware for a part beside the module.
type image struct {
	component, version string
	size               int64 // 0 if that was not said
	md5, sha256        string
	crc                *uint32
}

// digests are what was computed over what arrived.
type digests struct {
	size        int64
	md5, sha256 string // lower-case hex, "" if not computed
	crc         *uint32
}

// heard is what a device has heard.
type heard struct {
	up   bool // connected
	gone bool // nothing is left: it restarted
	// failed is the negative code of the last attempt to connect, 0 if there is none.
	failed int
	events []event
}

// eventKind is what happened.
type eventKind int

const (
	planned   eventKind = iota + 1 // a plan
	odd                            // one that cannot be read; its words are in plan.raw
	described                      // an image is ready to be fetched
	loading                        // the module fetches
	updating                       // the module, or the part, is being updated
	settled                        // the platform's result: ok
)

// event is one thing that a device has heard about an upgrade.
type event struct {
	kind      eventKind
	plan      plan
	image     image
	component string
	ok        bool
	// words are the device's own for how an upgrade ended, code its number for that,
	// 0 where it has none.
	words string
	code  int
}
