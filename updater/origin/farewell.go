package origin

import (
	"crypto/tls"
	"errors"
	"io"
	"os"
	"time"
)

// What the system took from us is not yet with the device: hundreds of kilobytes may
// still be on their way, and are lost with the connection. An answer counts as received
// when the device sends its next request over the same connection or ends that in good
// order, and not when it resets it; when it then asks for the rest, it has the beginning.
// A device that does none of that has it when everything was acknowledged and nothing came
// for a while. Where the system does not tell what was acknowledged, as Linux does, silence
// alone must do.
//
// Of what stands between the device and us, such as a proxy, that is what counts: nobody
// can know here what it still holds. Nor is what a device has received yet what it keeps.

const (
	// silence is how long nothing may happen to the last answer of a connection. Over one
	// that may have more requests it is slowIdle.
	silence = 30 * time.Second
	// glance is how often it is looked how much a device that says nothing more has.
	glance = 50 * time.Millisecond
)

// sending is an answer that went out, and is not known to have arrived.
type sending struct {
	file       *served // nil is none
	first, end int64
}

// learn takes the next request, or the error instead of one, for what it says about the
// answer before.
func (v *visit) learn(err error) {
	arrived := false
	switch {
	case v.last.file == nil:
		return
	case err == nil:
		// A request that was there before the answer says nothing about it.
		arrived = !v.in.early
	case errors.Is(err, io.EOF):
		arrived = v.farewell(true)
	case errors.Is(err, os.ErrDeadlineExceeded):
		arrived = v.unsent() == 0 || v.half() && v.farewell(false)
	}
	v.settle(arrived)
}

// settle ends the wait for the last answer.
func (v *visit) settle(arrived bool) {
	if last := v.last; arrived && last.file != nil {
		last.file.tally.took(last.first, last.end)
	}
	v.last = sending{}
}

// leave ends our side of the connection after its last answer, and waits for the other.
func (v *visit) leave() {
	if v.last.file == nil {
		return
	}
	var err error = os.ErrDeadlineExceeded
	if _, secure := v.line.(*tls.Conn); secure {
		// Our goodbye is bytes: who closes before reading them would reset the connection.
		err = v.in.drop()
	}
	switch {
	case errors.Is(err, io.EOF):
		v.settle(v.farewell(true))
	case errors.Is(err, os.ErrDeadlineExceeded):
		v.settle(v.half() && v.farewell(false))
	}
}

// half ends our side alone; false if that cannot be.
func (v *visit) half() bool {
	if secure, ok := v.line.(*tls.Conn); ok && secure.CloseWrite() != nil {
		return false
	}
	tcp, ok := v.conn.(interface{ CloseWrite() error })
	return ok && tcp.CloseWrite() == nil
}

// farewell waits until what was sent has arrived, and tells whether it has; ended is true
// if the other side has ended already. Who gets on, however slowly, is waited for.
func (v *visit) farewell(ended bool) bool {
	least, since := v.unsent(), time.Now()
	if least < 0 { // it is said once only
		return false
	}
	for !ended || least != 0 {
		if time.Since(since) >= silence {
			return least == 0
		}
		if ended {
			time.Sleep(glance)
		} else if err := v.in.drop(); errors.Is(err, io.EOF) {
			ended = true
		} else if !errors.Is(err, os.ErrDeadlineExceeded) {
			return false
		}
		switch now := v.unsent(); {
		case now < 0:
			return false
		case now < least:
			least, since = now, time.Now()
		}
	}
	return true
}

// unsent is how many bytes the other side has not acknowledged.
func (v *visit) unsent() int { return v.host.config.unsent(v.conn) }
