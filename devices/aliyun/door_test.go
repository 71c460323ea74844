package aliyun

import (
	"net"
	"sync"
	"testing"
	"time"
)

// closes fails unless the broker closes; how soon is a matter of the machine, but no
// time-out of a device may be waited for.
func closes(t *testing.T, s *site) {
	t.Helper()
	closed := make(chan error, 1)
	go func() { closed <- s.broker.Close() }()
	select {
	case err := <-closed:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the broker does not close")
	}
}

// TestCloseBeforeLogin: who connected and says nothing does not keep the broker.
func TestCloseBeforeLogin(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for range 3 {
		conn, err := net.Dial("tcp", s.broker.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
	}
	closes(t, s)
}

// TestCloseWhileDevicesLeave: devices that come and go at that moment do not either.
func TestCloseWhileDevicesLeave(t *testing.T) {
	t.Parallel()
	for range 40 {
		s := newSite(t)
		var all sync.WaitGroup
		for i := range 12 {
			client, err := login(t, s.broker.Addr().String(), string(rune('a'+i)), "dev"+string(rune('a'+i)), secret, nil)
			if err != nil {
				t.Fatal(err)
			}
			all.Go(func() { client.Disconnect(0) })
		}
		closes(t, s)
		all.Wait()
	}
}
