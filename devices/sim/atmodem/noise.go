package atmodem

import (
	"bytes"
	"context"

	"fotabench/devices/sim/line"
)

// storm is what modules say unasked, in the middle of anything.
var storm = []string{
	`+CREG: 1,"1A2B","0C3D4E5F",7`, `+QIND: "csq",24,99`, `+CMTI: "SM",3`, "RING", `+QIURC: "closed",0`, `+QSIMSTAT: 1,1`,
	`+QIND: "act","LTE"`,
}

// noise gives the i-th unasked text: URCs, log lines in colours, Chinese in GBK,
// and now and then a very long line.
func noise(i int) []byte {
	lines := [][]byte{
		frame(storm[i%len(storm)]),
		[]byte("\r\n\x1b[33m[W] net: pdp 1 reactivated\x1b[0m\r\n"),
		{'\r', '\n', 0xd0, 0xc5, 0xba, 0xc5, 0xc7, 0xbf, 0xb6, 0xc8, '\r', '\n'}, // "signal strength" in GBK
		[]byte("\n^MODE: 17\r"),
	}
	if i%97 == 96 {
		return append(bytes.Repeat([]byte("log "), 16<<10), '\r', '\n')
	}
	return lines[i%len(lines)]
}

// chatter says such texts, if ordered, until the power goes.
func (m *Module) chatter(ctx context.Context) {
	every := m.options.Faults.Duration(faultNoise, 0)
	if every <= 0 {
		return
	}
	for i := 0; ctx.Err() == nil; i++ {
		rest(ctx, every)
		m.urcAt("all", noise(i))
	}
}

// cable is the line that was ordered.
func (m *Module) cable() line.Settings {
	faults := m.options.Faults
	return line.Settings{
		Baud: m.options.Baud, Piece: int(faults.Int(faultSplit, 0)), Moment: faults.Duration(faultMerge, 0),
		Silent: faults.Has(faultSilent), Damage: line.Damage{
			Lose: faults.Rate(faultLose), Flip: faults.Rate(faultFlip), Double: faults.Rate(faultDouble), Insert: faults.Rate(faultInsert),
		},
	}
}
