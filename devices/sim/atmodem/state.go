package atmodem

// Mode is which system of a module runs.
type Mode string

// The modes.
const (
	// Off is a module without power, also for the moment of a restart.
	Off Mode = "off"
	// Normal answers AT commands.
	Normal Mode = "normal"
	// Updating writes new firmware and answers nothing.
	Updating Mode = "updating"
	// Download is the boot ROM, which only the maker's flasher speaks to.
	Download Mode = "download"
)

// The USB ids of the boot ROM of ASR's chips in download mode.
const downloadVID, downloadPID = "2ECC", "3017"

// State is the truth about a module, for tests and the demo.
type State struct {
	// Family and Model say what it is.
	Family, Model string
	// Firmware is the version that runs, Sub what AT+QGMR adds to it, Edition what
	// AT+CSUB tells.
	Firmware, Sub, Edition string
	IMEI                   string
	Mode                   Mode
	// Present is true while the USB ports are there.
	Present bool
	// Restarts counts how often the ports went away.
	Restarts int
	// Fetched is how many bytes of the last package arrived, from wherever,
	// FetchedSHA256 their digest in lower-case hex once all of it is there.
	Fetched       int64
	FetchedSHA256 string
	// Accepted is true from the moment at which a package was found good until it
	// is installed: nothing but the lack of power keeps the module from it.
	Accepted bool
	// Installed counts packages installed, InstalledSHA256 is the last one's digest.
	Installed       int
	InstalledSHA256 string
	// LastEnd is the last code of FOTA's END, HTTPEND, FTPEND or FILEEND that was
	// sent, LastStage its name.
	LastEnd   int
	LastStage string
	// Commands counts command lines that were executed, Unknown those commands
	// among them that the module does not know.
	Commands, Unknown int
}

// Version is the version in full, as AT+QGMR tells it.
func (s State) Version() string {
	if s.Sub == "" {
		return s.Firmware
	}
	return s.Firmware + "_" + s.Sub
}
