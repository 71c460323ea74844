package link

import "fotabench/devices"

// What can be wrong with a port. The sentences and remedies stand in
// assets/translations/link.*.json; the comments name their arguments.
const (
	NoteAddress      devices.Code = "link.address"           // what was typed
	NoteAbsent       devices.Code = "link.absent"            // port
	NoteNotSerial    devices.Code = "link.notserial"         // port
	NoteSpeed        devices.Code = "link.speed"             // port, baud
	NoteBusy         devices.Code = "link.busy"              // port
	NoteBusyBy       devices.Code = "link.busy.by"           // port, program, process id
	NoteBusyOwn      devices.Code = "link.busy.own"          // port
	NoteModemManager devices.Code = "link.busy.modemmanager" // port, udev rule, file for it, command that loads it
	NoteClaimed      devices.Code = "link.busy.claimed"      // port, who, process id
	NoteDenied       devices.Code = "link.denied"            // port
	NoteDeniedGroup  devices.Code = "link.denied.group"      // port, group, command that joins it
	NoteLost         devices.Code = "link.lost"              // port
	NoteRefused      devices.Code = "link.tcp.refused"       // address
	NoteNoHost       devices.Code = "link.tcp.host"          // address
	NoteNoAnswer     devices.Code = "link.tcp.timeout"       // address, seconds
	NoteUnreachable  devices.Code = "link.tcp.unreachable"   // address
	NoteOpen         devices.Code = "link.open"              // port
	NoteFolder       devices.Code = "link.folder"            // folder
)
