package devices

import (
	"context"

	"fotabench/packages"
)

// Discoverer tells which devices are present.
type Discoverer interface {
	// Watch calls see first with all that are present, then with the whole new
	// list after every change. It calls from one goroutine, one call at a time,
	// and never after it returned. It blocks until ctx ends and then returns
	// context.Cause(ctx); any other error means that watching is impossible on
	// this machine. Whoever calls it owns it. It never opens or writes a port.
	Watch(ctx context.Context, see func([]Sighting)) error
}

// Access is what the user has allowed or supplied for opening a device.
type Access struct {
	// StopProgram allows the driver to interrupt a user program that holds the
	// port. Close puts the program back as it was found.
	StopProgram bool
	// Password unlocks a protected REPL. It never reaches a log.
	Password string
	// Platform is how the device reaches its vendor's platform; nil leaves what the
	// device has.
	Platform *Platform
	// Installing, if not nil, hears from Open how far a device is that installs and
	// says so, in percent: Open then goes on listening until the device is through, as
	// long as it goes on saying something. It is called from the goroutine of Open.
	Installing func(percent int)
	// Said, if not nil, hears from Open what the device says about how an upgrade ended
	// while Open listens: a device that restarts next makes Open fail, and says it only
	// once. It is called from the goroutine of Open.
	Said func(Said)
	// Wanted is whom the caller looks for, nil for anybody. A device that speaks before
	// it was asked who it is is understood as that one; who it is comes out later.
	Wanted *Identity
}

// Platform is how a device reaches its vendor's platform (QuecThing).
type Platform struct {
	// ProductKey and ProductSecret are the product's at the platform; the secret
	// never reaches a log.
	ProductKey, ProductSecret string
	// Server is the platform's URL, such as "mqtts://iot-south.quectelcn.com:8883"; ""
	// is the device's own default.
	Server string
	// APN is set before the device connects; nil leaves it alone.
	APN *APN
	// MCU are the parts beside the module whose firmware it passes on.
	MCU []MCU
}

// MCU is a part beside a module, with firmware of its own that the module passes on.
type MCU struct {
	// Component is its name at the platform, such as "MCU1".
	Component string
	// Handover names the customer's function on the device, "module:function". Called
	// with the path of a file it installs that; called with None it returns the version
	// that runs, as a text. "" if there is none.
	Handover string
}

// Driver speaks to one device family. A Driver holds no connection and is safe
// for use by several goroutines.
type Driver interface {
	// Family is the constant name of the family, such as "quecpython".
	Family() string
	// Open connects to address and makes sure that a device of this family
	// answers there. It sends only what cannot change the device's state
	// (carriage return, Ctrl-C where Access allows it, entering the raw REPL).
	// Errors: Absent (no such port), Busy (held by a program on this computer,
	// named in Error.Detail where the system tells), Denied (no permission),
	// Timeout (nothing answered), Occupied (a user program runs: ask and set
	// Access.StopProgram), Locked (a password is needed or was wrong),
	// Unsupported (something else answered). When ctx ends, the port is closed
	// and context.Cause(ctx) is returned.
	Open(ctx context.Context, address Address, access Access) (Session, error)
	// Capabilities says for each method and option whether this device can do
	// it, and why not. It asks no device: everything it needs is in identity.
	Capabilities(identity Identity) Capabilities
}

// Session is one open connection to one device. Its methods are called one at
// a time, from any goroutine; Close may be called at any moment and more than
// once. Every method returns soon after its ctx ended, with an error for which
// errors.Is(err, context.Cause(ctx)) holds.
type Session interface {
	// Identify asks the device who it is. It may be repeated at any time before
	// Install. A field that the device cannot answer stays unknown; it is an
	// error only when the device does not answer at all.
	Identify(ctx context.Context) (Identity, error)
	// Deliver brings the package to the device and returns when all of it is
	// there, or with an error. After an error or a cancel at any byte the
	// device still boots its old version; what can be removed has been removed.
	// Deliver may be called again after an error. Where the device installs by
	// itself as soon as it has everything, Delivery.Installing is true and
	// neither Verify nor Install is called.
	Deliver(ctx context.Context, job *Job, report Report) (Delivery, error)
	// Verify returns the device's own verdict on what it holds, never this
	// program's opinion. A negative verdict is an error of kind Integrity or
	// Refused with the device's code. After an error the device keeps its old
	// version.
	Verify(ctx context.Context, job *Job, report Report) (Verdict, error)
	// Install tells the device to install what it verified and to restart. When
	// it returns nil the device has taken the command; the session is then dead
	// and identity must be proved anew through Open and Identify.
	Install(ctx context.Context, job *Job, report Report) error
	// Installed asks a device that came back (a new session) whether it now has
	// what job carried: the reported version, or for files the digests of what
	// is stored. It only reads.
	Installed(ctx context.Context, job *Job) (Proof, error)
	// Close leaves the device as it was found (a stopped user program runs
	// again) as far as it still answers within a few seconds, and releases the
	// port in any case.
	Close() error
}

// Offer is a plan that a vendor's platform has for a device: what to install, and
// what it asks for. The bytes stay with the platform until the device accepts.
type Offer struct {
	// Package describes it; its Offer is not nil, its Manifest says what is claimed.
	Package *packages.Package
	// Raw is the device's own words for it, bounded and printable.
	Raw string
}

// Offerer asks devices for the plans that their vendor's platform has for them.
type Offerer interface {
	// Offers opens the device with access.Platform, has it connect, asks for a plan
	// and returns who the device is and what it was offered; no offer is no error. It
	// accepts nothing. Errors are those of Driver.Open, and Timeout where the device
	// does not reach its platform, with the device's code.
	Offers(ctx context.Context, address Address, access Access) (Identity, []Offer, error)
	// Refuse tells the platform that this offer is not wanted.
	Refuse(ctx context.Context, address Address, access Access, offer Offer) error
}

// Method is how a package travels.
type Method string

// The methods.
const (
	Local Method = "local"
	HTTP  Method = "http"
	FTP   Method = "ftp"
	// Answer is the answer to the device's own question whether there is
	// something new: the package itself.
	Answer Method = "answer"
	// MQTT is piece by piece over the broker that the device is connected to.
	MQTT Method = "mqtt"
	// Plan is what the device's vendor offers it (Package.Offer): the device gets
	// the bytes from its platform once it accepts.
	Plan Method = "plan"
)

// Methods lists the methods in the order in which they are shown.
func Methods() []Method { return []Method{Local, Answer, MQTT, HTTP, FTP, Plan} }

// Fetched tells whether the device needs a URL from which it fetches.
func (m Method) Fetched() bool { return m == HTTP || m == FTP }

// Job is what is to be installed and how. Sessions only read it.
type Job struct {
	Package *packages.Package
	Method  Method
	// Sources has one entry per file of Package, in order, for the methods in
	// which the device fetches by itself; empty for Local.
	Sources []Source
	Options Options
}

// Source is where a device fetches one file.
type Source struct {
	// URL is without credentials.
	URL string
	// User and Password are for the origin; they never reach a log.
	User, Password string
	// Served, if not nil, tells how many bytes of the file our own host has
	// handed out so far; it is safe for concurrent use.
	Served func() int64
	// Received, if not nil, tells whether all of the file is known to have arrived where it
	// was fetched; what was served may still be on its way, and be lost. It is safe for
	// concurrent use.
	Received func() bool
	// Cut, if not nil, ends all of our own host's transfers of the job at once: when
	// it returns, Served does not grow any more.
	Cut func()
}

// Options are what only some models can do; Capabilities says which.
type Options struct {
	// APN is set before the device fetches; nil leaves it alone.
	APN *APN
	// TLS is for origins with https; nil leaves the device's defaults.
	TLS *TLS
	// HoldRestart asks a fetching device not to restart by itself.
	HoldRestart bool
	// FTPByURL passes an ftp:// URL to the HTTP call, for models that take it.
	FTPByURL bool
}

// APN is an access point of the cellular network.
type APN struct {
	Name string
	// IPType is 0 for IPv4, 1 for IPv6 (fota.apn_set).
	IPType         int
	User, Password string
}

// TLS are ssl_params of fota.httpDownload; the PEM texts are contents, not
// paths.
type TLS struct {
	CA, Cert, Key string
	// Version is 0 SSL 3.0, 1 TLS 1.0, 2 TLS 1.1, 3 TLS 1.2, 4 all.
	Version int
	// Level is 0 no verification, 1 server, 2 server and client.
	Level int
}

// Delivery is what Deliver achieved.
type Delivery struct {
	// Sent is the SHA-256 in lower-case hex of the bytes as they left this
	// program, one per file; nil when the device fetched by itself.
	Sent []string
	// Installing is true when the device has begun to install by itself.
	Installing bool
	// How names the way that was taken, such as "stdin-raw", "raw-paste-base64".
	How string
}

// Verdict is the device's word on what it holds.
type Verdict struct {
	// Algorithm and Hex are the device's own digest of all it was handed, ""
	// where it cannot compute one.
	Algorithm packages.Algorithm
	Hex       string
	// Answer is the device's answer, verbatim and bounded.
	Answer string
}

// Proof is what a device that came back says about what it runs.
type Proof struct {
	// Installed is true only if the device's own answer equals the target.
	Installed bool
	// Version is what it reports: a version, or for files their digests.
	Version string
	// Said is the reason that the device itself gave for not having it, the zero Said
	// if it gave none.
	Said
}

// Said is the reason that a device itself gave for not installing what it was given.
// It explains an old version, and proves nothing.
type Said struct {
	// Why, if not empty, is a code of package words for what it means; WhyArgs fill
	// its sentence.
	Why     Code  `json:"why,omitempty"`
	WhyArgs []any `json:"whyArgs,omitempty"`
	// Words are the device's own, verbatim, printable and bounded; "" where it has none
	// but the state in which it was found.
	Words string `json:"words,omitempty"`
	// Code is the device's own number, if HasCode.
	Code    int  `json:"code,omitempty"`
	HasCode bool `json:"hasCode,omitempty"`
}

// Nothing tells whether the device gave no reason.
func (s Said) Nothing() bool { return s.Why == "" && s.Words == "" && !s.HasCode }

// Report carries progress and remarks from a driver while it works. Its
// methods are called from one goroutine and return at once.
type Report interface {
	// Progress is absolute and in bytes, or in percent with total 100 where a
	// device reports only that. It never falls within a stage. total 0 means
	// unknown. Installing devices report percent.
	Progress(done, total int64)
	// Note is a remark for the log: a code of package words and its arguments,
	// which must not contain secrets.
	Note(code Code, args ...any)
}

// Code names a remark; package ui/words has a sentence for each in every
// language. Args fill the sentence in order.
type Code string

// CancelWay is what stopping a delivery means for a device.
type CancelWay string

// The ways in which a delivery can be stopped.
const (
	// CancelClean stops at the next block; what was sent is dropped.
	CancelClean CancelWay = "clean"
	// CancelRequest asks the device to stop (fota.download_cancel).
	CancelRequest CancelWay = "request"
	// CancelRestart stops by restarting the device before it accepted the
	// package; it then still runs its old version.
	CancelRestart CancelWay = "restart"
	// CancelDisarm takes the package away from a device that asks by itself, also
	// while it fetches; it keeps its old version.
	CancelDisarm CancelWay = "disarm"
	// CancelNever means that the device cannot be stopped.
	CancelNever CancelWay = "never"
)

// Capability says whether something can be done and, if not, why.
type Capability struct {
	OK bool
	// Why is a code of package words with Args; empty when OK without remark.
	Why  Code
	Args []any
}

// Capabilities is what one device can do.
type Capabilities struct {
	Methods map[Method]Capability
	// Cancel tells for each method how a delivery is stopped.
	Cancel map[Method]CancelWay
	// Options by name: "apn", "tls", "holdRestart", "ftpByURL", "mini", "app".
	Options map[string]Capability
	// Stored has the methods in which the package is kept in the device's file
	// system before it is installed, so that it must fit into Identity.FreeBytes.
	Stored map[Method]bool
	// Approves has the methods in which the device's own verdict (Verify) already lets
	// it install module firmware at its next start, whoever causes that: from there on
	// nothing can be taken back.
	Approves map[Method]bool
	// ChecksIn is true for a device that asks by itself, whenever it does: what it said when
	// it asked is all that can be heard of it. It is waited for until Open gives an error with
	// NoteUnheard: it has been silent for longer than anybody wants to wait.
	ChecksIn bool
	// Weights are the usual durations of the stages in seconds, by stage name,
	// from measurement (assets/models.json); may be nil.
	Weights map[string]float64
}

// Remarks about a device that ChecksIn and is silent: since {0}, which is a time as RFC 3339
// has it, for longer than {1} seconds. What it runs is not known; its next words decide.
const (
	// NoteUnheard: it has all of a package, or may fetch the rest by itself.
	NoteUnheard Code = "device.unheard"
	// NoteUnheardPart: it was told of a package, or has a part of it.
	NoteUnheardPart Code = "device.unheard.part"
)
