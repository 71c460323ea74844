package packages

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"io/fs"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"fotabench/packages/strictjson"
)

// Bounds of what a manifest may state (QuecThing platform, package upload).
const (
	maxManifestFiles = 64
	maxModels        = 64
	maxModelName     = 64
	maxPackageName   = 100
	maxCSQ           = 31
)

// document is a manifest file as it is written.
type document struct {
	Manifest
	// Remark is for people and means nothing here.
	Remark string                       `json:"remark"`
	Files  []map[string]json.RawMessage `json:"files"`
}

// claim is what a manifest states about one file.
type claim struct {
	name     string
	size     int64
	expected []Expected
	minisig  string
}

// declaration is a manifest that was read and found fit.
type declaration struct {
	manifest Manifest
	claims   []claim
	gbk      bool // it was read as GBK
}

// claims collects sidecars and manifests of all files.
func (p *Package) claims() error {
	var all []*declaration
	for i := range p.Files {
		f := &p.Files[i]
		expected, gbk, err := stated(f)
		if err != nil {
			return err
		}
		f.Expected = expected
		p.readAsGBK(gbk...)
		for _, name := range manifestNames(f.Name) {
			d, err := declared(f, name)
			if err != nil {
				return err
			}
			if d == nil {
				continue
			}
			if d.gbk {
				p.readAsGBK(name)
			}
			all = append(all, d)
			if !all[0].agrees(d) {
				return refuse(name, Contradict, all[0].manifest.Source)
			}
			if err := f.apply(d); err != nil {
				return err
			}
		}
	}
	if len(all) == 0 {
		return nil
	}
	p.Manifest = all[0].manifest
	return p.complete(all)
}

// manifestNames lists where a manifest of a file may be.
func manifestNames(name string) []string {
	list := []string{name + ".json"}
	stem := strings.TrimSuffix(name, filepath.Ext(name))
	if strings.HasSuffix(strings.ToLower(stem), ".tar") {
		stem = stem[:len(stem)-len(".tar")]
	}
	if own := stem + ".json"; own != list[0] && own != "manifest.json" {
		list = append(list, own)
	}
	return append(list, "manifest.json")
}

// declared reads the manifest name beside f; nil if there is none that speaks
// of this file. <file>.json always does; the others must name the file, since
// such names are common.
func declared(f *File, name string) (*declaration, error) {
	text, _, err := beside(filepath.Join(filepath.Dir(f.Path), name), maxManifest)
	own := name == f.Name+".json"
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case errors.Is(err, errLarge) && own:
		return nil, refuse(name, BadManifest, err.Error())
	case errors.Is(err, errLarge):
		return nil, nil // nobody's manifest is that long
	case err != nil:
		return nil, unreadable(name, err)
	}
	decoded, gbk, err := plain(text)
	switch {
	case err != nil && own:
		return nil, refuse(name, BadText)
	case err != nil || !own && !mentions([]byte(decoded), f.Name):
		return nil, nil
	}
	d, err := parseManifest([]byte(decoded), name)
	if err == nil {
		d.gbk = gbk
	}
	return d, err
}

// mentions tells whether a text speaks of a file, even where it is damaged.
func mentions(text []byte, name string) bool {
	quoted, err := json.Marshal(name)
	return bytes.Contains(text, []byte(name)) || err == nil && bytes.Contains(text, bytes.Trim(quoted, `"`))
}

func parseManifest(text []byte, source string) (*declaration, error) {
	var doc document
	if _, err := strictjson.Read(text, &doc); err != nil {
		return nil, wrong(source, err)
	}
	if field := repeated(text); field != "" {
		return nil, refuse(source, TwoFields, bounded(field))
	}
	doc.Source = source
	if err := doc.Manifest.normalize(); err != nil {
		return nil, err
	}
	d := &declaration{manifest: doc.Manifest}
	if len(doc.Files) > maxManifestFiles {
		return nil, refuse(source, BadField, "files", len(doc.Files))
	}
	for _, fields := range doc.Files {
		c, err := readClaim(fields, source)
		if err != nil {
			return nil, err
		}
		if d.find(c.name) != nil {
			return nil, refuse(source, BadField, "files", c.name)
		}
		d.claims = append(d.claims, c)
	}
	return d, nil
}

// wrong names the field that holds another kind of value, such as half a percent, and else
// says what the parser did.
func wrong(source string, err error) *Error {
	if kind, is := errors.AsType[*json.UnmarshalTypeError](err); is && kind.Field != "" {
		e := refuse(source, BadField, kind.Field[strings.LastIndexByte(kind.Field, '.')+1:], bounded(strings.TrimPrefix(kind.Value, "number ")))
		e.Err = err
		return e
	}
	e := refuse(source, BadManifest, bounded(err.Error()))
	e.Err = err
	return e
}

// versionText is what the platform takes as a version, and "+".
var versionText = regexp.MustCompile(`^[A-Za-z0-9_.+-]{0,64}$`)

// moduleText is what Aliyun takes as the name of a module.
var moduleText = regexp.MustCompile(`^[A-Za-z0-9_.-]{0,64}$`)

// normalize checks each field and brings it into its one form.
func (m *Manifest) normalize() error {
	bad := func(field string, value any) error {
		if m.Source == SourceTyped {
			return &Error{Op: "check", Code: BadTypedField, Args: []any{field, value}}
		}
		return refuse(m.Source, BadField, field, value)
	}
	component, ok := oneOf(m.Component, FOTA, SOTA, App)
	if !ok {
		return bad("component", bounded(string(m.Component)))
	}
	kind, ok := oneOf(m.Kind, Full, Delta)
	if !ok {
		return bad("kind", bounded(string(m.Kind)))
	}
	m.Component, m.Kind = component, kind
	m.SourceVersion, m.TargetVersion = strings.TrimSpace(m.SourceVersion), strings.TrimSpace(m.TargetVersion)
	return m.bounds(bad)
}

// Checked is the manifest with each field in its one form, such as "full" for
// "FULL". What it lacks is no error: see Lacks. Errors: an *Error with code BadField that
// names m.Source, the field and the value, or BadTypedField where a person typed it.
func (m Manifest) Checked() (Manifest, error) {
	m.Models = slices.Clone(m.Models)
	err := m.normalize()
	return m, err
}

// Together lists the files of the package that the file at path belongs to, in
// the order of the manifest beside it; path alone where no manifest names files.
// It reads no file but the manifests, and does not tell whether the others are
// there. Errors: an *Error for a manifest that cannot be believed.
func Together(path string) ([]string, error) {
	f := &File{Name: filepath.Base(path), Path: path}
	for _, name := range manifestNames(f.Name) {
		d, err := declared(f, name)
		if err != nil {
			return nil, err
		}
		if d == nil || d.find(f.Name) == nil {
			continue
		}
		var paths []string
		for _, c := range d.claims {
			paths = append(paths, filepath.Join(filepath.Dir(path), c.name))
		}
		return paths, nil
	}
	return []string{path}, nil
}

// bounds checks what has a range; bad makes the refusal.
func (m *Manifest) bounds(bad func(field string, value any) error) error {
	switch {
	case utf8.RuneCountInString(m.Name) > maxPackageName || m.Name != "" && !goodName(m.Name):
		return bad("name", bounded(m.Name))
	case !versionText.MatchString(m.SourceVersion):
		return bad("sourceVersion", bounded(m.SourceVersion))
	case !versionText.MatchString(m.TargetVersion):
		return bad("targetVersion", bounded(m.TargetVersion))
	case !moduleText.MatchString(m.Module):
		return bad("module", bounded(m.Module))
	case m.MinBattery < 0 || m.MinBattery > 100:
		return bad("minBattery", m.MinBattery)
	case m.MinSignal < 0 || m.MinSignal > maxCSQ:
		return bad("minSignal", m.MinSignal)
	case len(m.Models) > maxModels:
		return bad("models", len(m.Models))
	}
	if i := slices.IndexFunc(m.Models, badModel); i >= 0 {
		return bad("models", bounded(m.Models[i]))
	}
	return nil
}

func badModel(model string) bool {
	return flat(model) == "" || len(model) > maxModelName || !goodName(model)
}

// oneOf finds value among the allowed ones without regard to case; the empty
// value is allowed.
func oneOf[T ~string](value T, allowed ...T) (T, bool) {
	if value == "" {
		return "", true
	}
	for _, a := range allowed {
		if strings.EqualFold(string(a), string(value)) {
			return a, true
		}
	}
	return value, false
}

// readClaim reads one entry of "files": name, size, minisign signature, and digests by
// algorithm.
func readClaim(fields map[string]json.RawMessage, source string) (claim, error) {
	var c claim
	if err := json.Unmarshal(fields["name"], &c.name); err != nil {
		return c, refuse(source, BadField, "files.name", bounded(string(fields["name"])))
	}
	if !GoodBase(c.name) {
		return c, refuse(source, BadPath, bounded(c.name))
	}
	for key, raw := range fields {
		switch key {
		case "name":
		case "size":
			err := json.Unmarshal(raw, &c.size)
			if err != nil || c.size <= 0 || c.size > MaxBytes {
				return c, refuse(source, BadField, "files.size", bounded(string(raw)))
			}
		case "minisig":
			if err := json.Unmarshal(raw, &c.minisig); err != nil {
				return c, refuse(source, BadField, "files.minisig", bounded(string(raw)))
			}
		default:
			e, err := readDigest(key, raw, source)
			if err != nil {
				return c, err
			}
			c.expected = append(c.expected, e)
		}
	}
	return c, nil
}

func readDigest(key string, raw json.RawMessage, source string) (Expected, error) {
	algorithm, ok := algorithmOf(key)
	if !ok {
		return Expected{}, refuse(source, BadAlgorithm, bounded(key))
	}
	var text string
	if err := json.Unmarshal(raw, &text); err != nil {
		return Expected{}, refuse(source, BadField, key, bounded(string(raw)))
	}
	value, ok := digestText(algorithm, strings.TrimSpace(text))
	if !ok {
		return Expected{}, refuse(source, BadField, key, bounded(text))
	}
	return Expected{Algorithm: algorithm, Hex: value, Source: source}, nil
}

// GoodBase tells whether a name is a base name that can be shown and stays in its
// folder, on any system.
func GoodBase(name string) bool {
	return goodName(name) && !strings.ContainsAny(name, `/\`) && filepath.IsLocal(name) && name != "."
}

func (d *declaration) find(name string) *claim {
	for i := range d.claims {
		if d.claims[i].name == name {
			return &d.claims[i]
		}
	}
	return nil
}

// agrees tells whether two manifests say the same about the package.
func (d *declaration) agrees(other *declaration) bool {
	a, b := d.manifest, other.manifest
	a.Source, b.Source = "", ""
	return reflect.DeepEqual(a, b)
}

// apply adds to the file what the manifest says about it.
func (f *File) apply(d *declaration) error {
	c := d.find(f.Name)
	if c == nil {
		return nil
	}
	if c.size != 0 && c.size != f.Size {
		return refuse(f.Name, WrongSize, f.Size, c.size, d.manifest.Source)
	}
	f.Expected = append(f.Expected, c.expected...)
	f.Minisig = cmp.Or(f.Minisig, c.minisig)
	return nil
}

// complete refuses a package of which a file was left out, and a file that the
// manifests do not name though they name others.
func (p *Package) complete(all []*declaration) error {
	named := map[string]bool{}
	for _, d := range all {
		for _, c := range d.claims {
			named[c.name] = true
			if !slices.ContainsFunc(p.Files, func(f File) bool { return f.Name == c.name }) {
				return refuse(d.manifest.Source, Incomplete, c.name)
			}
		}
	}
	for _, f := range p.Files {
		if len(named) > 0 && !named[f.Name] {
			return refuse(all[0].manifest.Source, Stranger, f.Name)
		}
	}
	return nil
}
