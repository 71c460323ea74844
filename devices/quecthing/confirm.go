package quecthing

import (
	"context"

	"fotabench/devices"
	"fotabench/devices/quecthing/rule"
	"fotabench/packages"
)

// installed compares the version that runs with the target. The device connects to
// its platform, too, which counts an upgrade only when it has heard the version; the
// platform's result explains a version that is not the target, and proves nothing.
func (s *session) installed(ctx context.Context, pkg *packages.Package) (devices.Proof, error) {
	id, err := s.Anew(ctx)
	if err != nil {
		return devices.Proof{}, err
	}
	target := pkg.Manifest.TargetVersion
	if target == "" {
		return devices.Proof{Version: id.Firmware}, fail("confirm", devices.Refused, NoteNoOffer)
	}
	version := rule.Running(id, pkg)
	proof := devices.Proof{Version: version, Installed: version != "" && packages.SameVersion(version, target)}
	if pkg.Manifest.Component == packages.SOTA {
		return proof, nil
	}
	if e, told := s.settles(ctx); told && !e.ok && e.component != "" && !proof.Installed {
		proof.Said = devices.Said{
			Why: NoteResultFailed, WhyArgs: []any{e.component}, Words: e.words, Code: e.code, HasCode: e.code != 0,
		}
	}
	if ctx.Err() != nil {
		return devices.Proof{}, ended(ctx, "confirm")
	}
	return proof, nil
}

// settles connects once, and waits a bounded time for the platform's result: the
// version stands without it.
func (s *session) settles(ctx context.Context) (result event, told bool) {
	if s.asked {
		return event{}, false
	}
	s.asked = true
	inner, cancel := context.WithTimeout(ctx, s.driver.budgets.result)
	defer cancel()
	if s.reach(inner) != nil {
		return event{}, false
	}
	e, told, err := s.result(inner, "")
	return e, told && err == nil
}
