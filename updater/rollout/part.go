package rollout

import (
	"fotabench/devices"
	"fotabench/packages"
	"fotabench/updater"
)

// Part is what of a device a package replaces; the zero Part is its firmware. It tells
// devices' words about one part from those about others.
type Part struct {
	// Module is the name of the part beside the firmware (packages.Manifest.Module).
	Module string
	// SOTA is true for a part that has software of its own, as QuecThing has it; else it is a
	// module with firmware of its own, as Aliyun has it.
	SOTA bool
}

// whole is how Aliyun's protocol names the whole firmware as a module.
const whole = "default"

// partOf is what a package with manifest m replaces.
func partOf(m packages.Manifest) Part {
	if m.Module == "" || m.Module == whole {
		return Part{}
	}
	return Part{Module: m.Module, SOTA: m.Component == packages.SOTA}
}

// runs is the version of the part on a device that says identity of itself, "" where it
// says nothing of it: a device may tell the versions of its modules one after another, and
// the version of another one says nothing of this one.
func (p Part) runs(identity devices.Identity) string {
	m := packages.Manifest{Module: p.Module, Component: packages.FOTA}
	switch {
	case p.SOTA:
		m.Component = packages.SOTA
	case p.Module != "" && identity.Extra[p.Module] == "":
		return ""
	}
	return updater.Runs(identity, m)
}
