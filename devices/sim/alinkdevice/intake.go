package alinkdevice

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// errCut ends one request because the radio was lost.
var errCut = errors.New("the radio was lost")

// intake is the arrival of all files of one upgrade.
type intake struct {
	*worker
	order
	total, done int64
	// step is the last step that was reported.
	step int
}

// download brings every file of an order into storage.
func (w *worker) download(ctx context.Context, o order) ([]*storage, error) {
	in := &intake{worker: w, order: o}
	for _, f := range o.files {
		in.total += f.size
	}
	if w.o.Room > 0 && in.total > w.o.Room {
		return nil, failed(stepWrite, "no room for %d bytes", in.total)
	}
	if w.t.stepEvery == 0 {
		in.tell(ctx, 1)
	}
	var stores []*storage
	for _, f := range o.files {
		s := newStorage(w.fileName(o.module, f.name), f.size, nil, w.o.Faults.Has(faultWrongHash), w.o.KeepImage)
		if err := in.bring(ctx, f, s); err != nil {
			return nil, err
		}
		stores = append(stores, s)
	}
	w.shelve(stores)
	return stores, nil
}

// fileName is what the device calls a file: scripts arrive as .bin because the
// platform only takes certain suffixes.
func (w *worker) fileName(module, name string) string {
	if base, ok := strings.CutSuffix(name, ".bin"); ok && w.t.scripts && module == moduleProject {
		return base + ".py"
	}
	return name
}

// bring fetches one file by the way that the order names.
func (in *intake) bring(ctx context.Context, f file, s *storage) error {
	if in.mqtt {
		return (&streamer{intake: in, store: s}).fetch(ctx)
	}
	client := in.newClient()
	defer client.CloseIdleConnections()
	return (&fetcher{intake: in, client: client, url: in.address(f.url), store: s}).fetch(ctx)
}

// shelve shows what was stored to Stored.
func (d *Device) shelve(stores []*storage) {
	if !d.o.KeepImage {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	clear(d.stored)
	for _, s := range stores {
		d.stored[s.name] = bytes.Clone(s.bytes)
	}
}

// again begins a file anew.
func (in *intake) again(s *storage) {
	in.done -= s.held
	s.erase()
}

// took stores a block, tells the progress, and lets the ordered faults strike.
func (in *intake) took(ctx context.Context, s *storage, block []byte) error {
	if _, err := s.Write(block); err != nil {
		return failed(stepWrite, "write: %w", err)
	}
	in.done += int64(len(block))
	in.note(func(st *State) { st.Received += int64(len(block)) })
	if every := in.t.stepEvery; every > 0 {
		percent := int(in.done * 100 / in.total)
		in.tell(ctx, min(percent-percent%every, 100-every))
	}
	return in.disturb(ctx, len(block))
}

// tell reports a step if it is a new one and there is a connection.
func (in *intake) tell(ctx context.Context, step int) {
	if now, _ := in.link.current(); now == nil || step <= in.step {
		return
	}
	if in.step == 0 {
		for range in.o.Faults.Int(faultProgressStorm, 0) {
			in.report(ctx, in.module, step, "")
		}
	}
	in.step = step
	in.report(ctx, in.module, step, "")
}

// disturb makes the faults of a download happen.
func (in *intake) disturb(ctx context.Context, n int) error {
	faults := in.o.Faults
	if rate := faults.Int(faultSlow, 0); rate > 0 {
		if err := pause(ctx, time.Duration(n)*time.Second/time.Duration(rate)); err != nil {
			return err
		}
	}
	if 2*in.done >= in.total && in.once(faultStall) {
		if err := pause(ctx, faults.Duration(faultStall, time.Minute)); err != nil {
			return err
		}
	}
	if in.done >= faults.Int(faultRestartAt, 0) && in.once(faultRestartAt) {
		return fmt.Errorf("at %d bytes: %w", in.done, errRestart)
	}
	if in.cutNow(faults.Int(faultCuts, 0)) {
		in.link.cut()
		return errCut
	}
	return nil
}

// cutNow tells whether one of so many cuts, spread evenly, is due.
func (in *intake) cutNow(cuts int64) bool {
	in.Device.mu.Lock()
	defer in.Device.mu.Unlock()
	made := in.Device.cuts
	if made >= cuts || in.done*(cuts+1) < in.total*(made+1) || in.done == in.total {
		return false
	}
	in.Device.cuts++
	return true
}

// blockSize is how many bytes are read at once: less when the device is slow, so
// that it is slow evenly.
func (in *intake) blockSize() int64 {
	block := int64(in.t.block)
	if rate := in.o.Faults.Int(faultSlow, 0); rate > 0 {
		block = min(block, max(1, rate/10))
	}
	return block
}
