package luatmodule

import (
	"time"

	"fotabench/devices/sim"
)

// The faults that can be ordered.
const (
	faultLoss         = "loss"
	faultDuplicate    = "duplicate"
	faultReorder      = "reorder"
	faultStall        = "stall"
	faultWrongHash    = "wrong-hash"
	faultRestartAt    = "restart-at"
	faultNeverReturns = "never-returns"
	faultKeepsOld     = "keeps-old"
	faultCuts         = "cuts"
	faultSlow         = "slow"
)

// FaultKinds lists the faults that a Luat module can be ordered to have. loss,
// duplicate and reorder are those of datagrams, so a module that speaks HTTP
// does not show them: its TCP repairs them.
func FaultKinds() []sim.Kind {
	return []sim.Kind{
		{Name: faultLoss, Measure: sim.Share, Default: "0.2", Help: "sim.luat.loss"},
		{Name: faultDuplicate, Measure: sim.Share, Default: "0.2", Help: "sim.luat.duplicate"},
		{Name: faultReorder, Measure: sim.Share, Default: "0.1", Help: "sim.luat.reorder"},
		{Name: faultStall, Measure: sim.Duration, Default: "30s", Help: "sim.luat.stall"},
		{Name: faultWrongHash, Help: "sim.luat.wrong-hash"},
		{Name: faultRestartAt, Measure: sim.Bytes, Default: "4096", Help: "sim.luat.restart-at"},
		{Name: faultNeverReturns, Help: "sim.luat.never-returns"},
		{Name: faultKeepsOld, Help: "sim.luat.keeps-old"},
		{Name: faultCuts, Measure: sim.Count, Default: "2", Help: "sim.luat.cuts"},
		{Name: faultSlow, Measure: sim.Bytes, Default: "4096", Help: "sim.luat.slow"},
	}
}

// orders are the faults as a module carries them out.
type orders struct {
	loss, duplicate, reorder float64
	stall                    time.Duration
	wrongHash                bool
	neverReturns, keepsOld   bool
	slow                     int64 // bytes per second, 0 for as fast as it goes
	restartAt                int64 // bytes, -1 for never
	cuts, cut                int64 // ordered, done
}

func newOrders(fs sim.Faults) orders {
	return orders{
		loss:         fs.Rate(faultLoss),
		duplicate:    fs.Rate(faultDuplicate),
		reorder:      fs.Rate(faultReorder),
		stall:        fs.Duration(faultStall, 0),
		wrongHash:    fs.Has(faultWrongHash),
		neverReturns: fs.Has(faultNeverReturns),
		keepsOld:     fs.Has(faultKeepsOld),
		slow:         fs.Int(faultSlow, 0),
		restartAt:    fs.Int(faultRestartAt, -1),
		cuts:         fs.Int(faultCuts, 0),
	}
}
