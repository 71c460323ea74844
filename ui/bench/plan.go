package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"fotabench/devices"
	"fotabench/devices/checkin"
	"fotabench/packages"
	"fotabench/packages/durable"
	"fotabench/packages/strictjson"
)

// Bounds of a plan file.
const (
	maxPlan        = 16 << 20 // bytes
	maxPlanEntries = 100_000
)

// PlanError is a mistake in a plan file: where, and what is expected there.
type PlanError struct {
	File, Where, Want string
	Err               error
}

// Error says what is wrong and where.
func (e *PlanError) Error() string {
	text := fmt.Sprintf("plan %s: %s", e.File, e.Where)
	if e.Want != "" {
		text += ": " + e.Want
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap gives the cause.
func (e *PlanError) Unwrap() error { return e.Err }

// Plan is what a plan file says: which packages there are, which devices are
// known, and which of them gets what (docs/guide/plan.md).
type Plan struct {
	// Unknown is "refuse" (or empty) or "register".
	Unknown  string        `json:"unknown"`
	Packages []PlanPackage `json:"packages"`
	Devices  []PlanDevice  `json:"devices"`
	Rules    []PlanRule    `json:"rules"`
	// Simulated are devices that are none: IMEIs, ranges of them, and other names.
	Simulated []string `json:"simulated"`
	// Services are the addresses of services that are to be on, where nobody switches
	// them by hand; an empty one is off. nil says nothing of services.
	Services map[Service]string `json:"services"`
}

// PlanPackage is a package of a plan.
type PlanPackage struct {
	// Name is how devices and rules speak of it.
	Name string `json:"name"`
	// Files are paths, relative to the plan file.
	Files []string `json:"files"`
	// Version is what the device must report in the end; a manifest beside the
	// file may state it instead.
	Version string `json:"version"`
	// SHA256 is compared with the one file, if stated.
	SHA256 string `json:"sha256"`
	// Module is the Aliyun module that it replaces; empty is all of the device.
	Module string `json:"module"`
	// URLs are where others serve the files.
	URLs []string `json:"urls"`
	// Redirect sends Luat devices there (or to our own HTTP host) in any case.
	Redirect bool `json:"redirect"`
	// Over is "http" or "mqtt" for Aliyun devices.
	Over string `json:"over"`

	opened *packages.Package // instead of Files
}

// PlanDevice is a device of a plan.
type PlanDevice struct {
	IMEI      string `json:"imei"`
	MAC       string `json:"mac"`
	UID       string `json:"uid"`
	DeviceKey string `json:"deviceKey"`
	// ProductKey, DeviceName and Secret are an Aliyun device's.
	ProductKey string `json:"productKey"`
	DeviceName string `json:"deviceName"`
	Secret     string `json:"secret"`
	// Package is the name of what it gets; empty leaves it to the rules.
	Package string `json:"package"`
}

// PlanRule offers a package to all devices that fit.
type PlanRule struct {
	Package       string   `json:"package"`
	Family        string   `json:"family"`
	ProjectKeys   []string `json:"projectKeys"`
	FirmwareNames []string `json:"firmwareNames"`
	From          []string `json:"from"`
	Least         string   `json:"least"`
	Below         string   `json:"below"`
	Allow         []string `json:"allow"`
	Deny          []string `json:"deny"`
}

// ErrNoVersion is a package of which nothing states the version that devices must report.
var ErrNoVersion = errors.New("neither the plan nor a manifest states what the device must report")

// Everybody is the plan that offers pkg to every device that asks; version is as of
// PlanPackage.
func Everybody(pkg *packages.Package, version string) *Plan {
	return &Plan{
		Unknown: "register", Packages: []PlanPackage{{Name: pkg.Name, Version: version, opened: pkg}},
		Rules: []PlanRule{{Package: pkg.Name}},
	}
}

// ReadPlan reads a plan file. Its error is a *PlanError that names the place.
func ReadPlan(path string) (*Plan, error) {
	base := filepath.Base(path)
	file, err := durable.Open(path)
	if err != nil {
		return nil, &PlanError{File: base, Where: "cannot be read", Err: err}
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxPlan+1))
	if err != nil {
		return nil, &PlanError{File: base, Where: "cannot be read", Err: err}
	}
	if len(text) > maxPlan {
		return nil, &PlanError{File: base, Where: "is too large", Want: fmt.Sprintf("at most %d bytes", maxPlan)}
	}
	return parsePlan(base, text)
}

func parsePlan(base string, text []byte) (*Plan, error) {
	p := &Plan{}
	at, err := strictjson.Read(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")), p)
	mistake := &PlanError{File: base, Where: fmt.Sprintf("near byte %d", at)}
	switch {
	case errors.Is(err, strictjson.ErrMore):
		mistake.Want = "one JSON object and nothing after it"
		return nil, mistake
	case err != nil:
		mistake.Err = err
		return nil, mistake
	}
	if p.Unknown != "" && p.Unknown != "refuse" && p.Unknown != "register" {
		return nil, &PlanError{File: base, Where: "unknown", Want: `"refuse" or "register"`}
	}
	for _, s := range slices.Sorted(maps.Keys(p.Services)) {
		if !slices.Contains(Services(), s) {
			return nil, &PlanError{File: base, Where: fmt.Sprintf("services.%q", s), Want: fmt.Sprintf("one of %s", Services())}
		}
	}
	if i := slices.IndexFunc(p.Simulated, func(s string) bool { return !names(s) }); i >= 0 {
		return nil, &PlanError{File: base, Where: fmt.Sprintf("simulated[%d]", i), Want: "a name, an IMEI, or a range first-last of them"}
	}
	if n := len(p.Packages) + len(p.Devices) + len(p.Rules) + len(p.Simulated); n > maxPlanEntries {
		return nil, &PlanError{File: base, Where: "too many entries", Want: fmt.Sprintf("at most %d", maxPlanEntries)}
	}
	return p, nil
}

// Open opens the plan's packages and makes rules of it; share, if not nil, is our
// own HTTP host, for packages that are fetched and have no URLs. name and folder are the
// plan file's. A package that judge refuses is a mistake too (ErrSignature), and judge is asked
// again before each device is given one.
func (p *Plan) Open(ctx context.Context, name, folder string, share ShareFunc, judge Judge) (*checkin.Rules, error) {
	offers := map[string]checkin.Offer{}
	for i, pkg := range p.Packages {
		where := fmt.Sprintf("packages[%d]", i)
		if _, twice := offers[pkg.Name]; twice || pkg.Name == "" {
			return nil, &PlanError{File: name, Where: where + ".name", Want: "a name that no other package has"}
		}
		o, err := pkg.offer(ctx, folder, share)
		if err == nil {
			o, err = judge.Guarded(ctx, o)
		}
		if err != nil {
			return nil, &PlanError{File: name, Where: where, Err: err}
		}
		offers[pkg.Name] = o
	}
	r := &checkin.Rules{Name: name, Register: p.Unknown == "register", Simulated: p.Simulated}
	for i, d := range p.Devices {
		listed, err := d.listed(offers)
		if err != nil {
			return nil, &PlanError{File: name, Where: fmt.Sprintf("devices[%d]", i), Err: err}
		}
		r.Devices = append(r.Devices, listed)
	}
	for i, one := range p.Rules {
		rule, err := one.rule(offers)
		if err != nil {
			return nil, &PlanError{File: name, Where: fmt.Sprintf("rules[%d]", i), Err: err}
		}
		r.Rules = append(r.Rules, rule)
	}
	return r, nil
}

// ShareFunc opens a place for one device on our own HTTP host.
type ShareFunc func(ctx context.Context, files []packages.File) ([]devices.Source, func(), error)

func (p PlanPackage) offer(ctx context.Context, folder string, share ShareFunc) (checkin.Offer, error) {
	pkg, err := p.open(ctx, folder)
	if err != nil {
		return checkin.Offer{}, err
	}
	o := checkin.Offer{Package: pkg, Module: pkg.Manifest.Module}
	if o.Module == "default" {
		o.Module = ""
	}
	switch {
	case p.Over != "" && p.Over != "http" && p.Over != "mqtt":
		return checkin.Offer{}, fmt.Errorf(`over is "http" or "mqtt", not %q`, p.Over)
	case p.Redirect || p.Over == "http":
		o.Method = devices.HTTP
	case p.Over == "mqtt":
		o.Method = devices.MQTT
	}
	for _, u := range pkg.Along(p.Files, p.URLs) {
		o.Sources = append(o.Sources, devices.Source{URL: u})
	}
	if share != nil {
		o.Share = func(ctx context.Context) ([]devices.Source, func(), error) { return share(ctx, pkg.Files) }
	}
	if o.Method == devices.HTTP && len(o.Sources) == 0 && o.Share == nil {
		return checkin.Offer{}, errors.New("it is fetched over HTTP: state urls, or switch our own host on with --http")
	}
	return o, nil
}

// open opens the files and holds them against what the plan states.
func (p PlanPackage) open(ctx context.Context, folder string) (*packages.Package, error) {
	pkg, err := p.files(ctx, folder)
	if err != nil {
		return nil, err
	}
	// Nobody looks at a package that rules hand out: what contradicts a sidecar or
	// manifest beside it, or lacks what an upgrade needs, is not given to anybody.
	if err := pkg.Complete(); err != nil {
		return nil, err
	}
	if t := pkg.Trust(); t.Level == packages.Red {
		return nil, &packages.Error{Op: "open", Code: t.Code, Args: t.Args}
	}
	if got := pkg.Files[0].Digests[packages.SHA256]; p.SHA256 != "" && (len(pkg.Files) != 1 || !strings.EqualFold(got, p.SHA256)) {
		return nil, fmt.Errorf("sha256 is %s, not %q", got, p.SHA256)
	}
	if p.Version != "" {
		pkg.Manifest.TargetVersion = p.Version
	}
	if p.Module != "" {
		pkg.Manifest.Module = p.Module
	}
	pkg.Name = p.Name
	switch {
	case pkg.Manifest.TargetVersion == "":
		return nil, fmt.Errorf("version: %w", ErrNoVersion)
	case len(p.URLs) > 0 && len(p.URLs) != len(p.Files):
		return nil, fmt.Errorf("%d urls for %d files", len(p.URLs), len(p.Files))
	}
	return pkg, nil
}

// files is the package as its files and what is beside them have it.
func (p PlanPackage) files(ctx context.Context, folder string) (*packages.Package, error) {
	if p.opened != nil {
		pkg := *p.opened
		return &pkg, nil
	}
	var paths []string
	for _, f := range p.Files {
		if !filepath.IsAbs(f) {
			f = filepath.Join(folder, f)
		}
		paths = append(paths, f)
	}
	return packages.Open(ctx, paths, packages.OpenOptions{})
}

var (
	imeiForm = regexp.MustCompile(`^[0-9]{15}$`)
	nameForm = regexp.MustCompile(`^[0-9A-Za-z:_.@-]{1,64}$`)
)

var rangeForm = regexp.MustCompile(`^[0-9]+-[0-9]+$`)

// names tells whether text is a device's name, product key and name, or a range of IMEIs.
func names(text string) bool {
	if first, last, _ := strings.Cut(text, "-"); rangeForm.MatchString(text) {
		return imeiForm.MatchString(first) && imeiForm.MatchString(last) && first <= last
	}
	for part := range strings.SplitSeq(text, "/") {
		if !nameForm.MatchString(part) {
			return false
		}
	}
	return strings.Count(text, "/") <= 1
}

func (d PlanDevice) listed(offers map[string]checkin.Offer) (checkin.Listed, error) {
	var names []string
	for _, n := range []string{d.IMEI, d.MAC, d.UID, d.DeviceKey} {
		if n != "" {
			names = append(names, n)
		}
	}
	if d.ProductKey != "" || d.DeviceName != "" {
		if !nameForm.MatchString(d.ProductKey) || !nameForm.MatchString(d.DeviceName) {
			return checkin.Listed{}, errors.New("productKey and deviceName go together")
		}
		names = append(names, d.ProductKey+"/"+d.DeviceName)
	}
	switch {
	case len(names) != 1:
		return checkin.Listed{}, errors.New("exactly one of imei, mac, uid, deviceKey, or productKey with deviceName")
	case d.IMEI != "" && !imeiForm.MatchString(d.IMEI):
		return checkin.Listed{}, fmt.Errorf("imei %q is not 15 digits", d.IMEI)
	}
	l := checkin.Listed{Name: names[0]}
	if d.Package != "" {
		o, ok := offers[d.Package]
		if !ok {
			return checkin.Listed{}, fmt.Errorf("there is no package %q", d.Package)
		}
		l.Package = &o
	}
	return l, nil
}

func (r PlanRule) rule(offers map[string]checkin.Offer) (checkin.Rule, error) {
	o, ok := offers[r.Package]
	if !ok {
		return checkin.Rule{}, fmt.Errorf("there is no package %q", r.Package)
	}
	if r.Family != "" && r.Family != "luat" && r.Family != "aliyun" {
		return checkin.Rule{}, fmt.Errorf(`family is "luat" or "aliyun", not %q`, r.Family)
	}
	return checkin.Rule{
		Offer: o, Family: r.Family, ProjectKeys: r.ProjectKeys, FirmwareNames: r.FirmwareNames,
		From: r.From, Least: r.Least, Below: r.Below, Allow: r.Allow, Deny: r.Deny,
	}, nil
}
