// Package packages describes what can be installed on a device: files with
// their digests, where each expected digest came from, and what a manifest
// says about model, source and target version. It reads and proves packages;
// it does not know devices or how a package travels.
package packages

import (
	"slices"

	"fotabench/packages/durable"
)

// Limits that hold for every package (capability list, assets/models.json;
// QuecThing platform, docs/protocols/quecpython.md).
const (
	// MaxFiles is the largest number of files in one package.
	MaxFiles = 5
	// MaxBytes is the largest size of one file, in bytes (100 MiB).
	MaxBytes = 104857600
)

// Component is what part of the device a package replaces.
type Component string

// The components of the QuecThing and QuecPython world.
const (
	// FOTA is module firmware. The zero Component means FOTA.
	FOTA Component = "FOTA"
	// SOTA is software beside the module firmware, such as an MCU image.
	SOTA Component = "SOTA"
	// App is user files, such as QuecPython scripts.
	App Component = "app"
)

// Kind tells a delta from a full package.
type Kind string

// The kinds of package.
const (
	// KindUnknown means that nobody said which kind it is.
	KindUnknown Kind = ""
	// Full packages install over any version.
	Full Kind = "full"
	// Delta packages install only over Manifest.SourceVersion.
	Delta Kind = "delta"
)

// Package is one thing to install: one to MaxFiles files and what is known
// about them. It is a value that no one changes once Open returned it, except
// through the With methods, which copy.
type Package struct {
	// Name is for people: the manifest's name, else the first file's base name.
	Name string
	// Files in the order that a manifest states, else that of their names' ends, such as
	// .mini_1 and .mini_2 (url1's, url2's), else that in which they were given.
	Files []File
	// Manifest is what is claimed about the package. A field that no one
	// stated is its zero value; Manifest.Source says who stated it.
	Manifest Manifest
	// Offer is not nil for what a vendor's platform offers a device: Files are then
	// empty, since the bytes go from there to the device.
	Offer *Offer
	// GBK are the base names of hash files and manifests that were read as GBK, since they
	// are no UTF-8.
	GBK []string
	// Kept is true where the files lie in a library, which deletes what nobody uses: see Use.
	Kept bool
}

// Offer is what a vendor's platform says about what it offers, beside the manifest.
type Offer struct {
	// Component is the platform's name for the part of the device, such as "MCU1".
	Component string `json:"component,omitempty"`
	// Space is how much room the device needs, in bytes; 0 if that was not said.
	Space int64 `json:"space,omitempty"`
	// SignalDBm is the least signal in dBm, such as -113; 0 if none is asked for.
	SignalDBm int `json:"signalDBm,omitempty"`
}

// File is one file of a package.
type File struct {
	// Path is where the bytes are, absolute and cleaned.
	Path string
	// Name is the base name, as the device or an origin will see it.
	Name string
	// Size in bytes.
	Size int64
	// Digests as computed when the file was opened.
	Digests Digests
	// Expected digests, each with its source; may be empty, may disagree.
	Expected []Expected
	// Minisig is the minisign signature that a manifest holds for the file, unchecked
	// (package signature does that); "" if there is none.
	Minisig string
	// Signatures are those that somebody kept for the file elsewhere than beside it,
	// unchecked too.
	Signatures []Signature `json:"-"`
	// Archive is the name of an archive beside the file that holds it too: the
	// file was unpacked, and what was stated about the archive is lost. "" if
	// there is none or if digests were found.
	Archive string
}

// Signature is what claims to be the signature of a file.
type Signature struct {
	// Source is the base name of the file in which it was, or "manifest".
	Source string
	// Text is what stood there, in a form that package signature reads.
	Text []byte
}

// Manifest is what somebody says about a package.
type Manifest struct {
	// Source is where these claims come from: a file name, "typed", or "" if
	// there is no manifest.
	Source        string    `json:"-"`
	Name          string    `json:"name,omitempty"`
	Component     Component `json:"component,omitempty"`
	Kind          Kind      `json:"kind,omitempty"`
	SourceVersion string    `json:"sourceVersion,omitempty"`
	TargetVersion string    `json:"targetVersion,omitempty"`
	// Module names the part of the device that is replaced, where devices have
	// several that report versions of their own (Aliyun); "" is all of it.
	Module string `json:"module,omitempty"`
	// Models are the model names (longest-prefix matched) that may take it.
	Models []string `json:"models,omitempty"`
	// MinBattery is in percent, 0 means none asked for.
	MinBattery int `json:"minBattery,omitempty"`
	// MinSignal is a CSQ value 0..31, 0 means none asked for.
	MinSignal int `json:"minSignal,omitempty"`
}

// The fields that a manifest may lack, by the names that manifests use.
const (
	FieldSource = "sourceVersion"
	FieldTarget = "targetVersion"
	FieldModels = "models"
)

// Lacks names what nobody stated although an upgrade or whoever chooses the device wants to
// know it: for which version a delta is, which version the package brings, for which models
// it is. User files bring no version and are for any model.
func (m Manifest) Lacks() (fields []string) {
	if m.Kind == Delta && m.SourceVersion == "" {
		fields = append(fields, FieldSource)
	}
	if m.Component != App && m.TargetVersion == "" {
		fields = append(fields, FieldTarget)
	}
	if m.Component != App && len(m.Models) == 0 {
		fields = append(fields, FieldModels)
	}
	return fields
}

// Complete refuses a package with which no upgrade may begin until somebody states what is
// missing: a delta of which nobody knows for which version it is. A target version can still
// be stated with the upgrade, and a model be read by a person. Errors: NoSource.
func (p *Package) Complete() error {
	if p.Offer == nil && slices.Contains(p.Manifest.Lacks(), FieldSource) {
		return &Error{Op: "use", File: p.Name, Code: NoSource, Args: []any{p.Name}}
	}
	return nil
}

// Use keeps the files of a library there until done is called, once, also where the package is
// removed and the trash is emptied meanwhile, by whatever program. Files that a person chose
// are that person's. Whether they are all there is known only after Use.
func (p *Package) Use() (done func()) {
	if !p.Kept {
		return func() {}
	}
	var all []func()
	for _, f := range p.Files {
		all = append(all, durable.Use(f.Path))
	}
	return func() {
		for _, done := range all {
			done()
		}
	}
}

// Size is the sum of the sizes of all files, in bytes.
func (p *Package) Size() int64 {
	var n int64
	for _, f := range p.Files {
		n += f.Size
	}
	return n
}
