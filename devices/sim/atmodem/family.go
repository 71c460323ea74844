package atmodem

import (
	"slices"
	"strings"

	"fotabench/devices/sim/fetch"
)

// Family is a family of modules with equal firmware: a row of the table.
type Family struct {
	// Name is what Options.Family takes.
	Name string
	// Model, Firmware and Sub are what the module tells by default; Next is a
	// version that is newer than Firmware.
	Model, Firmware, Sub, Next string
	// VID and PID are its USB ids in upper-case hex.
	VID, PID string

	interfaces map[string]int // USB interface numbers by kind of port
	// folder is what the store is called in paths of AT+QFOTADL and listed what
	// AT+QFLST puts before names.
	folder, listed string
	// local and one tell whether AT+QFOTADL takes a stored file by its path, and
	// by the number 1 (as update.zip); stream takes FILE:<size>.
	local, one, stream bool
	// parameters may follow the address; holds is true if mode 0, the first of
	// them, leaves the restart to the host.
	parameters int
	holds      bool
	maxURL     int    // bytes
	probe      string // what AT+QFOTADL=? tells besides OK
	// hundred modules count DOWNLOADING up to 100, the others up to the number of
	// lines that the host wants.
	hundred bool
	// path must be preset by AT+QCFG="fota/path" and end with a colon.
	path bool
	// context must be active (AT+QIACT) before a download.
	context bool
	// mini modules take packages in two parts.
	mini bool
	// early modules judge a package before they restart; the others while they
	// update.
	early bool
	// source is the code for a package that is meant for another version.
	source int
	// percents are told while it updates; 0 is a restart. tail follows each.
	percents []int
	tail     string
	// restores tells RESTORE with the percent after a power cut.
	restores bool
	// uart modules tell START at the main UART alone.
	uart bool
	// tries is how often a broken download is continued.
	tries int
	codes map[fetch.Reason]int // of HTTPEND and FTPEND
	// final makes AT+QFUPL acknowledge a last part of less than 1024 bytes.
	final bool
}

// Codes of HTTPEND and FTPEND (Quectel DFOTA guides: EP06 and BG96, and LTE
// Standard (A) V1.5). Reasons of FTP have the prefix "ftp ".
var (
	usualCodes = map[fetch.Reason]int{
		fetch.BadURL: 711, fetch.NoHost: 714, fetch.Late: 702, fetch.NoConnect: 716, fetch.Insecure: 701, fetch.Denied: 701,
		fetch.NoFile: 701, fetch.Status: 701, fetch.BadSize: 701, fetch.TooLarge: 701, fetch.Broken: 701,
		"ftp " + fetch.NoHost: 601, "ftp " + fetch.Late: 602, "ftp " + fetch.NoConnect: 601, "ftp " + fetch.Denied: 625,
		"ftp " + fetch.NoFile: 611, "ftp " + fetch.BadSize: 601, "ftp " + fetch.Broken: 601, "ftp " + fetch.TooLarge: 601,
	}
	standardACodes = map[fetch.Reason]int{
		fetch.BadURL: 711, fetch.NoHost: 714, fetch.Late: 728, fetch.NoConnect: 716, fetch.Insecure: 701, fetch.Denied: 723,
		fetch.NoFile: 723, fetch.Status: 723, fetch.BadSize: 723, fetch.TooLarge: 729, fetch.Broken: 717,
		"ftp " + fetch.NoHost: 604, "ftp " + fetch.Late: 609, "ftp " + fetch.NoConnect: 605, "ftp " + fetch.Denied: 625,
		"ftp " + fetch.NoFile: 611, "ftp " + fetch.BadSize: 613, "ftp " + fetch.Broken: 607, "ftp " + fetch.TooLarge: 619,
	}
)

// Parts of rows that several have in common.
var (
	qualcommPorts = map[string]int{portDiag: 0, portNMEA: 1, portAT: 2, portModem: 3}
	asrPorts      = map[string]int{portDiag: 2, portAT: 3, portModem: 4}
	unisocPorts   = map[string]int{portAT: 2, portDiag: 3, portModem: 6}
	tens          = []int{1, 10, 21, 33, 46, 58, 71, 83, 96, 100}
	// An EC800K restarts between its two halves.
	halves = []int{7, 15, 23, 31, 39, 47, 0, 60, 72, 84, 96}
)

const standardAProbe = "+QFOTADL: <url>,(0,1),(0,5-100),(0,5-100)"

// qualcomm is the row of an EC2x; the others of its kind differ in little.
func qualcomm(name, model, firmware, sub, next, pid string) Family {
	return Family{
		Name: name, Model: model, Firmware: firmware, Sub: sub, Next: next, VID: "2C7C", PID: pid,
		interfaces: qualcommPorts, folder: "/data/ufs/", listed: "UFS:", local: true, maxURL: 255, source: 510,
		percents: tens, tail: "%", tries: 1, codes: usualCodes,
	}
}

// standardA is the row of an LTE Standard (A) module.
func standardA(name, model, firmware, sub, next, pid string) Family {
	return Family{
		Name: name, Model: model, Firmware: firmware, Sub: sub, Next: next, VID: "2C7C", PID: pid,
		interfaces: asrPorts, folder: "/ufs/", parameters: 3, maxURL: 700, probe: standardAProbe, early: true, source: 507,
		percents: tens, tries: 3, codes: standardACodes, final: true,
	}
}

// with changes a row.
func (f Family) with(change func(*Family)) Family {
	change(&f)
	return f
}

// Families lists what can be simulated. The rows' sources are in
// docs/protocols/quectel.md.
func Families() []Family {
	return []Family{
		qualcomm("EC25", "EC25", "EC25EFAR06A01M4G", "01.001.01.001", "EC25EFAR06A02M4G_01.002.01.002", "0125"),
		qualcomm("EG25", "EG25", "EG25GGBR07A08M2G", "01.001.01.001", "EG25GGBR07A09M2G_01.002.01.002", "0125"),
		qualcomm("EG95", "EG95", "EG95EFBR06A08M4G", "01.001.01.001", "EG95EFBR06A09M4G_01.002.01.002", "0195"),
		qualcomm("BG96", "BG96", "BG96MAR02A07M1G", "01.007.01.007", "BG96MAR02A07M1G_01.010.01.010", "0296").with(func(f *Family) {
			f.listed, f.one, f.restores, f.maxURL = "", true, true, 700
		}),
		qualcomm("EG12", "EG12", "EG12EAPAR01A06M4G", "01.001.01.001", "EG12EAPAR01A07M4G_01.001.01.001", "0512").with(func(f *Family) {
			f.folder, f.listed = "/cache/ufs/", ""
		}),
		qualcomm("EG18", "EG18", "EG18NAPAR01A06M4G", "01.001.01.001", "EG18NAPAR01A07M4G_01.001.01.001", "0512").with(func(f *Family) {
			f.folder, f.listed = "/cache/ufs/", ""
		}),
		qualcomm("RG500Q", "RG500Q-EA", "RG500QEAAAR11A06M4G", "01.001.01.001", "RG500QEAAAR11A08M4G_01.002.01.002", "0800").with(func(f *Family) {
			f.folder, f.uart = "/usrdata/", true
		}),
		standardA("EC200A", "EC200A", "EC200ACNHAR01A02M16", "", "EC200ACNHAR01A03M16", "6005").with(func(f *Family) {
			f.context, f.maxURL = true, 255
		}),
		standardA("EC600N", "EC600N", "EC600NCNLCR03A11M16", "", "EC600NCNLCR03A12M16", "6001").with(func(f *Family) {
			f.stream, f.maxURL = true, 255
		}),
		standardA("EC800K", "EC800K", "EC800KCNLCR07A07M04", "01.300.01.300", "EC800KCNLCR07A08M04_01.300.01.300", "6002").with(func(f *Family) {
			f.holds, f.mini, f.percents = true, true, halves
		}),
		standardA("EC800M", "EC800M", "EC800MCNLBR06A03M08", "01.001.01.001", "EC800MCNLBR06A04M08_01.001.01.001", "6002").with(func(f *Family) {
			f.holds, f.mini = true, true
		}),
		standardA("EC200U", "EC200U", "EC200UCNAAR03A03M08", "", "EC200UCNAAR03A04M08", "0901").with(func(f *Family) {
			f.interfaces, f.listed, f.path, f.context, f.maxURL = unisocPorts, "UFS:", true, true, 255
			f.hundred = true
		}),
	}
}

// FamilyOf finds a row by its name, in any case; "" is EC25.
func FamilyOf(name string) (Family, bool) {
	if name == "" {
		name = "EC25"
	}
	all := Families()
	at := slices.IndexFunc(all, func(f Family) bool { return strings.EqualFold(f.Name, name) })
	if at < 0 {
		return Family{}, false
	}
	return all[at], true
}
