package at

import "fotabench/devices"

// Remarks and failures. The sentences stand in assets/translations/at.*.json; the
// comments name their arguments.
const (
	NoteSilent   devices.Code = "at.silent"   //
	NoteREPL     devices.Code = "at.repl"     //
	NoteGarbled  devices.Code = "at.garbled"  //
	NoteNotAT    devices.Code = "at.notat"    // the last line heard
	NoteNoAnswer devices.Code = "at.noanswer" // command, seconds
	NoteError    devices.Code = "at.error"    // command
	NoteCME      devices.Code = "at.cme"      // command, number
	NoteCMEText  devices.Code = "at.cme.text" // command, the device's words
	NoteCMS      devices.Code = "at.cms"      // command, number
	NoteFinal    devices.Code = "at.final"    // command, the device's words
	NoteMissing  devices.Code = "at.missing"  // command
	NoteArgument devices.Code = "at.argument" // character
	NoteLong     devices.Code = "at.long"     // bytes, limit
	NoteStalled  devices.Code = "at.stalled"  // bytes acknowledged, bytes in all, seconds
	NoteBody     devices.Code = "at.body"     // bytes announced, bytes there
	NoteStuck    devices.Code = "at.stuck"    //
	NoteClosed   devices.Code = "at.closed"   //
	NoteFlood    devices.Code = "at.flood"    //
	NoteDenied   devices.Code = "at.cme.3"    // command
	NoteUnable   devices.Code = "at.cme.4"    // command
	NoteNoSIM    devices.Code = "at.cme.10"   //
	NotePIN      devices.Code = "at.cme.11"   //
	NoteSIMBad   devices.Code = "at.cme.13"   //
	NoteSIMBusy  devices.Code = "at.cme.14"   //
	NoteNetwork  devices.Code = "at.cme.30"   //
)
