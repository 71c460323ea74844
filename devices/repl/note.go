package repl

import "fotabench/devices"

// Remarks and failures. The sentences stand in assets/translations/repl.*.json;
// the comments name their arguments.
const (
	NoteOccupied  devices.Code = "repl.occupied"       // what the program printed last
	NoteStubborn  devices.Code = "repl.stubborn"       // seconds for which Ctrl-C was sent
	NoteSilent    devices.Code = "repl.silent"         //
	NotePassword  devices.Code = "repl.password"       //
	NoteWrong     devices.Code = "repl.password.wrong" //
	NoteProtected devices.Code = "repl.protected"      //
	NoteNoRaw     devices.Code = "repl.raw.refused"    // what the device answered
	NoteReply     devices.Code = "repl.reply.damaged"  //
	NoteLong      devices.Code = "repl.reply.long"     // bytes that are allowed
	NoteStuck     devices.Code = "repl.stuck"          //
	NoteWay       devices.Code = "repl.way"            // way, bytes in a block, blocks in flight
	NoteNotWay    devices.Code = "repl.way.missing"    // way, reason
	NoteAgain     devices.Code = "repl.block.again"    // offset in bytes
	NoteSlower    devices.Code = "repl.slower"         // bytes in a block, blocks in flight
	NoteBadLine   devices.Code = "repl.line.bad"       // offset, attempts
	NoteWorse     devices.Code = "repl.line.worse"     // blocks damaged, blocks arrived, seconds
	NoteEnded     devices.Code = "repl.ended"          // offset, reason
	NoteGone      devices.Code = "repl.gone"           // seconds of silence, offset
	NoteSink      devices.Code = "repl.sink.refused"   // offset, code
	NoteSinkError devices.Code = "repl.sink.exception" // offset, exception
	NoteDigest    devices.Code = "repl.digest"         // algorithm, sent, held
	NoteBody      devices.Code = "repl.body.short"     // bytes announced, bytes there
)
