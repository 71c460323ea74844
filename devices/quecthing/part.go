package quecthing

import (
	"context"
	"fmt"
	"time"

	"fotabench/devices"
)

// deliverPart gets firmware for a part beside the module to where it is passed on
// from, and compares its digests with the platform's.
func (s *session) deliverPart(ctx context.Context, job *devices.Job, report devices.Report) (devices.Delivery, error) {
	component := job.Package.Offer.Component
	im, err := s.described(ctx, component, job.Package.Manifest.TargetVersion)
	if err != nil {
		return devices.Delivery{}, err
	}
	if im.size == 0 {
		im.size = job.Package.Offer.Space
	}
	report.Note(NoteLoading)
	report.Progress(0, 0)
	got, err := s.courier.fetch(ctx, im, report)
	if err == nil {
		err = got.compare(im)
	}
	if err != nil {
		inner, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.driver.budgets.cleanUp)
		defer cancel()
		if !s.gate.Closing() { // closing removes it, too
			s.courier.drop(inner)
		}
		return devices.Delivery{}, err
	}
	report.Progress(got.size, got.size)
	s.held = &got
	return devices.Delivery{How: "plan"}, nil
}

// described waits until the platform says where the image is, and what it must be.
func (s *session) described(ctx context.Context, component, target string) (image, error) {
	for end := time.Now().Add(s.driver.budgets.info); time.Now().Before(end); {
		h, err := s.hear(ctx)
		if err != nil {
			return image{}, err
		}
		if h.gone {
			return image{}, fail("fetch", devices.Lost, NoteGone)
		}
		if im, ok, err := describedIn(h.events, component, target); ok || err != nil {
			return im, err
		}
		if !pause(ctx, s.driver.budgets.poll) {
			return image{}, ended(ctx, "fetch")
		}
	}
	return image{}, fail("fetch", devices.Timeout, NoteNoAddress, int(s.driver.budgets.info.Seconds()))
}

// describedIn finds the image among events; an error if it is another one, or if the
// upgrade has failed since.
func describedIn(events []event, component, target string) (im image, ok bool, err error) {
	for _, e := range events {
		switch {
		case e.kind == settled && !e.ok && (e.component == component || e.component == ""):
			return image{}, false, fail("fetch", devices.Refused, NoteResultBefore, component)
		case e.kind != described || e.component != component:
		case e.image.version != "" && e.image.version != target:
			return image{}, false, fail("fetch", devices.Refused, NoteChanged, component+" "+e.image.version)
		default:
			im, ok = e.image, true
		}
	}
	return im, ok, nil
}

// compare tells the first way in which what arrived is not what the platform has.
func (d digests) compare(im image) error {
	differs := func(what, have, want string) error {
		return fail("verify", devices.Integrity, NoteDiffers, what, have, want)
	}
	switch {
	case d.md5 != im.md5:
		return differs("MD5", d.md5, im.md5)
	case d.crc != nil && im.crc != nil && *d.crc != *im.crc:
		return differs("CRC-32", fmt.Sprintf("%08x", *d.crc), fmt.Sprintf("%08x", *im.crc))
	case d.sha256 != "" && im.sha256 != "" && d.sha256 != im.sha256:
		return differs("SHA-256", d.sha256, im.sha256)
	}
	return nil
}

// String is what was computed, for people.
func (d digests) String() string {
	text := fmt.Sprintf("%d bytes, MD5 %s", d.size, d.md5)
	if d.crc != nil {
		text += fmt.Sprintf(", CRC-32/MPEG-2 %08x", *d.crc)
	}
	if d.sha256 != "" {
		text += ", SHA-256 " + d.sha256
	}
	return text
}

// installPart passes the image on and hears what the platform says of it.
func (s *session) installPart(ctx context.Context, component string, report devices.Report) error {
	report.Note(NoteHanding, component)
	version, err := s.courier.handOver(ctx, component)
	if err != nil {
		return err
	}
	report.Note(NoteHanded, component, version)
	e, told, err := s.result(ctx, component)
	switch {
	case err != nil:
		return err
	case !told:
		report.Note(NoteNoResult, int(s.driver.budgets.result.Seconds()))
	case !e.ok:
		report.Note(NoteResultBad, component)
	}
	return nil
}

// result waits for the platform's result for a component, "" for any; told is false if
// none came.
func (s *session) result(ctx context.Context, component string) (settlement event, told bool, err error) {
	for end := time.Now().Add(s.driver.budgets.result); time.Now().Before(end); {
		h, err := s.hear(ctx)
		if err != nil {
			return event{}, false, err
		}
		for _, e := range h.events {
			if e.kind == settled && (component == "" || e.component == "" || e.component == component) {
				return e, true, nil
			}
		}
		if h.gone {
			return event{}, false, nil
		}
		if !pause(ctx, s.driver.budgets.poll) {
			return event{}, false, ended(ctx, "result")
		}
	}
	return event{}, false, nil
}
