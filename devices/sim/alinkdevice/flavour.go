package alinkdevice

import "fmt"

// The flavours of devices (docs/protocols/aliyun.md, sections Leniency, MQTT
// file download, Quectel modules).
const (
	// LinkSDK is the C link SDK 4: always Range, needs 200 or 206 with a
	// Content-Length, knows the signing methods "Md5", "SHA256" and "Sha256" as
	// spelled, reports every 5 %, and asks for MQTT downloads with a trailing
	// comma.
	LinkSDK = "linksdk"
	// AliOS is AliOS Things: the JSON ends in a NUL byte, ids and steps are bare
	// numbers, https becomes http, and the module "default" only takes a version
	// that is lexically greater, after a look at the image's last 28 bytes.
	AliOS = "alios"
	// Quectel is QuecPython's client: the modules PROJECT_NAME and
	// FIRMWARE_NAME, two informs and two firmware/get after connect, several
	// files, only the steps 1, 100 and negative ones.
	Quectel = "quectel"
	// Lenient takes all that makes sense.
	Lenient = "lenient"
	// Load does not download: on a push it sends Options.Steps progress
	// messages and then nothing.
	Load = "load"
)

// The names of the modules that the protocol and Quectel's client give.
const (
	moduleDefault  = "default"
	moduleProject  = "PROJECT_NAME"
	moduleFirmware = "FIRMWARE_NAME"
)

// idForm is how a device writes the id of a message.
type idForm int

const (
	idText idForm = iota + 1
	idNumber
	idTick
)

// traits are what tells one flavour from another.
type traits struct {
	// sign is the signing method where Options name none; "" means that the
	// client id names none either. clientTail follows the pairs of the client id.
	sign, clientTail string
	id               idForm
	// nul ends every JSON text with a NUL byte; intStep sends steps as numbers;
	// spaced writes a space after each colon of a report.
	nul, intStep, spaced bool
	// qos is that of everything the device publishes.
	qos byte
	// asks sends firmware/get for each module after the informs.
	asks bool
	// modules are those a device has where Options name none.
	modules []string
	// stepEvery is how many percent lie between two reports; 0 reports only 1
	// and the end.
	stepEvery int

	// digests are the accepted spellings of a signing method; nil takes any
	// spelling. needDigest refuses a push without one.
	digests    map[string]algorithm
	needDigest bool
	// needSuccess refuses a push whose message is not "success"; numberSize
	// refuses a size that is not a JSON number.
	needSuccess, numberSize bool
	// capURL and capVersion bound what the device has room for; 0 is no bound.
	capURL, capVersion int
	// multi takes several files; fileSign demands fileSign for each. mqtt can
	// download by MQTT; trailingComma is how it asks.
	multi, fileSign, mqtt, trailingComma bool

	// alwaysRange asks from byte 0 by Range; needLength refuses an answer
	// without Content-Length; redirects follows up to five of them.
	alwaysRange, needLength, redirects bool
	// plainHTTP rewrites https:// to http://.
	plainHTTP bool
	// block is how many bytes are read at once.
	block int
	// systemImage treats the module "default" as AliOS does.
	systemImage bool
	// scripts stores a file NAME.bin as NAME.py.
	scripts bool
	// quiet is the device of load tests.
	quiet bool
}

// traitsOf looks a flavour up; "" is Lenient.
func traitsOf(flavour string) (traits, error) {
	switch flavour {
	case LinkSDK:
		return traits{
			sign: signSHA256, clientTail: ",_v=sdk-c-4.1.1,ext=3,", id: idText, stepEvery: 5, block: 4096,
			digests:    map[string]algorithm{"Md5": digestMD5, "SHA256": digestSHA256, "Sha256": digestSHA256},
			needDigest: true, multi: true, fileSign: true, mqtt: true, trailingComma: true,
			alwaysRange: true, needLength: true,
		}, nil
	case AliOS:
		return traits{
			sign: signSHA256, id: idNumber, nul: true, intStep: true, qos: 1, stepEvery: 10, block: 2048,
			needDigest: true, needSuccess: true, numberSize: true, capURL: 255, capVersion: 63,
			plainHTTP: true, systemImage: true,
		}, nil
	case Quectel:
		return traits{
			id: idTick, qos: 1, asks: true, modules: []string{moduleFirmware, moduleProject},
			block: 4096, multi: true, scripts: true,
		}, nil
	case Lenient, "":
		return traits{
			id: idText, spaced: true, qos: 1, stepEvery: 10, block: 4096,
			multi: true, mqtt: true, redirects: true,
		}, nil
	case Load:
		return traits{id: idText, qos: 1, quiet: true}, nil
	}
	return traits{}, fmt.Errorf("no flavour %q", flavour)
}

// moduleNames are the modules that a device of these traits has by itself.
func (t traits) moduleNames() []string {
	if t.modules == nil {
		return []string{moduleDefault}
	}
	return t.modules
}
