package awake

import (
	"context"
	"fmt"
	"runtime"
	"sync"

	"golang.org/x/sys/windows"
)

// States of SetThreadExecutionState (winbase.h).
const (
	esContinuous     = 0x80000000
	esSystemRequired = 0x00000001
)

var setState = windows.NewLazySystemDLL("kernel32.dll").NewProc("SetThreadExecutionState")

// hold sets the state of one thread, which Windows forgets when it ends.
func hold(context.Context) (func(), error) {
	held, done := make(chan error), make(chan struct{})
	var thread sync.WaitGroup
	thread.Go(func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		if before, _, err := setState.Call(esContinuous | esSystemRequired); before == 0 {
			held <- fmt.Errorf("awake: %w", err)
			return
		}
		held <- nil
		<-done
		// It answers 0 only for states that do not exist.
		_, _, _ = setState.Call(esContinuous)
	})
	if err := <-held; err != nil {
		thread.Wait()
		return nil, err
	}
	return sync.OnceFunc(func() {
		close(done)
		thread.Wait()
	}), nil
}
