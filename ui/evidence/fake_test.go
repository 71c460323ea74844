package evidence

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"strings"
	"testing"
	"time"

	"fotabench/devices"
	"fotabench/packages"
	"fotabench/ui/words"
	"fotabench/updater"
)

var zone = time.FixedZone("", 8*3600)

// began is when the upgrade of the tests began.
var began = time.Date(2026, 11, 20, 9, 30, 0, 250e6, zone)

func after(s float64) time.Time { return began.Add(time.Duration(s * float64(time.Second))) }

func book(t testing.TB, lang string) *words.Book {
	t.Helper()
	b, err := words.New(lang)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// key is a signer of the tests; other numbers are other keys.
type key byte

func (k key) private() ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{byte(k)}, ed25519.SeedSize))
}

// Sign and Public implement Signer.
func (k key) Sign(message []byte) ([]byte, error) { return ed25519.Sign(k.private(), message), nil }

func (k key) Public() ed25519.PublicKey { return k.private().Public().(ed25519.PublicKey) }

const digest = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

// sample is an upgrade that went well.
func sample() updater.Report {
	before := devices.Identity{
		Family: "quecpython", Vendor: "Quectel", Model: "EC600N", IMEI: "860000000000017", Firmware: "EC600NCNLCR01A01M02_OCPU_QPY",
		Runtime: "v1.12", BatteryMV: ref(3810), SignalCSQ: ref(23), FreeBytes: ref(int64(812 << 10)), Extra: map[string]string{"iccid": "89860000000000000017"}, At: after(1),
	}
	target := before
	target.Firmware, target.At = "EC600NCNLCR01A02M01_OCPU_QPY", after(74)
	r := updater.Report{
		Version: 1, Job: "20261120T013000.250-00c0ffee", Started: began, Ended: after(78), Outcome: updater.Verified,
		Where: &updater.Where{User: "li.wei", Host: "bench-03", Program: "1.2.3", OS: "windows", Arch: "amd64", Release: "10.0.26100"},
		Plan: updater.PlanRecord{
			Family: "quecpython", Address: "COM5", ID: "imei:860000000000017", Package: "维护版 maintenance", Method: devices.Local, Claims: "fw.bin.json",
			Target: target.Firmware, Manifest: packages.Manifest{Kind: packages.Delta, SourceVersion: before.Firmware, TargetVersion: target.Firmware, Models: []string{"EC600N"}},
			Files: []packages.File{{
				Name: "fw.bin", Size: 319532,
				Digests:  packages.Digests{packages.SHA256: digest, packages.MD5: "098f6bcd4621d373cade4e832627b4f6", packages.SHA1: "a94a8fe5ccb19ba61c4c0873d391e987982fbbd3", packages.CRC32: "d87f7e0c"},
				Expected: []packages.Expected{{Algorithm: packages.SHA256, Hex: digest, Source: "fw.bin.sha256"}},
			}},
		},
		Before: &before, After: &target, Addresses: []devices.Address{"COM5", "COM17"},
		Answers: []updater.Answer{{At: after(1), Stage: updater.Identify, Address: "COM5", Identity: before}, {At: after(74), Stage: updater.Confirm, Address: "COM17", Identity: target}},
		Sent:    []updater.SentFile{{Name: "fw.bin", SHA256: digest, Way: "local"}},
		Held:    &updater.DeviceWord{Algorithm: "sha256", Hex: digest, Answer: "verify() = 0"},
	}
	at := 0.0
	for i, took := range []float64{1.2, 0.8, 31, 4, 1.5, 33, 4} {
		g := updater.StageReport{Stage: updater.Stages()[i], Began: after(at), Seconds: took}
		if g.Stage == updater.Deliver {
			g.Done, g.Total, g.Rate = 319532, 319532, 10307.5
			for s := range 31 {
				g.Curve = append(g.Curve, updater.CurvePoint{Seconds: float64(s + 1), Done: int64(min(s+1, 14)+max(0, s-17)) * 319532 / 27})
			}
		}
		r.Stages = append(r.Stages, g)
		at += took
	}
	note := func(s float64, stage updater.Stage, level updater.Level, code devices.Code, args ...any) {
		r.Notes = append(r.Notes, updater.Remark{At: after(s), Stage: stage, Note: updater.Note{Level: level, Code: code, Args: args}})
	}
	note(1.5, updater.Check, updater.Info, "engine.hosting", "fw.bin", "COM5")
	note(18, updater.Deliver, updater.Warn, updater.NoteStall, 3)
	note(21, updater.Deliver, updater.Info, updater.NoteMoving)
	note(33, updater.Deliver, updater.Info, "engine.sentAs", "fw.bin", digest, "local")
	note(36, updater.Verify, updater.Info, "engine.verdict", "SHA-256", digest, "0")
	note(70, updater.Restart, updater.Info, "engine.restart.found", "COM17")
	note(76, updater.Confirm, updater.Info, updater.NoteVerified, target.Firmware)
	for i, name := range []string{"identity", "model", "version", "source", "hashes", "battery", "signal"} {
		state := updater.CheckOK
		if i == 5 {
			state = updater.CheckWarn
		}
		r.Checks = append(r.Checks, updater.CheckResult{Name: name, State: state, Fact: updater.Note{Code: "check.version.up", Args: []any{before.Firmware, target.Firmware}}})
	}
	return r
}

func ref[T any](v T) *T { return &v }

const hostileText = "\u202e</script><script>alert(1)</script><!-- --> & \"' \x00\x1b[31m\u2028\n%PDF endstream 中文 😀"

// hostile is a report whose every text is meant to do harm, with a log without end.
func hostile() updater.Report {
	r := sample()
	bad := devices.Identity{
		Family: hostileText, Vendor: hostileText, Model: hostileText, IMEI: hostileText, Serial: hostileText, Firmware: hostileText,
		Runtime: hostileText, Extra: map[string]string{hostileText: strings.Repeat(hostileText, 200)},
	}
	r.Before, r.After = &bad, &bad
	r.Plan.Package, r.Plan.Files[0].Name, r.Plan.Address = hostileText, hostileText, hostileText
	r.Plan.URLs = []string{"javascript:alert(1)", hostileText}
	r.Where.User, r.Where.Host = hostileText, hostileText
	r.Failure = &updater.Failure{Kind: devices.Refused, Code: 505, HasCode: true, Note: updater.Note{Code: "kind.refused", Args: []any{hostileText, hostileText}}, Text: hostileText}
	r.Held = &updater.DeviceWord{Algorithm: hostileText, Hex: hostileText, Answer: hostileText}
	for i := range 5000 {
		r.Notes = append(r.Notes, updater.Remark{At: after(float64(i) / 100), Stage: updater.Stage(hostileText), Note: updater.Note{Level: updater.Warn, Code: devices.Code(hostileText), Args: []any{hostileText, i}}})
	}
	return r
}

// written is a report as files, signed with a key unless that is nil.
func written(t testing.TB, r updater.Report, f Format, lang string, s Signer) Written {
	t.Helper()
	w, err := Write(r, f, book(t, lang), s, began.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// codes are what a verdict found, with the first argument of each.
func found(v Verdict) string {
	var list []string
	for _, n := range v.Found {
		text := strings.TrimPrefix(string(n.Code), "evidence.found.")
		if len(n.Args) > 0 && n.Code != foundTrusted && n.Code != foundUnknown {
			text += fmt.Sprintf(" %v", n.Args[0])
		}
		list = append(list, text)
	}
	return strings.Join(list, ", ")
}
